//! Which powers were asked for: every action on every resource that a call of a role demanded.
//!
//! The journal tells calls, and only so many; this tells what IAM was asked, all of it, so that what
//! roles are granted can be held against what they use. It is kept only where it is wanted.

use std::collections::BTreeSet;

use crate::call::Demand;
use crate::iam::Caller;
use crate::world::World;

/// An action on a resource, demanded by a call of somebody in a role. What policy said is not here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Power {
    /// The ARN of the role.
    pub role: String,
    /// The IAM action.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
}

/// The powers so far, where they are kept.
#[derive(Default)]
pub(crate) struct State(Option<BTreeSet<Power>>);

impl World {
    /// Keeps the powers that are asked for from now on.
    pub fn record_powers(&self) {
        self.powers_state().0.get_or_insert_default();
    }

    /// The powers that were asked for since somebody wanted to know, in order.
    #[must_use]
    pub fn powers(&self) -> Vec<Power> {
        let state = self.powers_state();
        state.0.iter().flatten().cloned().collect()
    }

    pub(crate) fn note_power(&self, caller: &Caller, demand: &Demand) {
        let Some(session) = caller.session() else {
            return;
        };
        if let State(Some(powers)) = &mut *self.powers_state() {
            powers.insert(Power {
                role: session.role_arn.clone(),
                action: demand.action.clone(),
                resource: demand.resource.clone(),
            });
        }
    }
}
