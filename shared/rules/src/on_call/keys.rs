//! The keys that the feed is signed with.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What goes before the bytes that are signed, so that a signature made for this purpose is never
/// good for another.
const DOMAIN: &[u8] = b"postern.on-call.v1\n";

/// One key of 32 to 256 visible ASCII characters, or two of them during a rotation. The first
/// signs; either verifies. `Debug` shows none.
#[derive(Clone)]
pub struct Keys(Vec<Box<[u8]>>);

/// Why a text is not the keys. It never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// There are no lines, or more than two.
    #[error("one key is wanted, or two on a line each, and there are {0}")]
    Count(usize),
    /// A key is guessable or unwieldy.
    #[error("a key has 32 to 256 characters, and that on line {line} has {length}")]
    Length {
        /// Which, from 1.
        line: usize,
        /// How many bytes it has.
        length: usize,
    },
    /// A space at an end, or a letter in one of two encodings, would make another key of it.
    #[error(
        "a key is of visible ASCII characters without spaces, and that on line {line} has others"
    )]
    Characters {
        /// Which, from 1.
        line: usize,
    },
}

impl Keys {
    /// Keys with fewer bytes can be guessed; HMAC-SHA256 gains nothing from more than 64.
    const LEAST: usize = 32;
    const MOST: usize = 256;

    /// Reads one key, or two on a line each. A line break at the end is no part of a key.
    ///
    /// # Errors
    /// What is wrong, without showing it.
    pub fn read(text: &str) -> Result<Self, BadKeys> {
        lines(text).map(Self)
    }

    /// Whether the signature is that of one of the keys. The time it takes tells nothing of where
    /// two signatures differ.
    pub(super) fn verify(&self, payload: &str, signature: &[u8]) -> bool {
        self.0
            .iter()
            .any(|key| mac(key, payload).is_some_and(|mac| mac.verify_slice(signature).is_ok()))
    }

    /// The signature by the first key.
    pub(super) fn sign(&self, payload: &str) -> Option<Vec<u8>> {
        let mac = mac(self.0.first()?, payload)?;
        Some(mac.finalize().into_bytes().to_vec())
    }
}

/// Whether both are the same keys in the same order, for a rotation to be noticed.
impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Keys {}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} hidden)", self.0.len())
    }
}

/// Reads one key, or two on a line each.
pub(crate) fn lines(text: &str) -> Result<Vec<Box<[u8]>>, BadKeys> {
    let lines: Vec<&str> = text.lines().collect();
    if !(1..=2).contains(&lines.len()) {
        return Err(BadKeys::Count(lines.len()));
    }
    for (key, line) in lines.iter().zip(1..) {
        let length = key.len();
        if !(Keys::LEAST..=Keys::MOST).contains(&length) {
            return Err(BadKeys::Length { line, length });
        }
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(BadKeys::Characters { line });
        }
    }
    Ok(lines.into_iter().map(|key| key.as_bytes().into()).collect())
}

/// HMAC takes keys of any length, so there always is one.
fn mac(key: &[u8], payload: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(DOMAIN);
    mac.update(payload.as_bytes());
    Some(mac)
}
