//! The terms that access is given on, the same in every function of a deployment.

use rules::offices::Offices;
use rules::pace::Pace;
use rules::place::Places;

/// Where access is given, at which pace, and who holds an office: what does not change while a
/// function runs. What does is [`in_force`](crate::in_force).
#[derive(Debug)]
pub struct Terms {
    /// The places served.
    pub places: Places,
    /// The waits.
    pub pace: Pace,
    /// Operators and auditors.
    pub offices: Offices,
}
