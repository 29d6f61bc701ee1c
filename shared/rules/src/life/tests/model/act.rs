//! What can happen to a request: people, crashes, the clock, and sweeps of whatever is listed.

use proptest::prelude::*;

use super::super::scene::caller;
use crate::caller::Caller;

/// One act, and whether it was recorded. What is not recorded did not happen: its function died.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) what: What,
    pub(super) recorded: bool,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Approve(Who),
    Deny(Who),
    Withdraw(Who),
    Begin(Who),
    /// STS answered for the issue of that number.
    Complete(u32),
    Fail(u32),
    Revoke(Who),
    Release(Who),
    /// The grant is to last a minute longer.
    Extend(Who),
    /// So many milliseconds pass.
    Wait(u64),
    Due,
    Look(Listing),
}

/// What SSM and S3 show in one look, true or not.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) sessions: Vec<(u8, Listed)>,
    pub(super) complete: bool,
    pub(super) logs: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Listed {
    Active,
    Going,
    Gone,
}

/// The people, with what the model believes of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The requester.
    Anna,
    /// The requester, by now in every group.
    AnnaInAll,
    /// The requester, no longer in the group that may ask.
    AnnaInNone,
    /// An approver.
    Ben,
    /// An approver.
    Cleo,
    /// An approver and operator.
    Dora,
    /// An operator.
    Olga,
    /// An auditor.
    Carla,
    /// Another engineer.
    Dan,
}

impl Who {
    const ALL: [Self; 9] = [
        Self::Anna,
        Self::AnnaInAll,
        Self::AnnaInNone,
        Self::Ben,
        Self::Cleo,
        Self::Dora,
        Self::Olga,
        Self::Carla,
        Self::Dan,
    ];

    pub(super) fn caller(self) -> Caller {
        match self {
            Self::Anna => caller("anna", &["engineers"]),
            Self::AnnaInAll => caller("anna", &["engineers", "leads", "operators", "auditors"]),
            Self::AnnaInNone => caller("anna", &["leads"]),
            Self::Ben => caller("ben", &["leads"]),
            Self::Cleo => caller("cleo", &["engineers", "leads"]),
            Self::Dora => caller("dora", &["leads", "operators"]),
            Self::Olga => caller("olga", &["operators"]),
            Self::Carla => caller("carla", &["auditors"]),
            Self::Dan => caller("dan", &["engineers"]),
        }
    }
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || prop::sample::select(Who::ALL.to_vec());
    // Most histories should get somewhere, so the likely people act more often.
    let approver = prop::sample::select(vec![Who::Ben, Who::Cleo, Who::Dora]);
    let wait = prop::sample::select(vec![
        1, 999, 1_000, 4_000, 19_999, 20_000, 59_000, 60_000, 600_000, 3_600_000, 14_400_000,
    ]);
    let what = prop_oneof![
        6 => approver.prop_map(What::Approve),
        2 => who().prop_map(What::Approve),
        1 => who().prop_map(What::Deny),
        1 => who().prop_map(What::Withdraw),
        6 => Just(What::Begin(Who::Anna)),
        2 => who().prop_map(What::Begin),
        5 => (1_u32..4).prop_map(What::Complete),
        2 => (1_u32..4).prop_map(What::Fail),
        1 => who().prop_map(What::Revoke),
        1 => who().prop_map(What::Release),
        3 => Just(What::Extend(Who::Anna)),
        1 => who().prop_map(What::Extend),
        6 => wait.prop_map(What::Wait),
        4 => Just(What::Due),
        6 => listings().prop_map(What::Look),
    ];
    let act = (what, prop::bool::weighted(0.9)).prop_map(|(what, recorded)| Act { what, recorded });
    prop::collection::vec(act, 1..40)
}

fn listings() -> impl Strategy<Value = Listing> {
    let state = prop::sample::select(vec![Listed::Active, Listed::Going, Listed::Gone]);
    let sessions = prop::collection::vec((0_u8..4, state), 0..5);
    (sessions, any::<bool>(), any::<bool>()).prop_map(|(sessions, complete, logs)| Listing {
        sessions,
        complete,
        logs,
    })
}
