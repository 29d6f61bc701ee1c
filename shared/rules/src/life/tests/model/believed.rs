//! The small model: what must follow from each act, in as few words as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::act::{Act, Listed, Listing, What, Who};
use crate::pace::Pace;
use crate::status::StatusWord;

/// What an act led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing: a refusal, or nothing was due.
    Nothing,
    /// The request is in that status after it.
    Is(StatusWord),
}

/// Milliseconds since everything began.
type Millis = u64;

/// Whether a session is believed to be gone, and its log judged.
#[derive(Debug, Clone, Copy, Default)]
struct Session {
    gone: bool,
    judged: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Believed {
    now: Millis,
    needed: usize,
    status: StatusWord,
    /// When to lapse or end; of no meaning in a status without such a moment.
    until: Millis,
    yes: BTreeSet<&'static str>,
    /// Who has said yes to the extension that waits, where one does.
    longer: Option<BTreeSet<&'static str>>,
    issues: u32,
    open: Option<(u32, Millis)>,
    /// When the grant began, and the end that was said to be near.
    began: Millis,
    reminded_of: Millis,
    sessions: BTreeMap<u8, Session>,
    activate_within: Millis,
    orphan_after: Millis,
    remind_before: Millis,
    settle: Millis,
}

fn millis(length: Duration) -> Millis {
    u64::try_from(length.as_millis()).unwrap()
}

/// The subject of the token, and whether it names the groups that matter.
fn name(who: Who) -> &'static str {
    match who {
        Who::Anna | Who::AnnaInAll | Who::AnnaInNone => "anna",
        Who::Ben => "ben",
        Who::Cleo => "cleo",
        Who::Dora => "dora",
        Who::Olga => "olga",
        Who::Carla => "carla",
        Who::Dan => "dan",
    }
}

fn is_requester(who: Who) -> bool {
    name(who) == "anna"
}

fn may_answer(who: Who) -> bool {
    matches!(who, Who::Ben | Who::Cleo | Who::Dora)
}

fn is_operator(who: Who) -> bool {
    matches!(who, Who::AnnaInAll | Who::Dora | Who::Olga)
}

impl Believed {
    pub(super) fn new(needed: u8, answer_within: Duration, pace: &Pace) -> Self {
        let activate_within = millis(pace.activate_within);
        let (status, until) = match needed {
            0 => (StatusWord::Approved, activate_within),
            _ => (StatusWord::Pending, millis(answer_within)),
        };
        Self {
            now: 0,
            needed: needed.into(),
            status,
            until,
            yes: BTreeSet::new(),
            longer: None,
            issues: 0,
            open: None,
            began: 0,
            reminded_of: 0,
            sessions: BTreeMap::new(),
            activate_within,
            orphan_after: millis(pace.orphan_after),
            remind_before: millis(pace.remind_before),
            settle: millis(pace.settle),
        }
    }

    pub(super) fn after(&mut self, act: &Act) -> Outcome {
        let mut next = self.clone();
        let outcome = if next.apply(&act.what) {
            Outcome::Is(next.status)
        } else {
            Outcome::Nothing
        };
        if act.recorded {
            *self = next;
        }
        outcome
    }

    /// Whether the act has an effect.
    fn apply(&mut self, what: &What) -> bool {
        match what {
            What::Approve(who) if self.longer.is_some() => self.approves_longer(*who),
            What::Deny(who) if self.longer.is_some() => {
                let denies = self.may_answer_longer(*who);
                self.longer = self.longer.take().filter(|_| !denies);
                denies
            }
            What::Withdraw(who) if self.longer.is_some() => {
                let withdraws = is_requester(*who);
                self.longer = self.longer.take().filter(|_| !withdraws);
                withdraws
            }
            What::Extend(who) => self.extends(*who),
            What::Approve(who) => {
                // Only an approver may, only once, and never on behalf of the requester.
                let counts =
                    self.may_be_answered(*who) && self.needed > 0 && self.yes.insert(name(*who));
                if counts && self.yes.len() >= self.needed {
                    (self.status, self.until) =
                        (StatusWord::Approved, self.now + self.activate_within);
                }
                counts
            }
            What::Deny(who) => self.may_be_answered(*who) && self.becomes(StatusWord::Denied),
            What::Withdraw(who) => {
                is_requester(*who)
                    && self.status == StatusWord::Pending
                    && self.becomes(StatusWord::Withdrawn)
            }
            What::Begin(who) => is_requester(*who) && *who != Who::AnnaInNone && self.begins(),
            What::Complete(issue) => self.now < self.until && self.has_outcome(*issue),
            What::Fail(issue) => self.has_outcome(*issue),
            What::Revoke(who) => {
                let approver = self.needed > 0 && may_answer(*who);
                (approver || is_operator(*who)) && self.is_taken_back()
            }
            What::Release(who) => is_requester(*who) && self.is_taken_back(),
            What::Wait(length) => {
                self.now += length;
                true
            }
            What::Due => self.falls_due(),
            What::Look(listing) => {
                self.is_looked_at(listing);
                true
            }
        }
    }

    fn becomes(&mut self, status: StatusWord) -> bool {
        self.status = status;
        // What waited for an answer waits for none when the grant has ended.
        self.longer = None;
        true
    }

    fn extends(&mut self, who: Who) -> bool {
        let may = is_requester(who) && who != Who::AnnaInNone;
        let runs = self.status == StatusWord::Active && self.now < self.until;
        if !(may && runs && self.longer.is_none()) {
            return false;
        }
        if self.needed == 0 {
            self.until += 60_000;
        } else {
            self.longer = Some(BTreeSet::new());
        }
        true
    }

    fn may_answer_longer(&self, who: Who) -> bool {
        may_answer(who) && self.now < self.until
    }

    fn approves_longer(&mut self, who: Who) -> bool {
        let may = self.may_answer_longer(who);
        let Some(yes) = self.longer.as_mut().filter(|_| may) else {
            return false;
        };
        let counts = yes.insert(name(who));
        if counts && yes.len() >= self.needed {
            self.longer = None;
            self.until += 60_000;
        }
        counts
    }

    fn may_be_answered(&self, who: Who) -> bool {
        may_answer(who) && self.status == StatusWord::Pending && self.now < self.until
    }

    fn begins(&mut self) -> bool {
        if self.now >= self.until {
            return false;
        }
        if self.status == StatusWord::Approved {
            // A minute, from a whole second on.
            self.began = self.now;
            self.until = self.now / 1_000 * 1_000 + 60_000;
            self.status = StatusWord::Active;
        } else if self.status != StatusWord::Active || self.is_issuing() {
            return false;
        }
        assert!(self.yes.len() >= self.needed && !self.yes.contains("anna"));
        self.issues += 1;
        self.open = Some((self.issues, self.now));
        true
    }

    fn is_issuing(&self) -> bool {
        self.open
            .is_some_and(|(_, began)| self.now < began + self.orphan_after)
    }

    fn has_outcome(&mut self, issue: u32) -> bool {
        let open = self.open.is_some_and(|(open, _)| open == issue);
        let has = open && self.status == StatusWord::Active;
        if has {
            self.open = None;
        }
        has
    }

    fn is_taken_back(&mut self) -> bool {
        if self.status == StatusWord::Approved {
            self.becomes(StatusWord::Closed)
        } else {
            self.status == StatusWord::Active && self.becomes(StatusWord::Ending)
        }
    }

    fn falls_due(&mut self) -> bool {
        let late = self.now >= self.until;
        if matches!(self.status, StatusWord::Pending | StatusWord::Approved) {
            late && self.becomes(StatusWord::Lapsed)
        } else if self.status != StatusWord::Active {
            false
        } else if self.open.is_some() && !self.is_issuing() {
            self.open = None;
            true
        } else if late {
            self.becomes(StatusWord::Ending)
        } else {
            self.is_said_to_end()
        }
    }

    fn is_said_to_end(&mut self) -> bool {
        let near = self.until - self.remind_before;
        let says = near > self.began && self.now >= near && self.reminded_of != self.until;
        if says {
            self.reminded_of = self.until;
        }
        says
    }

    fn is_looked_at(&mut self, listing: &Listing) {
        for (session, listed) in &listing.sessions {
            let session = self.sessions.entry(*session).or_default();
            session.gone |= matches!(listed, Listed::Gone);
        }
        if self.status != StatusWord::Ending {
            return;
        }
        self.open = None;
        for session in self.sessions.values_mut() {
            session.judged |= session.gone && listing.logs;
        }
        let settled = self
            .sessions
            .values()
            .all(|session| session.gone && session.judged);
        // Credentials live for 15 minutes at least, so the end of the minute bounds them.
        if settled && listing.complete && self.now >= self.until + self.settle {
            self.status = StatusWord::Closed;
        }
    }
}
