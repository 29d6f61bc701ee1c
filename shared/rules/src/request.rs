//! The request: one aggregate from the asking to the last log verdict.

mod parts;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::parts::{Approval, Asker, Extension, Refused, Review};
use crate::ask::Ask;
use crate::audit::Head;
use crate::caller::Caller;
use crate::canonical;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{Digest, DocumentName, GrantDuration, Group, Identity, Person, RequestId};
use crate::offices::Offices;
use crate::pace::Pace;
use crate::route::{Consent, Route, Standing};
use crate::session_document::SessionDocument;
use crate::status::Status;

/// One person asking for one kind of access; once approved it is the grant.
///
/// What was asked, and all that approvers are shown, never changes. Only the rules make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub(crate) id: RequestId,
    pub(crate) requester: Identity,
    pub(crate) requester_name: Option<String>,
    /// Who asked, where the requester did not.
    pub(crate) asker: Option<Asker>,
    pub(crate) ask: Ask,
    pub(crate) facts: Vec<TargetFacts>,
    pub(crate) route: Route,
    pub(crate) asked_at: Moment,
    pub(crate) approvals: Vec<Approval>,
    /// The extension in force.
    pub(crate) extension: Option<Extension>,
    /// The last issue that was refused by policy, until one begins.
    pub(crate) refused: Option<Refused>,
    pub(crate) review: Option<Review>,
    pub(crate) status: Status,
    pub(crate) head: Head,
}

/// All that an approver is shown, in the order of its canonical encoding.
#[derive(Serialize)]
struct Shown<'a> {
    id: RequestId,
    requester: &'a Person,
    asker: Option<&'a Person>,
    ask: &'a Ask,
    facts: &'a [TargetFacts],
    route: &'a Route,
    extension: Option<&'a Extension>,
}

impl Request {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Who the access is for.
    #[must_use]
    pub fn requester(&self) -> &Person {
        &self.requester.person
    }

    /// Who asked, where the requester did not.
    #[must_use]
    pub fn asker(&self) -> Option<&Asker> {
        self.asker.as_ref()
    }

    /// Whose requests it counts among while it waits: those of whoever asked.
    #[must_use]
    pub fn counts_for(&self) -> &Person {
        let asker = self.asker.as_ref().map(|asker| &asker.identity.person);
        asker.unwrap_or(&self.requester.person)
    }

    /// Everybody who must not answer it: the requester, and whoever asked in their name.
    pub fn parties(&self) -> impl Iterator<Item = &Identity> {
        let asker = self.asker.as_ref().map(|asker| &asker.identity);
        std::iter::once(&self.requester).chain(asker)
    }

    /// Whether somebody is one of them, by whatever account.
    #[must_use]
    pub fn is_about(&self, identity: &Identity) -> bool {
        self.parties().any(|party| party.is_one_with(identity))
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

    /// Who has said yes so far, to the request and to extensions of it.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// The yeses to what is asked now, or was asked last.
    pub fn current_approvals(&self) -> impl Iterator<Item = &Approval> {
        let shown = self.shown();
        self.approvals
            .iter()
            .filter(move |approval| approval.shown == shown)
    }

    /// The extension in force.
    #[must_use]
    pub fn extension(&self) -> Option<&Extension> {
        self.extension.as_ref()
    }

    /// The extension that waits for an answer.
    #[must_use]
    pub fn asked_extension(&self) -> Option<&Extension> {
        match &self.status {
            Status::Active { grant } => grant.extending.as_deref(),
            Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Ending { .. }
            | Status::Closed { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => None,
        }
    }

    /// What became of its review, where it was an emergency and somebody has reviewed it.
    #[must_use]
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// Who has yet to review it; nobody where it was no emergency, or is reviewed.
    #[must_use]
    pub fn unreviewed(&self) -> Option<&BTreeSet<Group>> {
        match self.review {
            None => self.route.reviewers.as_ref(),
            Some(_) => None,
        }
    }

    /// How long the grant lasts in all.
    #[must_use]
    pub fn total(&self) -> GrantDuration {
        self.extension
            .as_ref()
            .map_or(self.ask.duration_seconds, |extension| extension.total)
    }

    /// The session document that its sessions are opened with.
    #[must_use]
    pub fn document(&self) -> DocumentName {
        SessionDocument::for_grant(&self.ask, &self.route)
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

    /// The digest of all that an approver is shown. An approval names it.
    #[must_use]
    pub fn shown(&self) -> Digest {
        self.shown_with(self.asked_extension().or(self.extension()))
    }

    /// The digest of all that was approved so far: what an issue rests on.
    pub(crate) fn granted(&self) -> Digest {
        self.shown_with(self.extension())
    }

    fn shown_with(&self, extension: Option<&Extension>) -> Digest {
        let shown = Shown {
            id: self.id,
            requester: &self.requester.person,
            asker: self.asker.as_ref().map(|asker| &asker.identity.person),
            ask: &self.ask,
            facts: &self.facts,
            route: &self.route,
            extension,
        };
        Digest::of("postern.shown.v1", canonical::encode(&shown).as_bytes())
    }

    /// The route by which the request, or the extension that waits, is answered.
    #[must_use]
    pub fn answered_by(&self) -> &Route {
        self.asked_extension()
            .map_or(&self.route, |extension| &extension.route)
    }

    /// The groups whose members answer at any stage; none where the policy says yes by itself.
    #[must_use]
    pub fn approver_groups(&self) -> BTreeSet<Group> {
        match &self.answered_by().consent {
            Consent::Automatic => BTreeSet::new(),
            Consent::Approvals { stages } => stages.groups(),
        }
    }

    /// How far the approvals given carry what is asked now.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        match &self.answered_by().consent {
            Consent::Automatic => Standing::Passed,
            Consent::Approvals { stages } => {
                stages
                    .standing(self.current_approvals().map(|approval| &approval.groups))
                    .0
            }
        }
    }

    /// The groups that somebody of must do something now: approve it or its extension while it
    /// waits, or review it once it is over.
    #[must_use]
    pub fn waits_for(&self) -> BTreeSet<Group> {
        match &self.status {
            Status::Pending { .. } | Status::Active { .. } => {
                let asked = matches!(self.status, Status::Pending { .. })
                    || self.asked_extension().is_some();
                match self.standing() {
                    Standing::Waiting { stage, .. } if asked => stage.groups.clone(),
                    Standing::Waiting { .. } | Standing::Passed => BTreeSet::new(),
                }
            }
            Status::Closed { .. } | Status::Lapsed { .. } => {
                self.unreviewed().cloned().unwrap_or_default()
            }
            Status::Approved { .. }
            | Status::Ending { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. } => BTreeSet::new(),
        }
    }

    /// Whether the access is for this account. Another account of the same human being will not do:
    /// credentials are for the one that was named.
    #[must_use]
    pub fn is_of(&self, caller: &Caller) -> bool {
        self.requester() == caller.person()
    }

    /// Whether this account asked for it in the name of somebody else.
    #[must_use]
    pub fn is_asked_by(&self, caller: &Caller) -> bool {
        self.asker
            .as_ref()
            .is_some_and(|asker| &asker.identity.person == caller.person())
    }

    /// Whether the caller may know of the request at all: the requester, whoever asked in their name,
    /// may answer or has answered, may review, operators and auditors. To everybody else it does
    /// not exist.
    #[must_use]
    pub fn is_visible_to(&self, caller: &Caller, offices: &Offices) -> bool {
        let is_in_any = |groups: &BTreeSet<Group>| groups.iter().any(|group| caller.is_in(group));
        self.is_of(caller)
            || self.is_asked_by(caller)
            || offices.sees_all(caller)
            || is_in_any(&self.approver_groups())
            || self.route.reviewers.as_ref().is_some_and(is_in_any)
            || self
                .approvals
                .iter()
                .any(|approval| &approval.by.person == caller.person())
    }

    /// When the sweeper must look at the request next; nothing once it is over for good.
    ///
    /// INVARIANT: every request that is not over has exactly one such moment, and so has a closed
    /// one while a session that turned up late is not settled or its logs are looked at again, so
    /// nothing can be forgotten.
    #[must_use]
    pub fn due_at(&self, pace: &Pace) -> Option<Moment> {
        match &self.status {
            Status::Pending { answer_by } => Some(*answer_by),
            Status::Approved { activate_by } => Some(*activate_by),
            Status::Active { grant } => {
                let issuing = grant.issuing.as_ref();
                let orphaned_at = issuing.map(|issuing| issuing.began_at.plus(pace.orphan_after));
                [orphaned_at, grant.remind_at(pace), Some(grant.ends_at)]
                    .into_iter()
                    .flatten()
                    .min()
            }
            Status::Ending { look_at, .. } => Some(*look_at),
            Status::Closed {
                look_at,
                recheck_at,
                ..
            } => [*look_at, *recheck_at].into_iter().flatten().min(),
            Status::Denied { .. } | Status::Withdrawn { .. } | Status::Lapsed { .. } => None,
        }
    }
}
