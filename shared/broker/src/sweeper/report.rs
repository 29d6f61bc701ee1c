//! What a sweep did, for the log and for alarms.

use std::collections::BTreeMap;
use std::fmt::Display;

use rules::audit::Event;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::status::Status;
use rules::step::Step;
use serde::Serialize;

/// What one run of the sweeper did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rounds made.
    pub rounds: u32,
    /// Audit entries written, by the word of their event: `ended`, `session_seen`, `closed` and so
    /// on.
    pub events: BTreeMap<&'static str, u32>,
    /// Final log verdicts, by their word. Anything but `landed` and `unloggable` wants a person.
    pub verdicts: BTreeMap<&'static str, u32>,
    /// How often SSM was told to end a session.
    pub terminated: u32,
    /// For each session that was seen gone: by how many milliseconds it outlived its grant. At most
    /// [`Report::MOST_OVERRUNS`].
    pub overruns_ms: Vec<u64>,
    /// Whether more was due at some time than fitted a round; it is done by the next, oldest first.
    pub backlog: bool,
    /// Open sessions that belong to no request of Postern, in the places that were listed.
    pub foreign: usize,
    /// Steps that somebody else was faster with.
    pub lost_races: u32,
    /// Requests taken off the index because their record cannot be read.
    pub quarantined: u32,
    /// What went wrong; at most [`Report::MOST_TROUBLES`], and `more_troubles` counts the rest.
    pub troubles: Vec<Trouble>,
    /// How many troubles are not listed.
    pub more_troubles: u32,
}

/// One thing that went wrong. It stops nothing else, and the next run meets it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The request, where it is about one.
    pub request: Option<RequestId>,
    /// What, in one line.
    pub what: String,
}

impl Report {
    /// The most troubles that are listed one by one: a log line has its limits.
    pub const MOST_TROUBLES: usize = 50;
    /// The most overruns that are listed: as many as one metric takes (AWS-FACTS 6.14).
    pub const MOST_OVERRUNS: usize = 100;

    pub(super) fn trouble(&mut self, request: Option<RequestId>, what: &impl Display) {
        if self.troubles.len() < Self::MOST_TROUBLES {
            self.troubles.push(Trouble {
                request,
                what: what.to_string(),
            });
        } else {
            self.more_troubles = self.more_troubles.saturating_add(1);
        }
    }

    /// Counts what a recorded step says.
    pub(super) fn count(&mut self, step: &Step) {
        for entry in step.entries() {
            bump(&mut self.events, entry.event.word());
            if let Event::LogJudged { log, .. } = &entry.event {
                bump(&mut self.verdicts, log.word());
            }
            if let (Event::SessionOver { ended_at, .. }, Some(over)) =
                (&entry.event, ended(step.request().status()))
                && self.overruns_ms.len() < Self::MOST_OVERRUNS
            {
                let overrun = ended_at.since(over).as_millis();
                self.overruns_ms
                    .push(u64::try_from(overrun).unwrap_or(u64::MAX));
            }
        }
    }
}

/// When the grant of a request ended, where it has.
fn ended(status: &Status) -> Option<Moment> {
    match status {
        Status::Ending { ended_at, .. } | Status::Closed { ended_at, .. } => Some(*ended_at),
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => None,
    }
}

fn bump(counts: &mut BTreeMap<&'static str, u32>, word: &'static str) {
    let count = counts.entry(word).or_default();
    *count = count.saturating_add(1);
}
