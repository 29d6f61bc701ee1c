//! What somebody should hear of although no call failed of it.
//!
//! The broker does not log. What it meets between calls, such as a policy set that would not load,
//! it tells as a [`Notice`]; the edge of a function writes it down, once, and counts it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rules::audit::{Actor, Entry, Event};
use rules::moment::Moment;
use rules::names::{Digest, Person, RequestId};
use rules::status::StatusWord;
use rules::step::Step;

use crate::lambda::NotAnswered;
use crate::on_call::{NotRead, RefusedFeed};
use crate::policies::{InvalidPolicy, NotFetched};

/// Something to be told of. None holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Another policy set is in force from now on, or the first one.
    PolicyLoaded {
        /// Its digest, under which decisions are recorded.
        digest: Digest,
        /// Its version, where it came from a bucket that keeps them.
        version: Option<String>,
    },
    /// The policy set could not be read again; the last good one stays in force.
    PolicyKept {
        /// What failed.
        cause: NotFetched,
        /// When the set that is kept was last known to be the one that is configured.
        confirmed_at: Moment,
    },
    /// The policy set that is configured is not valid, and nothing that needs one is done.
    PolicyInvalid {
        /// What is wrong with it.
        cause: InvalidPolicy,
    },
    /// The policy set cannot be read and none may be kept; nothing that needs one is done.
    PolicyUnavailable {
        /// What failed.
        cause: NotFetched,
    },
    /// What is to tell who is on call was refused. Where it is the signature that is wrong, nobody
    /// is on call; otherwise the last good feed counts until it is over.
    OnCallRefused {
        /// What is wrong with it.
        cause: RefusedFeed,
    },
    /// What tells who is on call could not be read; the last good feed counts until it is over.
    OnCallUnread {
        /// What failed.
        cause: NotRead,
    },
    /// The newest feed is over, and nobody is on call until there is another.
    OnCallStale {
        /// Since when.
        good_until: Moment,
    },
    /// The doctor's function gave no answer when somebody asked for access, and the readiness of the
    /// targets is not known.
    DoctorSilent {
        /// What failed.
        cause: NotAnswered,
    },
    /// Somebody asked for access.
    Asked,
    /// People answered a request, one way or the other.
    Decided {
        /// How long after it was asked.
        took: Duration,
    },
    /// Somebody used a way to access that is for emergencies.
    GlassBroken {
        /// With which request.
        request: RequestId,
        /// Who.
        person: Person,
    },
}

impl Notice {
    /// What there is to tell of a step that has been recorded.
    pub(crate) fn of(step: &Step) -> Vec<Self> {
        let request = step.request();
        let decided = |entry: &Entry| Self::Decided {
            took: entry.at.since(request.asked_at()),
        };
        let word = request.status().word();
        step.entries()
            .iter()
            .filter_map(|entry| match (&entry.event, &entry.actor) {
                (Event::Asked { .. }, _) => Some(Self::Asked),
                (Event::GlassBroken { .. }, Actor::Person { person }) => Some(Self::GlassBroken {
                    request: request.id(),
                    person: person.clone(),
                }),
                (Event::Approved { .. }, _) if word == StatusWord::Approved => Some(decided(entry)),
                (Event::Denied { .. }, _) => Some(decided(entry)),
                (_, Actor::Person { .. } | Actor::Postern {}) => None,
            })
            .collect()
    }
}

/// Whom notices are told to. Copies tell the same one.
#[derive(Clone)]
pub struct Notices(Arc<dyn Fn(Notice) + Send + Sync>);

impl Notices {
    /// Tells them to this function, which must be quick: a call may be waiting.
    #[must_use]
    pub fn to(hear: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells nobody.
    #[must_use]
    pub fn unheard() -> Self {
        Self::to(drop)
    }

    /// Tells one.
    pub fn tell(&self, notice: Notice) {
        (self.0)(notice);
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notices")
    }
}
