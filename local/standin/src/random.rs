//! Identifiers and keys, made at run time.
//!
//! The stand-in guards nothing of value, so the randomness that the standard library seeds its
//! hash maps with is enough: each value is the SHA-256 of such a seed, the time and a counter.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Thirty-two bytes that do not repeat and cannot be guessed from earlier ones.
pub(crate) fn bytes() -> [u8; 32] {
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let mut hash = Sha256::new();
    hash.update(COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    hash.update(nanos.to_be_bytes());
    hash.update(std::process::id().to_be_bytes());
    for salt in 0_u8..4 {
        hash.update(RandomState::new().hash_one(salt).to_be_bytes());
    }
    hash.finalize().into()
}

/// `length` characters of `alphabet`, which holds 1 to 256 ASCII characters.
pub(crate) fn text(alphabet: &[u8], length: usize) -> String {
    let mut out = String::with_capacity(length);
    while out.len() < length {
        for byte in bytes() {
            if out.len() == length {
                break;
            }
            let index = usize::from(byte) % alphabet.len().max(1);
            out.push(char::from(alphabet.get(index).copied().unwrap_or(b'x')));
        }
    }
    out
}

/// Upper-case letters and digits, as in access key ids and role ids.
pub(crate) const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Lower-case letters and digits, as in session id suffixes.
pub(crate) const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Letters, digits, `+` and `/`, as in secret access keys and session tokens.
pub(crate) const SECRET: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A request id in the shape of a UUID.
pub(crate) fn request_id() -> String {
    let hex = hex::encode(bytes());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_repeat_and_keep_their_length() {
        let many: std::collections::BTreeSet<_> = (0..1000).map(|_| text(UPPER, 16)).collect();
        assert_eq!(many.len(), 1000);
        assert!(
            many.iter()
                .all(|one| one.len() == 16 && one.bytes().all(|b| UPPER.contains(&b)))
        );
        assert_eq!(text(SECRET, 400).len(), 400);
        assert_eq!(request_id().len(), 36);
    }
}
