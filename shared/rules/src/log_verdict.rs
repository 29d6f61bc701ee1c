//! What is known of one session's log in S3.
//!
//! The agent uploads a log once, from the node, after the session ends; a failed upload is only
//! written to the node's own log, and the session result still names bucket and key (AWS-FACTS 0.5,
//! 3.4). Looking is the only proof, so no verdict but `pending` and `unloggable` is ever reached
//! without having looked.
//!
//! ```text
//! pending ─► landed, late, empty ─► altered
//!    ├─────► missing ────► late, empty, altered
//!    ├─────► unreadable ─► any of these
//!    └─────► altered
//! unloggable
//! ```
//!
//! A request closes with the first verdict that is no longer `pending`. Its logs are looked at again
//! after that, less and less often, and what is found then may change the verdict along the arrows
//! and in no other way: what was once seen altered is never sound again.

mod judging;

use serde::{Deserialize, Serialize};

pub use self::judging::{Span, judge};
use crate::moment::Moment;

/// One version of an object under a log's exact key, as S3 lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogObject {
    /// The exact key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// S3's entity tag.
    pub etag: String,
    /// The version, in a bucket that keeps versions.
    #[serde(deserialize_with = "Option::deserialize")]
    pub version: Option<String>,
    /// When S3 took it in.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub stored_at: Moment,
}

/// What S3 lists under a log's exact key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogListing {
    /// Every version.
    pub versions: Vec<LogObject>,
    /// Whether a delete marker stands on the key.
    pub deleted: bool,
}

/// What came of one look for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogLook {
    /// S3 told what stands under the key.
    Listed(LogListing),
    /// S3 would not tell, and will not by itself: there is no such bucket, or it is not to be read.
    Refused {
        /// The error code.
        code: String,
    },
}

/// What is known of one session's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogVerdict {
    /// The session is open, or its log may still come.
    Pending {},
    /// The log came in time.
    Landed {
        /// The object found.
        object: LogObject,
    },
    /// The log came, after the grace period.
    Late {
        /// The object found.
        object: LogObject,
    },
    /// No log came.
    Missing {},
    /// The log has no content.
    Empty {
        /// The object found.
        object: LogObject,
    },
    /// More than one version, a delete marker, a log older than its session, or not the one that was
    /// there before.
    Altered {
        /// How many versions stand on the key.
        versions: u32,
        /// Whether a delete marker stands on the key.
        deleted: bool,
    },
    /// S3 would not tell whether there is a log, to the end of the wait for it.
    Unreadable {
        /// The error code of S3.
        code: String,
    },
    /// SSH and port forwarding are never logged.
    Unloggable {},
}

impl LogVerdict {
    /// One word.
    #[must_use]
    pub fn word(&self) -> LogWord {
        match self {
            Self::Pending {} => LogWord::Pending,
            Self::Landed { .. } => LogWord::Landed,
            Self::Late { .. } => LogWord::Late,
            Self::Missing {} => LogWord::Missing,
            Self::Empty { .. } => LogWord::Empty,
            Self::Altered { .. } => LogWord::Altered,
            Self::Unreadable { .. } => LogWord::Unreadable,
            Self::Unloggable {} => LogWord::Unloggable,
        }
    }

    /// The object that it rests on, where it rests on one.
    #[must_use]
    pub fn object(&self) -> Option<&LogObject> {
        match self {
            Self::Landed { object } | Self::Late { object } | Self::Empty { object } => {
                Some(object)
            }
            Self::Pending {}
            | Self::Missing {}
            | Self::Altered { .. }
            | Self::Unreadable { .. }
            | Self::Unloggable {} => None,
        }
    }

    /// Whether a request may close with it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Pending {} => false,
            Self::Landed { .. }
            | Self::Late { .. }
            | Self::Missing {}
            | Self::Empty { .. }
            | Self::Altered { .. }
            | Self::Unreadable { .. }
            | Self::Unloggable {} => true,
        }
    }

    /// Whether another look could change it.
    #[must_use]
    pub fn may_change(&self) -> bool {
        match self {
            Self::Pending {}
            | Self::Landed { .. }
            | Self::Late { .. }
            | Self::Missing {}
            | Self::Empty { .. }
            | Self::Unreadable { .. } => true,
            Self::Altered { .. } | Self::Unloggable {} => false,
        }
    }
}

/// A verdict as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogWord {
    /// The session is open, or its log may still come.
    Pending,
    /// The log came in time.
    Landed,
    /// The log came, after the grace period.
    Late,
    /// No log came.
    Missing,
    /// The log has no content.
    Empty,
    /// The log is not the one that was written, or not the only one.
    Altered,
    /// S3 would not tell.
    Unreadable,
    /// Never logged.
    Unloggable,
}

impl LogWord {
    /// Every verdict that a session may end with.
    pub const FINAL: [Self; 7] = [
        Self::Landed,
        Self::Late,
        Self::Missing,
        Self::Empty,
        Self::Altered,
        Self::Unreadable,
        Self::Unloggable,
    ];

    /// The word, as it is encoded.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Landed => "landed",
            Self::Late => "late",
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Altered => "altered",
            Self::Unreadable => "unreadable",
            Self::Unloggable => "unloggable",
        }
    }
}

#[cfg(test)]
mod tests;
