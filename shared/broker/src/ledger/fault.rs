//! Why the ledger could not do what it was asked.

use rules::names::RequestId;

use crate::fault::AwsFault;

/// Why the ledger could not do what it was asked. Nothing was changed, unless it is
/// [`LedgerFault::Aws`]: then the change may have been made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// The request has changed since the step was judged.
    #[error("the request has changed meanwhile")]
    LostRace,
    /// The idempotency key has been used meanwhile.
    #[error("the idempotency key has been used meanwhile")]
    KeyTaken,
    /// The person has too many requests waiting.
    #[error("the person has {most} requests waiting, the most at once")]
    TooManyPending {
        /// The most at once.
        most: usize,
    },
    /// A record is there and cannot be read.
    #[error("a record of the ledger cannot be read")]
    Corrupt {
        /// The request it belongs to, where that much could be read.
        request: Option<RequestId>,
    },
    /// DynamoDB failed.
    #[error(transparent)]
    Aws(#[from] AwsFault),
}
