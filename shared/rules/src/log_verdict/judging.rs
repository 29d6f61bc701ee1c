//! Judging a log by what one look showed, and by what was known of it before.

use super::{LogListing, LogLook, LogObject, LogVerdict};
use crate::moment::Moment;
use crate::pace::Pace;

/// From when to when a session ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Moment,
}

/// Judges the log of a loggable session by one look at `now`. What the look has nothing to say of
/// stays as it is known.
#[must_use]
pub fn judge(
    known: &LogVerdict,
    ran: Span,
    look: &LogLook,
    now: Moment,
    pace: &Pace,
) -> LogVerdict {
    let waited_out = now.since(ran.ended_at) >= pace.log_missing;
    match (known, look) {
        (LogVerdict::Altered { .. } | LogVerdict::Unloggable {}, _) => known.clone(),
        (LogVerdict::Pending {}, LogLook::Refused { code }) if waited_out => {
            LogVerdict::Unreadable { code: code.clone() }
        }
        (_, LogLook::Refused { .. }) => known.clone(),
        (
            LogVerdict::Landed { object }
            | LogVerdict::Late { object }
            | LogVerdict::Empty { object },
            LogLook::Listed(listing),
        ) => match listing.is_only(object) {
            true => known.clone(),
            false => altered(listing),
        },
        (LogVerdict::Missing {}, LogLook::Listed(listing)) => match first(ran, listing, pace) {
            Some(LogVerdict::Landed { object }) => LogVerdict::Late { object },
            Some(verdict) => verdict,
            None => LogVerdict::Missing {},
        },
        (LogVerdict::Pending {} | LogVerdict::Unreadable { .. }, LogLook::Listed(listing)) => {
            match first(ran, listing, pace) {
                Some(verdict) => verdict,
                None if waited_out => LogVerdict::Missing {},
                None => LogVerdict::Pending {},
            }
        }
    }
}

/// What a first sight of a log says of it; nothing where there is none.
fn first(ran: Span, listing: &LogListing, pace: &Pace) -> Option<LogVerdict> {
    let verdict = match listing.versions.as_slice() {
        _ if listing.deleted => altered(listing),
        [] => return None,
        // S3 reports whole seconds, so a log of the very second the session began may look older.
        [object] if object.stored_at < ran.started_at.whole_second() => altered(listing),
        [object] if object.size == 0 => LogVerdict::Empty {
            object: object.clone(),
        },
        [object] if object.stored_at.since(ran.ended_at) > pace.log_grace => LogVerdict::Late {
            object: object.clone(),
        },
        [object] => LogVerdict::Landed {
            object: object.clone(),
        },
        _ => altered(listing),
    };
    Some(verdict)
}

fn altered(listing: &LogListing) -> LogVerdict {
    LogVerdict::Altered {
        versions: u32::try_from(listing.versions.len()).unwrap_or(u32::MAX),
        deleted: listing.deleted,
    }
}

impl LogListing {
    /// Whether this very version stands under the key, and nothing else ever did.
    fn is_only(&self, object: &LogObject) -> bool {
        !self.deleted && self.versions.as_slice() == std::slice::from_ref(object)
    }
}
