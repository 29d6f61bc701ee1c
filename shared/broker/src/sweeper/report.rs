//! What a sweep did, for the log and for alarms.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use rules::audit::Event;
use rules::bypass::Bypass;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::status::{Status, StatusWord};
use rules::step::Step;
use serde::Serialize;

/// What one run of the sweeper did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How often the index of due work was read.
    pub passes: u32,
    /// Requests that were due, each once.
    pub due: u32,
    /// Those of them that are still being ended, or whose logs are waited for.
    pub waiting: u32,
    /// Those that met trouble.
    pub failed: u32,
    /// Those that are left for the next run; at least so many.
    pub backlog: u32,
    /// Audit entries written, by the word of their event: `ended`, `session_seen`, `closed` and so
    /// on.
    pub events: BTreeMap<&'static str, u32>,
    /// Log verdicts, by their word. Anything but `landed` and `unloggable` wants a person.
    pub verdicts: BTreeMap<&'static str, u32>,
    /// How often SSM was told to end a session.
    pub terminated: u32,
    /// For each session that was seen gone: by how many milliseconds it outlived its grant. At most
    /// [`Report::MOST_OVERRUNS`].
    pub overruns_ms: Vec<u64>,
    /// Open sessions that no grant covers, on instances that are watched.
    pub bypasses: u32,
    /// Those of them that were seen for the first time; at most [`Report::MOST_BYPASSES`].
    pub new_bypasses: Vec<Bypass>,
    /// Events that the bus has taken.
    pub posted: u64,
    /// The checkpoint that was made.
    pub checkpoint: Option<u64>,
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
    /// The most bypasses that are listed one by one; each has its event.
    pub const MOST_BYPASSES: usize = 50;
}

/// A report in the making.
#[derive(Debug, Default)]
pub(super) struct Tally {
    report: Report,
    due: BTreeSet<RequestId>,
    waiting: BTreeSet<RequestId>,
    failed: BTreeSet<RequestId>,
    left: BTreeSet<RequestId>,
    /// Whether more was due than one pass looks at.
    more: bool,
    /// How many steps and bypasses were recorded.
    steps: u64,
}

impl Tally {
    pub(super) fn report(self) -> Report {
        let count = |set: &BTreeSet<RequestId>| u32::try_from(set.len()).unwrap_or(u32::MAX);
        Report {
            due: count(&self.due),
            waiting: count(&self.waiting),
            failed: count(&self.failed),
            backlog: count(&self.left).saturating_add(self.more.into()),
            ..self.report
        }
    }

    pub(super) fn pass(&mut self) {
        raise(&mut self.report.passes);
    }

    pub(super) fn more(&mut self, more: bool) {
        self.more = more;
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn taken(&mut self, id: RequestId) {
        self.due.insert(id);
        self.left.remove(&id);
    }

    pub(super) fn left(&mut self, id: RequestId) {
        self.due.insert(id);
        self.left.insert(id);
    }

    pub(super) fn terminated(&mut self) {
        raise(&mut self.report.terminated);
    }

    pub(super) fn lost_race(&mut self) {
        raise(&mut self.report.lost_races);
    }

    pub(super) fn quarantined(&mut self) {
        raise(&mut self.report.quarantined);
    }

    pub(super) fn posted(&mut self, events: usize) {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        self.report.posted = self.report.posted.saturating_add(events);
    }

    pub(super) fn checkpoint(&mut self, number: u64) {
        self.report.checkpoint = Some(number);
    }

    pub(super) fn bypass(&mut self, bypass: &Bypass, new: bool) {
        raise(&mut self.report.bypasses);
        self.steps = self.steps.saturating_add(new.into());
        if new && self.report.new_bypasses.len() < Report::MOST_BYPASSES {
            self.report.new_bypasses.push(bypass.clone());
        }
    }

    pub(super) fn trouble(&mut self, request: Option<RequestId>, what: &impl Display) {
        self.failed.extend(request);
        if self.report.troubles.len() < Report::MOST_TROUBLES {
            self.report.troubles.push(Trouble {
                request,
                what: what.to_string(),
            });
        } else {
            raise(&mut self.report.more_troubles);
        }
    }

    /// Counts what a recorded step says.
    pub(super) fn count(&mut self, step: &Step) {
        let request = step.request();
        self.steps = self.steps.saturating_add(1);
        match request.status().word() {
            StatusWord::Ending => self.waiting.insert(request.id()),
            StatusWord::Pending
            | StatusWord::Approved
            | StatusWord::Active
            | StatusWord::Closed
            | StatusWord::Denied
            | StatusWord::Withdrawn
            | StatusWord::Lapsed => self.waiting.remove(&request.id()),
        };
        for entry in step.entries() {
            raise(self.report.events.entry(entry.event.word()).or_default());
            if let Event::LogJudged { log, .. } = &entry.event {
                let word = log.word().as_str();
                raise(self.report.verdicts.entry(word).or_default());
            }
            if let (Event::SessionOver { ended_at, .. }, Some(over)) =
                (&entry.event, ended(request.status()))
                && self.report.overruns_ms.len() < Report::MOST_OVERRUNS
            {
                let overrun = ended_at.since(over).as_millis();
                let overrun = u64::try_from(overrun).unwrap_or(u64::MAX);
                self.report.overruns_ms.push(overrun);
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

fn raise(count: &mut u32) {
    *count = count.saturating_add(1);
}
