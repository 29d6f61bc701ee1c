//! Why a call was turned away.

use std::time::Duration;

use rules::names::RequestId;
use rules::refusal::Refusal;
use rules::wire::RequestView;

use crate::fault::AwsFault;
use crate::ledger::LedgerFault;
use crate::policies::NoPolicy;

/// Why a call was turned away. Nothing was recorded, unless AWS failed after a record was made.
#[derive(Debug)]
pub enum Turned {
    /// A rule says no.
    Refused {
        /// Which, and what to do next.
        refusal: Refusal,
        /// The request as it stands, where there is one that the caller may see.
        request: Option<Box<RequestView>>,
    },
    /// Others changed the request again and again while this call tried to.
    LostRace {
        /// The request as it stands.
        request: Option<Box<RequestView>>,
    },
    /// The idempotency key belongs to another call.
    KeyReused,
    /// Something that Postern needs did not work in time; the same call may work later.
    Unavailable {
        /// What it was, for the log.
        cause: Cause,
        /// When to try again.
        retry_after: Duration,
    },
    /// There is no policy set to judge by. What needs none is done as ever.
    NoPolicy(NoPolicy),
    /// What the ledger holds cannot be read. Somebody has to look.
    Damaged {
        /// The request, where it is known.
        request: Option<RequestId>,
    },
}

/// What did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// A call to AWS.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// All calls together took longer than a gateway waits for.
    #[error("the call took longer than its {} seconds", .0.as_secs())]
    OutOfTime(Duration),
    /// No random bytes could be had for a new id.
    #[error("no random bytes could be had")]
    Entropy,
}

impl Turned {
    /// The answer to an id that names nothing the caller may know of.
    pub(super) fn not_found() -> Self {
        Self::Refused {
            refusal: Refusal::RequestNotFound,
            request: None,
        }
    }
}

impl From<AwsFault> for Turned {
    fn from(fault: AwsFault) -> Self {
        let retry_after = fault.retry_after();
        Self::Unavailable {
            cause: Cause::Aws(fault),
            retry_after,
        }
    }
}

impl From<NoPolicy> for Turned {
    fn from(reason: NoPolicy) -> Self {
        Self::NoPolicy(reason)
    }
}

impl From<LedgerFault> for Turned {
    fn from(fault: LedgerFault) -> Self {
        match fault {
            LedgerFault::LostRace => Self::LostRace { request: None },
            LedgerFault::KeyTaken => Self::KeyReused,
            LedgerFault::TooManyPending { most } => Self::Refused {
                refusal: Refusal::TooManyPending { most },
                request: None,
            },
            LedgerFault::Corrupt { request } => Self::Damaged { request },
            LedgerFault::Aws(fault) => fault.into(),
        }
    }
}
