//! What happened, in a hash chain for each request.
//!
//! Every change of a request adds one or more entries. An entry names the digest of the one before
//! it, and the first names the request itself, so no entry can be changed, dropped, moved or put in
//! without breaking the chain. The digest is taken of the [canonical](crate::canonical) encoding.

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::canonical;
use crate::log_verdict::LogVerdict;
use crate::moment::Moment;
use crate::names::{Comment, Digest, Group, Person, RequestId, SessionId};
use crate::route::Route;
use crate::status::{EndReason, LapseReason};

/// One entry of a request's audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entry {
    /// The request whose chain this belongs to.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub request: RequestId,
    /// Its place in the chain, from 1; also the version of the request after it.
    pub n: u64,
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Moment,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub event: Event,
    /// The digest of the entry before; for the first, the digest of the request id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub previous: Digest,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Actor {
    /// A person, by their verified identity.
    Person {
        /// Who.
        person: Person,
    },
    /// Postern itself: a policy that says yes by itself, a deadline, a sweep.
    Postern {},
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody asked, and a policy offered a route.
    Asked {
        /// For what.
        ask: Ask,
        /// By which route.
        route: Route,
        /// The digest of all that approvers are shown.
        shown: Digest,
    },
    /// A policy said yes by itself.
    ApprovedByPolicy {},
    /// Somebody said yes.
    Approved {
        /// The groups by which they may.
        groups: Vec<Group>,
        /// What they were shown.
        shown: Digest,
        /// At which stage, from 1.
        stage: u8,
        /// How many have said yes at that stage with this one.
        count: u8,
        /// How many the stage needs.
        needed: u8,
        /// What they said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// Somebody said no.
    Denied {
        /// What they said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// The requester took the request back.
    Withdrawn {},
    /// Nobody answered, or nobody activated, in time.
    Lapsed {
        /// Which of them.
        why: LapseReason,
    },
    /// The first issue began, and with it the clock of the grant.
    Activated {
        /// The grant's end, exclusive.
        ends_at: Moment,
    },
    /// An issue of credentials began; recorded before STS is called.
    Issuing {
        /// Which issue of the grant.
        issue: u32,
        /// The latest moment at which its credentials can be valid.
        until: Moment,
        /// The policy set by which it was judged again.
        policy_set: Digest,
    },
    /// STS answered with credentials; recorded before they leave.
    Issued {
        /// Which issue of the grant.
        issue: u32,
        /// The public half of the credentials, as CloudTrail shows it.
        access_key_id: String,
        /// When they expire.
        expires_at: Moment,
    },
    /// STS refused or could not be reached.
    IssueFailed {
        /// Which issue of the grant.
        issue: u32,
        /// The error code.
        code: String,
    },
    /// An issue was found without an outcome. Its credentials, if any were made, never left.
    IssueOrphaned {
        /// Which issue of the grant.
        issue: u32,
    },
    /// The grant ended.
    Ended {
        /// Why.
        why: EndReason,
        /// What the one who ended it said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// A session of the grant was seen for the first time.
    SessionSeen {
        /// The session.
        session: SessionId,
        /// The instance, as SSM names it.
        instance: String,
        /// The session document.
        document: String,
        /// When it began.
        started_at: Moment,
    },
    /// SSM is about to be told to end a session.
    SessionTerminating {
        /// The session.
        session: SessionId,
        /// Which try, from 1.
        attempt: u32,
    },
    /// A session was seen gone.
    SessionOver {
        /// The session.
        session: SessionId,
        /// When it ended.
        ended_at: Moment,
    },
    /// A session's log was judged.
    LogJudged {
        /// The session.
        session: SessionId,
        /// What was found.
        #[serde(flatten)]
        log: LogVerdict,
    },
    /// Every session is gone and has its verdict.
    Closed {},
}

impl Event {
    /// One word for the event, as it is encoded.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::ApprovedByPolicy {} => "approved_by_policy",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Withdrawn {} => "withdrawn",
            Self::Lapsed { .. } => "lapsed",
            Self::Activated { .. } => "activated",
            Self::Issuing { .. } => "issuing",
            Self::Issued { .. } => "issued",
            Self::IssueFailed { .. } => "issue_failed",
            Self::IssueOrphaned { .. } => "issue_orphaned",
            Self::Ended { .. } => "ended",
            Self::SessionSeen { .. } => "session_seen",
            Self::SessionTerminating { .. } => "session_terminating",
            Self::SessionOver { .. } => "session_over",
            Self::LogJudged { .. } => "log_judged",
            Self::Closed {} => "closed",
        }
    }
}

impl Entry {
    /// The digest that the next entry names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("postern.entry.v1", canonical::encode(self).as_bytes())
    }
}

/// The end of a request's chain, kept with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many entries the chain has.
    pub n: u64,
    /// The digest of the last; for an empty chain, of the request id.
    pub digest: Digest,
}

impl Head {
    /// The head of a chain without entries.
    #[must_use]
    pub fn empty(request: RequestId) -> Self {
        Self {
            n: 0,
            digest: Digest::of("postern.chain.v1", request.to_string().as_bytes()),
        }
    }
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry belongs to another request.
    #[error("entry {n} belongs to another request")]
    Foreign {
        /// The place in the chain.
        n: u64,
    },
    /// Entries are missing, doubled or out of order.
    #[error("entry {expected} was expected and entry {found} stands there")]
    Order {
        /// The number that should stand there.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// An entry does not name the digest of the one before it.
    #[error("entry {n} does not follow from the entry before it")]
    Link {
        /// The place in the chain.
        n: u64,
    },
    /// The chain does not end where the request says.
    #[error("the chain ends with entry {found} and the request says {expected}")]
    End {
        /// The number in the request's head.
        expected: u64,
        /// The last number in the chain.
        found: u64,
    },
}

/// Checks a request's whole chain against its head.
///
/// # Errors
/// The first place where the chain breaks.
pub fn verify(request: RequestId, entries: &[Entry], head: Head) -> Result<(), Broken> {
    let mut at = Head::empty(request);
    for entry in entries {
        let n = at.n + 1;
        if entry.request != request {
            return Err(Broken::Foreign { n });
        }
        if entry.n != n {
            return Err(Broken::Order {
                expected: n,
                found: entry.n,
            });
        }
        if entry.previous != at.digest {
            return Err(Broken::Link { n });
        }
        at = Head {
            n,
            digest: entry.digest(),
        };
    }
    if at.n != head.n {
        return Err(Broken::End {
            expected: head.n,
            found: at.n,
        });
    }
    if at.digest != head.digest {
        return Err(Broken::Link { n: at.n });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
