//! The terms that access is given on, the same in every function of a deployment.

use rules::life::ask::Regime;
use rules::offices::Offices;
use rules::on_call::OnCall;
use rules::pace::Pace;
use rules::place::Places;
use rules::policy::PolicySet;

/// Where access is given, by which policy, at which pace, and who holds an office.
#[derive(Debug)]
pub struct Terms {
    /// The places served.
    pub places: Places,
    /// The policy set in force.
    pub policy: PolicySet,
    /// The waits.
    pub pace: Pace,
    /// Operators and auditors.
    pub offices: Offices,
}

impl Terms {
    /// The part of the terms that the rules ask and issue by.
    #[must_use]
    pub fn regime(&self) -> Regime<'_> {
        Regime {
            places: &self.places,
            policy: &self.policy,
            on_call: OnCall::nobody(),
            pace: &self.pace,
        }
    }
}
