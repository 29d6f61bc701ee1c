//! Where a request is in its life.
//!
//! ```text
//! pending ─ approve ─► approved ─ activate ─► active ─ end, revoke, release ─► ending ─► closed
//!    │ deny ► denied        │ release, revoke ► closed
//!    │ withdraw ► withdrawn │ nobody activated in time ► lapsed
//!    └ nobody answered in time ► lapsed
//! ```
//!
//! Each status carries what is true only then; none of its fields is set later.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::pace::Pace;
use crate::request::Extension;

/// Where a request is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Waits for people to answer.
    Pending {
        /// It lapses then.
        answer_by: Moment,
    },
    /// Everybody needed has said yes; no credentials exist.
    Approved {
        /// It lapses then.
        activate_by: Moment,
    },
    /// Credentials may be issued until the grant ends.
    Active {
        /// The grant that runs.
        grant: Grant,
    },
    /// The grant is over; its sessions are being ended and their logs looked for.
    Ending {
        /// The grant that ended.
        grant: Grant,
        /// When it ended.
        ended_at: Moment,
        /// Why.
        why: EndReason,
        /// When to look next.
        look_at: Moment,
        /// How often it has been looked at.
        looks: u32,
    },
    /// No session is alive and each has a final log verdict.
    Closed {
        /// The grant that was; none where it was handed back or revoked before activation.
        grant: Option<Grant>,
        /// When it ended.
        ended_at: Moment,
        /// Why it ended.
        why: EndReason,
        /// When it closed.
        closed_at: Moment,
        /// When to look again, where a session has turned up since that is not settled yet.
        look_at: Option<Moment>,
        /// When to look at its logs again: what has landed may be altered.
        recheck_at: Option<Moment>,
    },
    /// Somebody said no.
    Denied {
        /// When.
        at: Moment,
    },
    /// The requester took it back before it was approved.
    Withdrawn {
        /// When.
        at: Moment,
    },
    /// Time ran out before access began.
    Lapsed {
        /// When.
        at: Moment,
        /// For want of what.
        why: LapseReason,
    },
}

/// A grant: the clock that runs once a request is activated, and what was issued under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// When the first issue began.
    pub activated_at: Moment,
    /// The grant's end, exclusive: a whole second.
    pub ends_at: Moment,
    /// Issues begun so far.
    pub issues: u32,
    /// The latest moment at which credentials of this grant can still be valid to STS.
    pub credentials_until: Moment,
    /// An issue that has begun and has no outcome yet.
    pub issuing: Option<Issuing>,
    /// An extension that waits for an answer. It waits until the grant ends, and never longer.
    pub extending: Option<Box<Extension>>,
    /// The end that was last said to be near; an extension makes it another one.
    pub reminded_of: Option<Moment>,
}

impl Grant {
    /// The grant as it stands when it has ended: nothing in it waits any more.
    pub(crate) fn over(&self) -> Self {
        Self {
            extending: None,
            ..self.clone()
        }
    }

    /// When to say that the end is near; never for a grant that is not longer than that.
    #[must_use]
    pub fn remind_at(&self, pace: &Pace) -> Option<Moment> {
        let at = self.ends_at.minus(pace.remind_before);
        let wanted =
            self.reminded_of != Some(self.ends_at) && at < self.ends_at && at > self.activated_at;
        wanted.then_some(at)
    }

    /// The last moment at which anybody holding its credentials could open a session: the time
    /// condition in them and their expiry both bound it.
    #[must_use]
    pub fn inert_at(&self) -> Moment {
        self.ends_at.min(self.credentials_until)
    }
}

/// An issue of credentials that was recorded ahead and has no outcome yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuing {
    /// Which issue of the grant, counted from 1.
    pub issue: u32,
    /// When it began.
    pub began_at: Moment,
}

/// Why a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndReason {
    /// Its time was up.
    Expired,
    /// An approver or operator took it back.
    Revoked,
    /// The requester handed it back.
    Released,
}

/// Why a request lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LapseReason {
    /// Nobody answered in time.
    Unanswered,
    /// Nobody activated it in time.
    Unused,
}

/// The status as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StatusWord {
    /// Waits for answers.
    Pending,
    /// Approved and not yet activated.
    Approved,
    /// The grant runs.
    Active,
    /// The grant is over and is being cleared up.
    Ending,
    /// All is settled.
    Closed,
    /// Somebody said no.
    Denied,
    /// Taken back by the requester.
    Withdrawn,
    /// Time ran out before access began.
    Lapsed,
}

impl StatusWord {
    /// Every status, in the order of a request's life.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Approved,
        Self::Active,
        Self::Ending,
        Self::Closed,
        Self::Denied,
        Self::Withdrawn,
        Self::Lapsed,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Ending => "ending",
            Self::Closed => "closed",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Status {
    /// The status as one word.
    #[must_use]
    pub fn word(&self) -> StatusWord {
        match self {
            Self::Pending { .. } => StatusWord::Pending,
            Self::Approved { .. } => StatusWord::Approved,
            Self::Active { .. } => StatusWord::Active,
            Self::Ending { .. } => StatusWord::Ending,
            Self::Closed { .. } => StatusWord::Closed,
            Self::Denied { .. } => StatusWord::Denied,
            Self::Withdrawn { .. } => StatusWord::Withdrawn,
            Self::Lapsed { .. } => StatusWord::Lapsed,
        }
    }

    /// The grant, while there is one to speak of.
    #[must_use]
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Active { grant } | Self::Ending { grant, .. } => Some(grant),
            Self::Closed { grant, .. } => grant.as_ref(),
            Self::Pending { .. }
            | Self::Approved { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. } => None,
        }
    }
}
