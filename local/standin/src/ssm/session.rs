//! One session's life, from the clock alone.
//!
//! A life is a timeline of changes of status, part of which may lie in the future: the end by the
//! document's maximum duration is written down when the session starts. So nothing has to happen
//! for a session to end. Whoever asks says for which moment, which also gives lagging listings
//! for free: a listing is the truth of a moment ago.

use serde::{Deserialize, Serialize};

use super::document::{Inputs, SessionType};

/// What a session is doing (AWS-FACTS 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionStatus {
    /// The agent has not answered yet.
    Connecting,
    /// The client is there.
    Connected,
    /// The client is gone, the process on the node runs on.
    Disconnected,
    /// The end has been ordered and the agent has not confirmed it.
    Terminating,
    /// Over.
    Terminated,
    /// Never came to be.
    Failed,
}

impl SessionStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Connecting,
        Self::Connected,
        Self::Disconnected,
        Self::Terminating,
        Self::Terminated,
        Self::Failed,
    ];

    /// The word of the wire.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
            Self::Disconnected => "Disconnected",
            Self::Terminating => "Terminating",
            Self::Terminated => "Terminated",
            Self::Failed => "Failed",
        }
    }

    /// Whether somebody can still do something with the session.
    #[must_use]
    pub fn is_usable(self) -> bool {
        match self {
            Self::Connecting | Self::Connected | Self::Disconnected => true,
            Self::Terminating | Self::Terminated | Self::Failed => false,
        }
    }

    /// Whether the session is over for good.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Terminated | Self::Failed => true,
            Self::Connecting | Self::Connected | Self::Disconnected | Self::Terminating => false,
        }
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndCause {
    /// `TerminateSession` was called.
    Terminated,
    /// The process on the node ended by itself, as by `exit`: no API call tells of it
    /// (AWS-FACTS 0.8).
    Exited,
    /// The document's `maxSessionDuration` was over.
    MaxDuration,
    /// The document's `idleSessionTimeout` was over.
    Idle,
    /// The node stopped, and took its part of the log with it (AWS-FACTS 3.5).
    NodeStopped,
    /// The agent refused to start: it could not see that the log bucket is encrypted
    /// (AWS-FACTS 3.3).
    RefusedByAgent,
}

/// How sessions are in a world: what AWS leaves open, and what a test wants to see. Times are
/// read when they apply, so a change touches only what happens afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionHabits {
    /// How long a new session is `Connecting`, in milliseconds. Default: 0.
    pub connecting_millis: u32,
    /// How long an ending session is `Terminating`, in milliseconds. Default: 0.
    pub terminating_millis: u32,
    /// How long listings of sessions lag behind the truth, in milliseconds (AWS-FACTS 2.11).
    /// Default: 0.
    pub listing_lag_millis: u32,
    /// Where a listing has a `Terminating` session; AWS does not say. Default: among the active.
    pub terminating_in_history: bool,
    /// Whether a session without input ends by `idleSessionTimeout`. Off by default: nobody types
    /// in a test whose clock is put ahead by an hour.
    pub idle_timeout: bool,
    /// Whether `TerminateSession` of a session that is over or unknown answers 400
    /// `DoesNotExistException`; else 200. AWS does not say (AWS-FACTS 2.8). Default: 200.
    pub terminating_the_gone_fails: bool,
    /// Whether `ssmmessages:OpenDataChannel` is judged on `*` rather than on the session's ARN;
    /// AWS contradicts itself (AWS-FACTS 1.13). Default: on the ARN.
    pub data_channel_judged_on_any: bool,
    /// Whether the account's calls per second are limited (AWS-FACTS 0.7). Default: no.
    pub rate_limits: bool,
    /// The most sessions that a page of `DescribeSessions` looks at, whatever `MaxResults` says:
    /// a service may always give less. Default: no such bound.
    pub largest_session_page: Option<usize>,
}

/// One change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    at_millis: i64,
    status: SessionStatus,
    cause: Option<EndCause>,
}

/// What a session is opened with.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) target: String,
    pub(super) document: String,
    pub(super) session_type: SessionType,
    /// The document's preferences, parameters put in.
    pub(super) inputs: Inputs,
    pub(super) owner: Owner,
    pub(super) reason: Option<String>,
    /// Whether the agent refuses at once.
    pub(super) refused: bool,
}

/// Who opened a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// The ARN of the caller.
    pub(super) arn: String,
    /// `aws:userid` of the caller: the value of the session's own tag (AWS-FACTS 1.11).
    pub(super) user_id: String,
}

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) target: String,
    pub(super) document: String,
    pub(super) session_type: SessionType,
    pub(super) inputs: Inputs,
    pub(super) owner: Owner,
    pub(super) reason: Option<String>,
    pub(super) started_millis: i64,
    /// What was typed and when.
    pub(super) typed: Vec<(i64, String)>,
    /// How many of its log's versions have been written.
    pub(super) uploaded: usize,
    /// Whether it came by AWS's own just-in-time node access.
    #[serde(default)]
    pub(super) just_in_time: bool,
    last_activity_millis: i64,
    /// INVARIANT: by time; nothing follows a change that ends the session.
    changes: Vec<Change>,
}

impl Session {
    /// A session that starts now.
    pub(super) fn start(opening: Opening, now: i64, habits: &SessionHabits) -> Self {
        let mut session = Self {
            id: opening.id,
            account: opening.account,
            region: opening.region,
            target: opening.target,
            document: opening.document,
            session_type: opening.session_type,
            inputs: opening.inputs,
            owner: opening.owner,
            reason: opening.reason,
            started_millis: now,
            typed: Vec::new(),
            uploaded: 0,
            just_in_time: false,
            last_activity_millis: now,
            changes: Vec::new(),
        };
        if opening.refused {
            session.push(now, SessionStatus::Connecting, None);
            session.push(
                now,
                SessionStatus::Terminated,
                Some(EndCause::RefusedByAgent),
            );
            return session;
        }
        if habits.connecting_millis > 0 {
            session.push(now, SessionStatus::Connecting, None);
        }
        let connected = now.saturating_add(i64::from(habits.connecting_millis));
        session.push(connected, SessionStatus::Connected, None);
        session.plan_end(now, habits);
        session
    }

    pub(super) fn is_in(&self, account: &str, region: &str) -> bool {
        self.account == account && self.region == region
    }

    /// The status at a moment; `None` before the start.
    pub(super) fn status_at(&self, millis: i64) -> Option<SessionStatus> {
        self.change_at(millis).map(|change| change.status)
    }

    /// Why the session has ended or is ending at a moment.
    pub(super) fn cause_at(&self, millis: i64) -> Option<EndCause> {
        self.change_at(millis).and_then(|change| change.cause)
    }

    /// When the session was over, if it was at a moment.
    pub(super) fn ended_at(&self, millis: i64) -> Option<i64> {
        self.change_at(millis)
            .filter(|change| change.status.is_over())
            .map(|change| change.at_millis)
    }

    /// Whether somebody can still do something with the session.
    pub(super) fn is_usable(&self, now: i64) -> bool {
        self.status_at(now).is_some_and(SessionStatus::is_usable)
    }

    /// Ends the session now; nothing to one that is over or ending. The agent stops a session by
    /// itself without the service having to wait for it.
    pub(super) fn end(&mut self, now: i64, cause: EndCause, habits: &SessionHabits) {
        if !self.is_usable(now) {
            return;
        }
        self.changes.retain(|change| change.at_millis <= now);
        self.push_end(now, cause, habits);
    }

    /// The client comes (back).
    pub(super) fn connect(&mut self, now: i64, habits: &SessionHabits) {
        self.turn(now, SessionStatus::Connected, habits);
    }

    /// The client goes; the process on the node runs on.
    pub(super) fn disconnect(&mut self, now: i64, habits: &SessionHabits) {
        self.turn(now, SessionStatus::Disconnected, habits);
    }

    /// Somebody types.
    pub(super) fn note_typing(&mut self, now: i64, text: String, habits: &SessionHabits) {
        self.typed.push((now, text));
        self.last_activity_millis = now;
        self.plan_end(now, habits);
    }

    fn turn(&mut self, now: i64, status: SessionStatus, habits: &SessionHabits) {
        if !self.is_usable(now) {
            return;
        }
        self.changes.retain(|change| change.at_millis <= now);
        if self.status_at(now) != Some(status) {
            self.push(now, status, None);
        }
        self.plan_end(now, habits);
    }

    /// Writes down the end that comes by itself, in place of the one planned before.
    fn plan_end(&mut self, now: i64, habits: &SessionHabits) {
        if !self.is_usable(now) {
            return;
        }
        self.changes
            .retain(|change| change.at_millis <= now || change.status.is_usable());
        let after = |from: i64, minutes: u16| from.saturating_add(i64::from(minutes) * 60_000);
        let by_duration = self
            .inputs
            .max_minutes
            .map(|minutes| (after(self.started_millis, minutes), EndCause::MaxDuration));
        let by_idling = self
            .inputs
            .idle_minutes
            .filter(|_| habits.idle_timeout)
            .map(|minutes| (after(self.last_activity_millis, minutes), EndCause::Idle));
        let earliest = by_duration
            .into_iter()
            .chain(by_idling)
            .min_by_key(|(at, _)| *at);
        if let Some((at, cause)) = earliest {
            // An end that is already due (the clock was moved past it before planning) is now.
            let at = at.max(now);
            self.changes.retain(|change| change.at_millis <= at);
            self.push_end(at, cause, habits);
        }
    }

    fn push_end(&mut self, at: i64, cause: EndCause, habits: &SessionHabits) {
        let confirmed_after = match cause {
            EndCause::Terminated | EndCause::MaxDuration | EndCause::Idle => {
                i64::from(habits.terminating_millis)
            }
            // The agent itself says so, and the service just notes it.
            EndCause::Exited | EndCause::NodeStopped | EndCause::RefusedByAgent => 0,
        };
        if confirmed_after > 0 {
            self.push(at, SessionStatus::Terminating, Some(cause));
        }
        let over = at.saturating_add(confirmed_after);
        self.push(over, SessionStatus::Terminated, Some(cause));
    }

    fn push(&mut self, at_millis: i64, status: SessionStatus, cause: Option<EndCause>) {
        self.changes.push(Change {
            at_millis,
            status,
            cause,
        });
    }

    fn change_at(&self, millis: i64) -> Option<&Change> {
        self.changes
            .iter()
            .rev()
            .find(|change| change.at_millis <= millis)
    }
}

#[cfg(test)]
pub(super) mod tests;
