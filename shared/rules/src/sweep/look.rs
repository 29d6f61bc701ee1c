//! What follows from what SSM and S3 show of a request's sessions.

mod logs;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::audit::{Actor, Event};
use crate::eviction::Eviction;
use crate::log_verdict::{LogLook, LogVerdict};
use crate::moment::Moment;
use crate::names::SessionId;
use crate::pace::Pace;
use crate::request::Request;
use crate::session::{ListedSession, ListedState, SessionLife, SessionRecord};
use crate::status::Status;
use crate::step::Step;

pub use self::logs::unseen_logs;

/// The wait between the first looks while a session is being ended.
const AGAIN_AT_ONCE: Duration = Duration::from_millis(500);
/// How many looks are made so soon: a session that SSM cannot end must not use up the call budget.
const AT_ONCE: u32 = 4;
/// The longest wait between two looks while a session is being ended.
const AGAIN_SOON_AT_LAST: Duration = Duration::from_secs(15);
/// How soon, at the least, to look again for a log that has not come.
const AGAIN_FOR_LOG: Duration = Duration::from_secs(2);
/// The longest wait between two looks at a request that is ending.
const AGAIN_AT_LAST: Duration = Duration::from_secs(60);
/// The longest wait for the log of a session that turned up after the close.
const AGAIN_FOR_LATE_LOG: Duration = Duration::from_secs(120);
/// The first wait before SSM is told again to end a session that it was told to end.
const TELL_AGAIN: Duration = Duration::from_secs(2);
/// The same where the call failed.
const TELL_AGAIN_AFTER_FAULT: Duration = Duration::from_millis(500);
/// The longest wait before SSM is told again to end the same session.
const TELL_AGAIN_AT_LAST: Duration = Duration::from_secs(30);

/// The most events of one look. An event is an entry and at most one session record, and a step is
/// recorded in one transaction of at most 100 actions (AWS-FACTS 7.1). What does not fit is met
/// again by the next look.
const MOST_EVENTS: usize = 40;

/// What was seen of a request's sessions and logs in one look.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Sessions that SSM lists for the request's owner, active and past.
    pub sessions: Vec<ListedSession>,
    /// Whether the listings were read to their end. What is absent from half a listing is not gone.
    pub complete: bool,
    /// What S3 shows under the exact key of a session's log, for those that were looked at.
    pub logs: BTreeMap<SessionId, LogLook>,
}

/// What a look leads to.
#[derive(Debug)]
pub struct Look {
    /// To be recorded first, where anything has changed.
    pub step: Option<Step>,
    /// Sessions to be terminated, once the step is recorded.
    pub evictions: Vec<Eviction>,
}

/// Joins what is recorded of a request's sessions with what is seen of them.
///
/// For a request that is active, sessions are recorded and nothing is ended. For one that is
/// ending, open sessions are ended, ended ones get their log verdicts, and the request closes when
/// nothing is left to wait for. A session that turns up after the close is recorded, ended and
/// followed to its verdict, and the request stays closed.
#[must_use]
pub fn look(
    request: &Request,
    records: &[SessionRecord],
    seen: &Seen,
    now: Moment,
    pace: &Pace,
) -> Look {
    let mut looking = Looking::at(request, records, now);
    for listed in &seen.sessions {
        // Nothing that is over one grant may touch another.
        if listed.id.request() == request.id {
            looking.meet(listed);
        }
    }
    match &request.status {
        Status::Ending { .. } => {
            looking.orphan_open_issue();
            looking.evict(request);
            looking.judge_logs(&seen.logs, pace);
            looking.close_or_wait(seen.complete, pace);
        }
        Status::Closed { .. } => {
            looking.evict(request);
            looking.recheck(&seen.logs, pace);
            looking.wait_for_stragglers();
        }
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => {}
    }
    looking.done(&request.status)
}

/// A look in progress.
struct Looking {
    step: Step,
    records: BTreeMap<SessionId, SessionRecord>,
    evictions: Vec<Eviction>,
    loggable: bool,
    now: Moment,
    /// Whether something was left for the next look.
    cut_short: bool,
}

impl Looking {
    fn at(request: &Request, records: &[SessionRecord], now: Moment) -> Self {
        Self {
            step: Step::from(request),
            records: records
                .iter()
                .map(|record| (record.id.clone(), record.clone()))
                .collect(),
            evictions: Vec::new(),
            loggable: request.ask.kind.loggable(),
            now,
            cut_short: false,
        }
    }

    /// Whether another event fits; where none does, that is remembered.
    fn has_room(&mut self) -> bool {
        let room = self.step.entries().len() < MOST_EVENTS;
        self.cut_short |= !room;
        room
    }

    /// Writes an event and the session record it leads to.
    fn note(&mut self, event: Event, record: SessionRecord) {
        self.step.write(Actor::Postern {}, event, self.now);
        self.step.write_session(record.clone());
        self.records.insert(record.id.clone(), record);
    }

    /// Takes in one listed session: new, or over where it was not.
    fn meet(&mut self, listed: &ListedSession) {
        let record = match self.records.get(&listed.id).cloned() {
            Some(record) => record,
            None if !self.has_room() => return,
            None => {
                let record = SessionRecord {
                    id: listed.id.clone(),
                    instance: listed.instance.clone(),
                    document: listed.document.clone(),
                    started_at: listed.started_at,
                    life: SessionLife::Alive {},
                    log: if self.loggable {
                        LogVerdict::Pending {}
                    } else {
                        LogVerdict::Unloggable {}
                    },
                };
                let event = Event::SessionSeen {
                    session: record.id.clone(),
                    instance: record.instance.clone(),
                    document: record.document.clone(),
                    started_at: record.started_at,
                };
                self.note(event, record.clone());
                record
            }
        };
        match listed.state {
            ListedState::History { ended_at: Some(at) } if record.lives() && self.has_room() => {
                let event = Event::SessionOver {
                    session: record.id.clone(),
                    ended_at: at,
                };
                self.note(
                    event,
                    SessionRecord {
                        life: SessionLife::Over { at },
                        ..record
                    },
                );
            }
            ListedState::Active | ListedState::History { .. } => {}
        }
    }

    /// Whoever was issuing when the grant ended may no longer hand anything out.
    fn orphan_open_issue(&mut self) {
        let mut status = self.step.request().status.clone();
        if let Status::Ending { grant, .. } = &mut status
            && let Some(issuing) = grant.issuing.take()
        {
            let event = Event::IssueOrphaned {
                issue: issuing.issue,
            };
            self.step.write(Actor::Postern {}, event, self.now);
            self.step.set(status);
        }
    }

    /// Ends every session that may be open; tells SSM again, less and less often, until it is gone.
    fn evict(&mut self, request: &Request) {
        let open: Vec<SessionRecord> = self
            .records
            .values()
            .filter(|record| record.lives())
            .cloned()
            .collect();
        for record in open {
            let attempt = match record.life {
                SessionLife::Alive {} => 1,
                SessionLife::Terminating {
                    since,
                    tries,
                    failed,
                } => {
                    if self.now.since(since) < tell_again(tries, failed) {
                        continue;
                    }
                    tries.saturating_add(1)
                }
                SessionLife::Over { .. } => continue,
            };
            if !self.has_room() {
                return;
            }
            let event = Event::SessionTerminating {
                session: record.id.clone(),
                attempt,
            };
            let life = SessionLife::Terminating {
                since: self.now,
                tries: attempt,
                failed: false,
            };
            self.evictions.push(Eviction {
                account: request.ask.targets.account().clone(),
                region: request.ask.targets.region().clone(),
                session: record.id.to_string(),
                attempt,
            });
            self.note(event, SessionRecord { life, ..record });
        }
    }

    /// Closes the request, or says when to look next.
    fn close_or_wait(&mut self, complete: bool, pace: &Pace) {
        let Status::Ending {
            grant,
            ended_at,
            why,
            looks,
            ..
        } = self.step.request().status.clone()
        else {
            return;
        };
        let now = self.now;
        let alive = self.records.values().any(SessionRecord::lives);
        let unjudged = self.records.values().any(|record| !record.log.is_final());
        // Credentials of an early end can open sessions until they are inert, and a listing may
        // show a session only some time after it began.
        let quiet_at = match grant.issues {
            0 => ended_at,
            _ => ended_at.max(grant.inert_at()).plus(pace.settle),
        };
        if complete && !self.cut_short && !alive && !unjudged && now >= quiet_at {
            self.step.write(Actor::Postern {}, Event::Closed {}, now);
            self.step.set(Status::Closed {
                grant: Some(grant),
                ended_at,
                why,
                closed_at: now,
                look_at: None,
                recheck_at: self.next_recheck(now, pace),
            });
            return;
        }
        let look_at = if alive || !complete || self.cut_short {
            now.plus(match looks {
                0..AT_ONCE => AGAIN_AT_ONCE,
                _ => Duration::from_secs(u64::from(1 + looks / 10)).min(AGAIN_SOON_AT_LAST),
            })
        } else {
            // The longer nothing happens the less often it is looked for, but always in time.
            let waited = now.since(ended_at) / 4;
            let again = now.plus(waited.clamp(AGAIN_FOR_LOG, AGAIN_AT_LAST));
            if now < quiet_at {
                again.min(quiet_at)
            } else {
                again
            }
        };
        let looks = looks.saturating_add(1);
        self.step.set(Status::Ending {
            grant,
            ended_at,
            why,
            look_at,
            looks,
        });
    }

    /// A closed request stays closed; the sessions that turned up late are followed to their end.
    fn wait_for_stragglers(&mut self) {
        let Status::Closed {
            grant,
            ended_at,
            why,
            closed_at,
            recheck_at,
            ..
        } = self.step.request().status.clone()
        else {
            return;
        };
        let alive = self.records.values().any(SessionRecord::lives);
        let unjudged = self.records.values().any(|record| !record.log.is_final());
        let wait = if alive || self.cut_short {
            Some(AGAIN_SOON_AT_LAST)
        } else {
            let waited = self.now.since(closed_at) / 4;
            unjudged.then(|| waited.clamp(AGAIN_FOR_LOG, AGAIN_FOR_LATE_LOG))
        };
        self.step.set(Status::Closed {
            grant,
            ended_at,
            why,
            closed_at,
            look_at: wait.map(|wait| self.now.plus(wait)),
            recheck_at,
        });
    }

    fn done(self, before: &Status) -> Look {
        let changed = !self.step.entries().is_empty();
        // Looking in vain still moves the next look, without an entry in the chain.
        let moved = &self.step.request().status != before;
        Look {
            step: (changed || moved).then_some(self.step),
            evictions: self.evictions,
        }
    }
}

/// How long to wait before SSM is told again.
fn tell_again(tries: u32, failed: bool) -> Duration {
    let first = if failed {
        TELL_AGAIN_AFTER_FAULT
    } else {
        TELL_AGAIN
    };
    let doubled = tries.saturating_sub(1).min(10);
    first
        .saturating_mul(2_u32.saturating_pow(doubled))
        .min(TELL_AGAIN_AT_LAST)
}
