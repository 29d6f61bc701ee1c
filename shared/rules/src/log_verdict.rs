//! What is known of one session's log in S3.
//!
//! The agent uploads a log once, from the node, after the session ends; a failed upload is only
//! written to the node's own log, and the session result still names bucket and key (AWS-FACTS 0.5,
//! 3.4). Looking is the only proof, so no verdict but `pending` and `unloggable` is ever reached
//! without having looked.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::pace::Pace;

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
    /// More than one version, a delete marker, or a log older than its session.
    Altered {
        /// How many versions stand on the key.
        versions: u32,
        /// Whether a delete marker stands on the key.
        deleted: bool,
    },
    /// SSH and port forwarding are never logged.
    Unloggable {},
}

impl LogVerdict {
    /// One word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending {} => "pending",
            Self::Landed { .. } => "landed",
            Self::Late { .. } => "late",
            Self::Missing {} => "missing",
            Self::Empty { .. } => "empty",
            Self::Altered { .. } => "altered",
            Self::Unloggable {} => "unloggable",
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
            | Self::Unloggable {} => true,
        }
    }
}

/// Judges the log of a loggable session that began and ended at these moments, from what S3 lists
/// under its exact key at `now`.
#[must_use]
pub fn judge(
    started_at: Moment,
    ended_at: Moment,
    listing: &LogListing,
    now: Moment,
    pace: &Pace,
) -> LogVerdict {
    let altered = || LogVerdict::Altered {
        versions: u32::try_from(listing.versions.len()).unwrap_or(u32::MAX),
        deleted: listing.deleted,
    };
    match listing.versions.as_slice() {
        _ if listing.deleted => altered(),
        [] if now.since(ended_at) >= pace.log_missing => LogVerdict::Missing {},
        [] => LogVerdict::Pending {},
        // S3 reports whole seconds, so a log of the very second the session began may look older.
        [object] if object.stored_at < started_at.whole_second() => altered(),
        [object] if object.size == 0 => LogVerdict::Empty {
            object: object.clone(),
        },
        [object] if object.stored_at.since(ended_at) > pace.log_grace => LogVerdict::Late {
            object: object.clone(),
        },
        [object] => LogVerdict::Landed {
            object: object.clone(),
        },
        _ => altered(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(size: u64, stored_at: i64) -> LogObject {
        LogObject {
            key: "sessions/x.log".into(),
            size,
            etag: "e".into(),
            version: Some("v".into()),
            stored_at: Moment::from_seconds(stored_at),
        }
    }

    /// A session from second 1,000 to second 2,000, judged at `now`.
    fn verdict(versions: &[LogObject], deleted: bool, now: i64) -> &'static str {
        let listing = LogListing {
            versions: versions.to_vec(),
            deleted,
        };
        let at = Moment::from_seconds;
        judge(at(1_000), at(2_000), &listing, at(now), &Pace::default()).word()
    }

    #[test]
    fn each_finding_has_its_own_verdict() {
        let table: [(&str, &[LogObject], bool, i64); 12] = [
            ("pending", &[], false, 2_000),
            ("pending", &[], false, 5_599),
            ("missing", &[], false, 5_600),
            ("landed", &[object(9, 2_001)], false, 2_002),
            ("landed", &[object(9, 2_300)], false, 9_000),
            ("late", &[object(9, 2_301)], false, 2_302),
            ("late", &[object(9, 8_000)], false, 9_000),
            ("empty", &[object(0, 2_001)], false, 2_002),
            (
                "altered",
                &[object(9, 2_001), object(9, 2_050)],
                false,
                3_000,
            ),
            ("altered", &[object(9, 2_001)], true, 3_000),
            ("altered", &[], true, 3_000),
            ("altered", &[object(9, 999)], false, 3_000),
        ];
        for (expected, versions, deleted, now) in table {
            assert_eq!(
                verdict(versions, deleted, now),
                expected,
                "{versions:?} at {now}"
            );
        }
    }

    #[test]
    fn only_pending_keeps_a_request_open() {
        let open: Vec<bool> = [
            LogVerdict::Pending {},
            LogVerdict::Missing {},
            LogVerdict::Unloggable {},
            LogVerdict::Landed {
                object: object(1, 1),
            },
        ]
        .iter()
        .map(LogVerdict::is_final)
        .collect();
        assert_eq!(open, [false, true, true, true]);
    }
}
