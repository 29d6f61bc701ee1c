//! What Postern puts on the event bus: one event for each audit entry, and one for each session
//! that was opened past it.
//!
//! An event comes at least once: it was recorded together with what it tells of, and is put on the
//! bus again until the bus has taken it. [`RequestEvent::id`] is the same each time. Events of one
//! request come in the order of its entries, unless one was put twice. None holds a secret.

use serde::{Deserialize, Serialize};

use crate::ask::Targets;
use crate::audit::{Actor, Entry, Event, Severity};
use crate::bypass::Bypass;
use crate::names::{AccessKind, Digest, Person, Reason, RequestId};

/// Who puts events on the bus: their `source`.
pub const SOURCE: &str = "postern";

/// The most bytes of a detail that are put on the bus with the entry in it. A call takes 256 KB in
/// all, and only what is known of ten instances with all the tags they can have comes near.
const MOST_BYTES: usize = 200_000;

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestEvent {
    /// The same each time that the event comes: `req-…/7`.
    pub id: String,
    /// What happened, in one word: the `type` of the entry's event.
    pub event: String,
    /// How much it wants somebody's attention.
    pub severity: Severity,
    /// The request.
    pub request: RequestId,
    /// Who the access is for.
    pub requester: Person,
    /// To what.
    pub targets: Targets,
    /// Which kind of access.
    pub kind: AccessKind,
    /// Why.
    pub reason: Reason,
    /// The audit entry as it stands in the chain; left out where it is too long for the bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// The digest of the entry.
    pub digest: Digest,
}

/// A session that was opened past Postern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassEvent {
    /// The same each time that the event comes.
    pub id: String,
    /// `bypass_seen`.
    pub event: String,
    /// Always critical.
    pub severity: Severity,
    /// The session.
    #[serde(flatten)]
    pub bypass: Bypass,
}

/// An event ready for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// Its `detail-type`.
    pub kind: &'static str,
    /// Its `detail`: a JSON object.
    pub detail: String,
}

impl RequestEvent {
    /// The `detail-type` of these events.
    pub const KIND: &str = "Postern Request Changed";

    /// The event of one entry of a chain, whose first entry says what was asked for. Nothing where
    /// that is no asking: then it is no chain of Postern's.
    #[must_use]
    pub fn of(first: &Entry, entry: &Entry) -> Option<Self> {
        let (Event::Asked { ask, .. }, Actor::Person { person }) = (&first.event, &first.actor)
        else {
            return None;
        };
        Some(Self {
            id: format!("{}/{}", entry.request, entry.n),
            event: entry.event.word().to_owned(),
            severity: entry.event.severity(),
            request: entry.request,
            requester: ask.for_person.as_ref().unwrap_or(person).clone(),
            targets: ask.targets.clone(),
            kind: ask.kind.clone(),
            reason: ask.reason.clone(),
            entry: Some(entry.clone()),
            digest: entry.digest(),
        })
    }

    /// The event as it is put on the bus.
    #[must_use]
    pub fn on_bus(&self) -> BusEvent {
        let whole = json(self);
        let detail = if whole.len() <= MOST_BYTES {
            whole
        } else {
            json(&Self {
                entry: None,
                ..self.clone()
            })
        };
        BusEvent {
            kind: Self::KIND,
            detail,
        }
    }
}

impl BypassEvent {
    /// The `detail-type` of these events.
    pub const KIND: &str = "Postern Bypass Seen";

    /// The event of a session.
    #[must_use]
    pub fn of(bypass: &Bypass) -> Self {
        let Bypass {
            account,
            region,
            session,
            ..
        } = bypass;
        Self {
            id: format!("bypass/{account}/{region}/{session}"),
            event: "bypass_seen".to_owned(),
            severity: Severity::Critical,
            bypass: bypass.clone(),
        }
    }

    /// The event as it is put on the bus.
    #[must_use]
    pub fn on_bus(&self) -> BusEvent {
        BusEvent {
            kind: Self::KIND,
            detail: json(self),
        }
    }
}

/// The values here have a JSON form, all of them.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
