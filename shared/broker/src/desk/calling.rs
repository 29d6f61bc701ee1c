//! What every call at the desk has: one allowance of time, and a key to say it twice by.

use std::time::Duration;

use rules::caller::Caller;
use rules::canonical;
use rules::names::{Digest, RequestId};
use serde::Serialize;

use super::turned::{Cause, Turned};
use crate::ledger::{IdempotencyKey, Mark};

/// How long one call may take in all. A gateway gives up after 30 s (AWS-FACTS 6.4), and each call
/// to AWS has 12 s of its own, so several slow ones in a row must be cut short here. What is cut
/// short is as if the function had died there: the records made until then hold.
const ALLOWANCE: Duration = Duration::from_secs(25);

/// How often a call that lost a race is judged again on what the winner left.
pub(super) const TRIES: usize = 4;

/// Ends a call that takes too long.
pub(crate) async fn in_time<T>(call: impl Future<Output = Result<T, Turned>>) -> Result<T, Turned> {
    let out_of_time = |_| Turned::Unavailable {
        cause: Cause::OutOfTime(ALLOWANCE),
        retry_after: Duration::from_secs(5),
    };
    tokio::time::timeout(ALLOWANCE, Box::pin(call))
        .await
        .map_err(out_of_time)?
}

/// What a call is told apart from others by, whoever repeats it.
#[derive(Serialize)]
struct Said<'a, B> {
    verb: &'static str,
    request: Option<RequestId>,
    body: &'a B,
}

/// The mark that a call leaves in the ledger if the caller gave it a key.
///
/// Keys are each person's own: the same key of two people is two keys.
pub(super) fn mark<B: Serialize>(
    caller: &Caller,
    verb: &'static str,
    request: Option<RequestId>,
    body: &B,
    key: Option<&IdempotencyKey>,
) -> Option<Mark> {
    let said = canonical::encode(&Said {
        verb,
        request,
        body,
    });
    key.map(|key| Mark {
        person: caller.person().clone(),
        key: key.clone(),
        fingerprint: Digest::of("postern.call.v1", said.as_bytes()),
    })
}
