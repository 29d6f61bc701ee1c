//! The request: one aggregate from the asking to the last log verdict.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::audit::Head;
use crate::caller::Caller;
use crate::canonical;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{Digest, Group, Person, RequestId};
use crate::offices::Offices;
use crate::pace::Pace;
use crate::route::{Consent, Route, Standing};
use crate::status::Status;

/// One person asking for one kind of access; once approved it is the grant.
///
/// What was asked, and all that approvers are shown, never changes. Only the rules make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub(crate) id: RequestId,
    pub(crate) requester: Person,
    pub(crate) requester_name: Option<String>,
    pub(crate) ask: Ask,
    pub(crate) facts: Vec<TargetFacts>,
    pub(crate) route: Route,
    pub(crate) asked_at: Moment,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) status: Status,
    pub(crate) head: Head,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who said it.
    pub by: Person,
    /// Their name, for people.
    pub name: Option<String>,
    /// The groups by which they may.
    pub groups: BTreeSet<Group>,
    /// The digest of what they were shown.
    pub shown: Digest,
    /// When.
    pub at: Moment,
}

/// All that an approver is shown, in the order of its canonical encoding.
#[derive(Serialize)]
struct Shown<'a> {
    id: RequestId,
    requester: &'a Person,
    ask: &'a Ask,
    facts: &'a [TargetFacts],
    route: &'a Route,
}

impl Request {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Who asked.
    #[must_use]
    pub fn requester(&self) -> &Person {
        &self.requester
    }

    /// The requester's name, for people.
    #[must_use]
    pub fn requester_name(&self) -> Option<&str> {
        self.requester_name.as_deref()
    }

    /// What was asked.
    #[must_use]
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// What was known of the targets when it was asked.
    #[must_use]
    pub fn facts(&self) -> &[TargetFacts] {
        &self.facts
    }

    /// The way to access that a policy offered.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// When it was asked.
    #[must_use]
    pub fn asked_at(&self) -> Moment {
        self.asked_at
    }

    /// Who has said yes so far.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// Where it is in its life.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The end of its audit chain.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Its version: the number of its audit entries.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.head.n
    }

    /// The digest of all that an approver is shown. An approval names it, and an issue checks it.
    #[must_use]
    pub fn shown(&self) -> Digest {
        let shown = Shown {
            id: self.id,
            requester: &self.requester,
            ask: &self.ask,
            facts: &self.facts,
            route: &self.route,
        };
        Digest::of("postern.shown.v1", canonical::encode(&shown).as_bytes())
    }

    /// The groups whose members answer at any stage; none where the policy says yes by itself.
    #[must_use]
    pub fn approver_groups(&self) -> BTreeSet<Group> {
        match &self.route.consent {
            Consent::Automatic => BTreeSet::new(),
            Consent::Approvals { stages } => stages.groups(),
        }
    }

    /// How far the approvals given carry.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        match &self.route.consent {
            Consent::Automatic => Standing::Passed,
            Consent::Approvals { stages } => {
                stages
                    .standing(self.approvals.iter().map(|approval| &approval.groups))
                    .0
            }
        }
    }

    /// The groups whose members may approve now; none unless it is pending.
    #[must_use]
    pub fn waits_for(&self) -> BTreeSet<Group> {
        match (&self.status, self.standing()) {
            (Status::Pending { .. }, Standing::Waiting { stage, .. }) => stage.groups.clone(),
            _ => BTreeSet::new(),
        }
    }

    /// Whether the caller asked for it.
    #[must_use]
    pub fn is_of(&self, caller: &Caller) -> bool {
        &self.requester == caller.person()
    }

    /// Whether the caller may know of the request at all: the requester, whoever may answer or has
    /// answered, operators and auditors. To everybody else it does not exist.
    #[must_use]
    pub fn is_visible_to(&self, caller: &Caller, offices: &Offices) -> bool {
        self.is_of(caller)
            || offices.sees_all(caller)
            || self
                .approver_groups()
                .iter()
                .any(|group| caller.is_in(group))
            || self
                .approvals
                .iter()
                .any(|approval| &approval.by == caller.person())
    }

    /// When the sweeper must look at the request next; nothing once it is over for good.
    ///
    /// INVARIANT: every request that is not over has exactly one such moment, and so has a closed
    /// one while a session that turned up late is not settled, so nothing can be forgotten.
    #[must_use]
    pub fn due_at(&self, pace: &Pace) -> Option<Moment> {
        match &self.status {
            Status::Pending { answer_by } => Some(*answer_by),
            Status::Approved { activate_by } => Some(*activate_by),
            Status::Active { grant } => Some(match &grant.issuing {
                Some(issuing) => grant.ends_at.min(issuing.began_at.plus(pace.orphan_after)),
                None => grant.ends_at,
            }),
            Status::Ending { look_at, .. } => Some(*look_at),
            Status::Closed { look_at, .. } => *look_at,
            Status::Denied { .. } | Status::Withdrawn { .. } | Status::Lapsed { .. } => None,
        }
    }
}
