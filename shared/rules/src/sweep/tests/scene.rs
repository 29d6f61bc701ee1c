//! A grant that has ended, and what is seen of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::life::tests::{Scene, after, start};
use crate::log_verdict::{LogListing, LogLook, LogObject};
use crate::moment::Moment;
use crate::names::{RequestId, SessionId};
use crate::request::Request;
use crate::session::{ListedSession, ListedState, SessionRecord};
use crate::status::StatusWord;
use crate::step::Step;
use crate::sweep::{Look, Seen, due, look, termination_failed};

/// A request under the eyes of a sweeper that records every step it is told to.
pub(crate) struct Watch {
    pub(crate) scene: Scene,
    pub(crate) request: Request,
    pub(crate) records: Vec<SessionRecord>,
}

impl Watch {
    /// A grant of a minute, with one complete issue, that has just ended.
    pub(crate) fn ended() -> Self {
        let scene = Scene::new();
        let step = due(&scene.active(), after(60), &scene.pace).unwrap();
        let request = step.request().clone();
        Self {
            scene,
            request,
            records: Vec::new(),
        }
    }

    /// The same, while it runs.
    pub(crate) fn running() -> Self {
        let scene = Scene::new();
        let request = scene.active();
        Self {
            scene,
            request,
            records: Vec::new(),
        }
    }

    pub(crate) fn judge(&self, seen: &Seen, now: Moment) -> Look {
        look(&self.request, &self.records, seen, now, &self.scene.pace)
    }

    /// Looks, and records what follows. Gives the words of the new entries and the sessions that
    /// are to be ended.
    pub(crate) fn look(&mut self, seen: &Seen, now: Moment) -> (Vec<&'static str>, Vec<String>) {
        let looked = self.judge(seen, now);
        let evicted = looked
            .evictions
            .iter()
            .map(|leave| leave.session().to_string())
            .collect();
        let Some(step) = looked.step else {
            return (Vec::new(), evicted);
        };
        (self.record(&step), evicted)
    }

    /// SSM could not be told to end a session; that is recorded.
    pub(crate) fn fail(&mut self, id: &SessionId, now: Moment) -> Vec<&'static str> {
        let told = self.records.iter().find(|record| record.id == *id);
        let step = termination_failed(&self.request, told.unwrap(), "InternalServerError", now);
        self.record(&step.unwrap())
    }

    fn record(&mut self, step: &Step) -> Vec<&'static str> {
        assert_eq!(step.before(), self.request.version());
        self.request = step.request().clone();
        for record in step.sessions() {
            self.records.retain(|other| other.id != record.id);
            self.records.push(record.clone());
        }
        let entries = step.entries().iter();
        entries.map(|entry| entry.event.word()).collect()
    }

    pub(crate) fn session(&self, suffix: &str) -> SessionId {
        session(self.request.id(), suffix)
    }

    pub(crate) fn status(&self) -> StatusWord {
        self.request.status().word()
    }

    /// When it is to be looked at next.
    pub(crate) fn next(&self) -> Moment {
        self.request.due_at(&self.scene.pace).unwrap()
    }

    /// The moment from which nobody can have opened a session unseen.
    pub(crate) fn quiet(&self) -> Moment {
        after(60).plus(self.scene.pace.settle)
    }
}

pub(crate) fn session(request: RequestId, suffix: &str) -> SessionId {
    format!("{request}-{suffix}").parse().unwrap()
}

pub(crate) fn open(id: &SessionId) -> ListedSession {
    ListedSession {
        id: id.clone(),
        owner: "arn:aws:sts::111122223333:assumed-role/Access/session".to_owned(),
        instance: "i-00000000000000001".to_owned(),
        document: "Postern-Shell-15".to_owned(),
        started_at: after(10),
        state: ListedState::Active,
    }
}

pub(crate) fn over(id: &SessionId, ended_at: Moment) -> ListedSession {
    let state = ListedState::History {
        ended_at: Some(ended_at),
    };
    ListedSession { state, ..open(id) }
}

/// These sessions, in listings that were read to their end.
pub(crate) fn seen(sessions: &[ListedSession]) -> Seen {
    Seen {
        sessions: sessions.to_vec(),
        complete: true,
        logs: BTreeMap::new(),
    }
}

pub(crate) fn log(stored_at: Moment, size: u64) -> LogObject {
    LogObject {
        key: "session.log".to_owned(),
        size,
        etag: "etag".to_owned(),
        version: Some("version".to_owned()),
        stored_at,
    }
}

pub(crate) fn logged(mut seen: Seen, id: &SessionId, versions: &[LogObject]) -> Seen {
    let listing = LogListing {
        versions: versions.to_vec(),
        deleted: false,
    };
    seen.logs.insert(id.clone(), LogLook::Listed(listing));
    seen
}

/// So long after everything began.
pub(crate) fn at(length: Duration) -> Moment {
    start().plus(length)
}
