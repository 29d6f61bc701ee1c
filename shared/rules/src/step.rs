//! One change of a request: the next request and its audit entries together.
//!
//! A rule answers with a step and changes nothing. The ledger records a step in one conditional
//! transaction, or not at all. Nothing outside this crate can make or alter one.

use std::collections::BTreeSet;

use crate::audit::{Actor, Entry, Event, Head};
use crate::facts::LastLog;
use crate::log_verdict::LogWord;
use crate::moment::Moment;
use crate::names::{Group, Identity, Target};
use crate::request::{Approval, Request};
use crate::session::{SessionLife, SessionRecord};
use crate::status::{Status, StatusWord};

/// One change of a request, ready to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a step that is not recorded did not happen"]
pub struct Step {
    before: u64,
    was: Option<StatusWord>,
    waited_for: BTreeSet<Group>,
    request: Request,
    entries: Vec<Entry>,
    sessions: Vec<SessionRecord>,
    not_by: Option<Identity>,
}

impl Step {
    /// A step from `request` as it stands; nothing has happened in it yet.
    pub(crate) fn from(request: &Request) -> Self {
        Self {
            before: request.version(),
            was: (request.version() > 0).then(|| request.status.word()),
            waited_for: match request.version() {
                0 => BTreeSet::new(),
                _ => request.waits_for(),
            },
            request: request.clone(),
            entries: Vec::new(),
            sessions: Vec::new(),
            not_by: None,
        }
    }

    /// The same step with one more event, written to the chain.
    pub(crate) fn with(mut self, actor: Actor, event: Event, now: Moment) -> Self {
        self.write(actor, event, now);
        self
    }

    /// Writes one more event to the chain.
    pub(crate) fn write(&mut self, actor: Actor, event: Event, now: Moment) {
        let entry = Entry {
            request: self.request.id,
            n: self.request.head.n + 1,
            at: now,
            actor,
            event,
            previous: self.request.head.digest,
        };
        self.request.head = Head {
            n: entry.n,
            digest: entry.digest(),
        };
        self.entries.push(entry);
    }

    /// The same step with the request's status changed.
    pub(crate) fn to(mut self, status: Status) -> Self {
        self.set(status);
        self
    }

    /// Changes the request's status.
    pub(crate) fn set(&mut self, status: Status) {
        self.request.status = status;
    }

    /// The same step with one more approval.
    pub(crate) fn approved_by(mut self, approval: Approval) -> Self {
        self.request.approvals.push(approval);
        self
    }

    /// Writes a session record, in place of an earlier one of that session.
    pub(crate) fn write_session(&mut self, record: SessionRecord) {
        self.sessions.retain(|other| other.id != record.id);
        self.sessions.push(record);
    }

    /// The same step with the request changed otherwise.
    pub(crate) fn having(mut self, change: impl FnOnce(&mut Request)) -> Self {
        change(&mut self.request);
        self
    }

    /// The same step, refused by the ledger as well if this is who asked or whom it is for.
    pub(crate) fn not_by(mut self, identity: &Identity) -> Self {
        self.not_by = Some(identity.clone());
        self
    }

    /// The version of the request that the step starts from; 0 for a new request.
    #[must_use]
    pub fn before(&self) -> u64 {
        self.before
    }

    /// The status that the step starts from; nothing for a new request.
    #[must_use]
    pub fn was(&self) -> Option<StatusWord> {
        self.was
    }

    /// The groups that the request waited for before the step.
    #[must_use]
    pub fn waited_for(&self) -> &BTreeSet<Group> {
        &self.waited_for
    }

    /// The request after the step.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The audit entries of the step, in order; none where nothing happened and only the moment of
    /// the next look moves.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The session records that change.
    #[must_use]
    pub fn sessions(&self) -> &[SessionRecord] {
        &self.sessions
    }

    /// The logs that are judged: on which target, of which session, with which verdict.
    pub fn judged_logs(&self) -> impl Iterator<Item = (Target, LastLog)> {
        let targets = &self.request.ask.targets;
        self.sessions.iter().filter_map(|record| {
            let SessionLife::Over { at } = record.life else {
                return None;
            };
            let says_something = record.log.is_final() && record.log.word() != LogWord::Unloggable;
            let target = Target {
                account: targets.account().clone(),
                region: targets.region().clone(),
                // As SSM names it: something else than an instance is nothing that can be asked for.
                instance: record.instance.parse().ok()?,
            };
            let last = LastLog {
                session: record.id.clone(),
                ended_at: at,
                verdict: record.log.word(),
            };
            says_something.then_some((target, last))
        })
    }

    /// The ledger's write must fail if this is who asked or whom the access is for: self-approval is
    /// kept out by the rule and, once more, by the condition of the same write.
    #[must_use]
    pub fn must_not_be_requested_by(&self) -> Option<&Identity> {
        self.not_by.as_ref()
    }

    /// Whether it breaks the glass: the requester then owes a review.
    #[must_use]
    pub fn breaks_glass(&self) -> bool {
        self.says(|event| matches!(event, Event::GlassBroken { .. }))
    }

    /// Whether it is the review that the requester owed.
    #[must_use]
    pub fn reviews(&self) -> bool {
        self.says(|event| matches!(event, Event::Reviewed { .. }))
    }

    fn says(&self, what: fn(&Event) -> bool) -> bool {
        self.entries.iter().any(|entry| what(&entry.event))
    }
}
