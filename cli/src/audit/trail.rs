//! A chain of entries, judged by its description and not by the code that writes it.
//!
//! Nothing is shared with the writer but the canonical encoding: an entry is whatever JSON stands in
//! the file, and the digests are worked out here. An entry names the digest of the one before, the
//! first one that of the request's id. A digest is SHA-256 of a domain, a zero byte and the text, in
//! lower-case hexadecimal.

use rules::canonical;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const OF_A_REQUEST: &str = "postern.chain.v1";
const OF_AN_ENTRY: &str = "postern.entry.v1";

/// An entry as it stands in a file, and the digest that the file says it has.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    pub(super) entry: Value,
    pub(super) digest: Option<String>,
}

/// Where a trail stops being what was written, and how.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("entry {n} is of another request")]
    Foreign { n: u64 },
    #[error("entry {n} is missing; one that says {found} stands in its place")]
    Order { n: u64, found: String },
    #[error("entry {n} does not follow from the one before it")]
    Link { n: u64 },
    #[error("entry {n} has another digest than it says")]
    Digest { n: u64 },
    #[error("the trail ends with entry {n}, and with another digest than it says")]
    End { n: u64 },
    #[error("no entry of it has the digest that is known, {known}")]
    Unknown { known: String },
}

/// The digests of a request's entries, one after the other.
///
/// # Errors
/// The first entry that is not as it was written.
pub(super) fn digests(request: &str, stated: &[Stated]) -> Result<Vec<String>, Broken> {
    let mut before = digest(OF_A_REQUEST, request);
    let mut digests = Vec::with_capacity(stated.len());
    for (
        n,
        Stated {
            entry,
            digest: says,
        },
    ) in (1_u64..).zip(stated)
    {
        if entry.get("request").and_then(Value::as_str) != Some(request) {
            return Err(Broken::Foreign { n });
        }
        let place = entry.get("n").cloned().unwrap_or_default();
        if place.as_u64() != Some(n) {
            let found = place.to_string();
            return Err(Broken::Order { n, found });
        }
        if entry.get("previous").and_then(Value::as_str) != Some(before.as_str()) {
            return Err(Broken::Link { n });
        }
        before = digest(OF_AN_ENTRY, &canonical::encode(entry));
        if says.as_ref().is_some_and(|says| *says != before) {
            return Err(Broken::Digest { n });
        }
        digests.push(before.clone());
    }
    Ok(digests)
}

fn digest(domain: &str, text: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(domain.as_bytes());
    hasher.update([0]);
    hasher.update(text.as_bytes());
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests;
