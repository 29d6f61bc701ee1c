//! What happened, in a hash chain for each request.
//!
//! Every change of a request adds one or more entries. An entry names the digest of the one before
//! it, and the first names the request itself, so no entry can be changed, dropped, moved or put in
//! without breaking the chain. The digest is taken of the [canonical](crate::canonical) encoding.

pub mod checkpoint;
mod event;

use serde::{Deserialize, Serialize};

pub use self::event::{Event, Severity};
use crate::canonical;
use crate::moment::Moment;
use crate::names::{Digest, Person, RequestId};

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
