//! Following the logs of ended sessions: to a first verdict, and again after the close.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Looking;
use crate::audit::{Actor, Event};
use crate::log_verdict::{LogLook, Span, judge};
use crate::moment::Moment;
use crate::names::SessionId;
use crate::pace::Pace;
use crate::request::Request;
use crate::session::{ListedSession, ListedState, SessionLife, SessionRecord};
use crate::status::Status;

/// How soon to look again where a log could not be looked at when its turn had come.
const AGAIN_FOR_RECHECK: Duration = Duration::from_secs(10 * 60);

/// The sessions whose logs must be looked at now: those that are over, on record or as just listed,
/// and have no verdict yet; and for a closed request whose turn has come, all that a look could say
/// something new of.
#[must_use]
pub fn unseen_logs(
    request: &Request,
    records: &[SessionRecord],
    listed: &[ListedSession],
    now: Moment,
) -> BTreeSet<SessionId> {
    if !request.ask.kind.loggable() {
        return BTreeSet::new();
    }
    let again = recheck_is_due(&request.status, now);
    let known: BTreeMap<&SessionId, &SessionRecord> =
        records.iter().map(|record| (&record.id, record)).collect();
    let over = records
        .iter()
        .filter(|record| matches!(record.life, SessionLife::Over { .. }))
        .map(|record| &record.id);
    let seen_over = listed
        .iter()
        .filter(|session| matches!(session.state, ListedState::History { ended_at: Some(_) }))
        .map(|session| &session.id);
    over.chain(seen_over)
        .filter(|id| {
            known
                .get(id)
                .is_none_or(|record| !record.log.is_final() || (again && record.log.may_change()))
        })
        .cloned()
        .collect()
}

fn recheck_is_due(status: &Status, now: Moment) -> bool {
    match status {
        Status::Closed { recheck_at, .. } => recheck_at.is_some_and(|at| now >= at),
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => false,
    }
}

impl Looking {
    /// Gives ended sessions the verdict that a look at their log supports. No look, no verdict.
    /// Gives how many logs were looked at and are as they were.
    pub(super) fn judge_logs(&mut self, looks: &BTreeMap<SessionId, LogLook>, pace: &Pace) -> u32 {
        let mut unchanged = 0_u32;
        let records: Vec<SessionRecord> = self.records.values().cloned().collect();
        for record in records {
            let (SessionLife::Over { at }, Some(look)) = (record.life, looks.get(&record.id))
            else {
                continue;
            };
            let ran = Span {
                started_at: record.started_at,
                ended_at: at,
            };
            let log = judge(&record.log, ran, look, self.now, pace);
            if log == record.log {
                unchanged = unchanged.saturating_add(1);
            } else if log.is_final() && self.has_room() {
                let event = Event::LogJudged {
                    session: record.id.clone(),
                    log: log.clone(),
                };
                self.note(event, SessionRecord { log, ..record });
            }
        }
        unchanged
    }

    /// Looks at the logs of a closed request again, where its turn has come, and says when the next
    /// turn is. That they are as they were is evidence too, so it is written down.
    pub(super) fn recheck(&mut self, looks: &BTreeMap<SessionId, LogLook>, pace: &Pace) {
        let due = recheck_is_due(&self.step.request().status, self.now);
        let all_seen = self
            .records
            .values()
            .filter(|record| record.log.is_final() && record.log.may_change())
            .all(|record| matches!(looks.get(&record.id), Some(LogLook::Listed(_))));
        let sessions = self.judge_logs(looks, pace);
        let mut status = self.step.request().status.clone();
        let Status::Closed {
            closed_at,
            recheck_at,
            ..
        } = &mut status
        else {
            return;
        };
        if due {
            // What could not be looked at is looked at soon again, as long as there are turns.
            let next = pace.next_recheck(*closed_at, self.now);
            let soon = self.now.plus(AGAIN_FOR_RECHECK);
            *recheck_at = match all_seen {
                true => next,
                false => next.map(|next| next.min(soon)),
            };
            if all_seen && sessions > 0 {
                let event = Event::LogsRechecked { sessions };
                self.step.write(Actor::Postern {}, event, self.now);
            }
            self.step.set(status);
        } else if recheck_at.is_none() && self.step.entries().iter().any(judged) {
            // A session that turned up after the close was not counted on then.
            *recheck_at = self.next_recheck(*closed_at, pace);
            self.step.set(status);
        }
    }

    /// When the logs are looked at again after the close: where any look could say more.
    pub(super) fn next_recheck(&self, closed_at: Moment, pace: &Pace) -> Option<Moment> {
        let changing = self.records.values().any(|record| record.log.may_change());
        let next = || pace.next_recheck(closed_at, self.now);
        changing.then(next).flatten()
    }
}

fn judged(entry: &crate::audit::Entry) -> bool {
    matches!(entry.event, Event::LogJudged { .. })
}
