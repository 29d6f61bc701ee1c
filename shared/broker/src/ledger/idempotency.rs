//! Idempotency keys: how a caller says that two calls are one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rules::names::{Digest, Person, RequestId};

/// How long a key is remembered.
pub(super) const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What a caller names one call by: 8 to 64 of `A-Za-z0-9_-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 8 to 64 of the characters `A-Za-z0-9_-`")]
pub struct BadKey;

impl FromStr for IdempotencyKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if (8..=64).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadKey)
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// That a call was made under a key, to be recorded together with what it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose key it is: the same key of two people is two keys.
    pub person: Person,
    /// The key.
    pub key: IdempotencyKey,
    /// What was said: the digest of verb, request and body.
    pub fingerprint: Digest,
}

/// What a key was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// What was said then.
    pub fingerprint: Digest,
    /// The request that it was about, or that it made.
    pub request: RequestId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_length_and_an_alphabet() {
        let longest = "k".repeat(64);
        for good in ["12345678", "a_B-9xyz", longest.as_str()] {
            assert!(good.parse::<IdempotencyKey>().is_ok(), "{good}");
        }
        let longer = "k".repeat(65);
        for bad in [
            "",
            "1234567",
            longer.as_str(),
            "1234567#",
            "1234567\n",
            "12345678é",
            "1234 5678",
        ] {
            assert!(bad.parse::<IdempotencyKey>().is_err(), "{bad:?}");
        }
    }
}
