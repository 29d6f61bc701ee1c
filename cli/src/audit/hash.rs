//! Digests as the verifier works them out: SHA-256 of a domain, a zero byte and a text, written in
//! lower-case hexadecimal.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    /// The digest of a text. The domain keeps what is of one kind from passing for another.
    pub(super) fn of(domain: &str, text: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(domain.as_bytes());
        hasher.update([0]);
        hasher.update(text.as_bytes());
        Self(hasher.finalize().into())
    }

    /// The digest that is written here, if one is, in the only way that it is written.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let read = Self(bytes);
        (read.to_string() == text).then_some(read)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
