//! What callers are shown of what was done with a grant: its sessions and its audit entries.

use serde::{Deserialize, Serialize};

use crate::audit::Entry;
use crate::log_verdict::LogVerdict;
use crate::moment::Moment;
use crate::names::{Digest, RequestId, SessionId};
use crate::session::{SessionLife, SessionRecord};

/// The sessions of a request, with the verdict on each one's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsView {
    /// The request.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub request: RequestId,
    /// The sessions seen so far, oldest first.
    pub sessions: Vec<SessionView>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: SessionId,
    /// The instance.
    pub instance: String,
    /// The session document.
    pub document: String,
    /// When it began.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub started_at: Moment,
    /// Whether it lives.
    pub life: SessionLife,
    /// What is known of its log.
    pub log: LogVerdict,
}

/// The audit trail of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntriesView {
    /// The request.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub request: RequestId,
    /// The entries, in order.
    pub entries: Vec<EntryView>,
    /// The digest of the last entry, as the request holds it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub head: Digest,
    /// Whether the chain is whole, as checked while answering.
    pub whole: bool,
}

/// An audit entry with its digest, so that a reader can check the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// The entry. Its canonical encoding is what the digest is taken of.
    pub entry: Entry,
    /// The digest that the next entry names.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub digest: Digest,
}

impl From<&SessionRecord> for SessionView {
    fn from(record: &SessionRecord) -> Self {
        Self {
            id: record.id.clone(),
            instance: record.instance.clone(),
            document: record.document.clone(),
            started_at: record.started_at,
            life: record.life,
            log: record.log.clone(),
        }
    }
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let digest = entry.digest();
        Self { entry, digest }
    }
}
