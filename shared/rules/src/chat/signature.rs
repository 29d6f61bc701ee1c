//! Who sends: signatures over raw bytes.
//!
//! Slack signs `v0:<timestamp>:<body>` with HMAC-SHA256 and sends the time and the signature in two
//! headers. Nothing of the body is read before the signature is known to be good. The window goes
//! both ways: a call from the future is a clock that somebody moved, or a call kept for later.
//!
//! Whoever sends is told no more than that they are not believed; [`NotSigned`] is for the log.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::moment::Moment;
use crate::on_call::keys::{self, BadKeys};

/// How far from now a call may have been signed, in both directions.
pub const WINDOW: Duration = Duration::from_secs(5 * 60);

/// One secret of 32 to 256 visible ASCII characters, or two of them during a rotation. The first
/// signs; either verifies. `Debug` shows none.
#[derive(Clone)]
pub struct Secrets(Vec<Box<[u8]>>);

/// Why a call is not believed. For the log only: an answer never says which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// A header is not there, or there twice.
    #[error("the timestamp or the signature is missing")]
    Missing,
    /// The time is not a number of seconds.
    #[error("the timestamp is not a number of seconds")]
    Timestamp,
    /// The signature is not of the form that one has.
    #[error("the signature has another form")]
    Form,
    /// It was signed too long ago, or lies ahead.
    #[error("it was signed more than five minutes from now")]
    OutOfTime,
    /// It is the signature of something else, or by somebody else.
    #[error("the signature is not of a secret in use")]
    Signature,
}

impl Secrets {
    /// Reads one secret, or two on a line each. A line break at the end is no part of one.
    ///
    /// # Errors
    /// What is wrong, without showing it.
    pub fn read(text: &str) -> Result<Self, BadKeys> {
        keys::lines(text).map(Self)
    }

    /// The signature of the parts, one after the other, by the first secret.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        // INVARIANT: there is a secret, and HMAC takes keys of any length.
        let mac = self.0.first().and_then(|secret| mac(secret, parts));
        mac.map(|mac| mac.finalize().into_bytes().into())
            .unwrap_or_default()
    }

    /// Whether the signature of the parts is that of one of the secrets. The time it takes tells
    /// nothing of where two signatures differ.
    pub(super) fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let good = |secret: &[u8]| {
            mac(secret, parts).is_some_and(|mac| mac.verify_slice(signature).is_ok())
        };
        self.0.iter().any(|secret| good(secret))
    }
}

/// Whether both are the same secrets in the same order, for a rotation to be noticed.
impl PartialEq for Secrets {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Secrets {}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.0.len())
    }
}

fn mac(secret: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// Whether a call is Slack's: `X-Slack-Request-Timestamp` and `X-Slack-Signature` as they came, each
/// nothing where it is missing or came more than once, and the body before anybody has read it.
///
/// # Errors
/// Why not.
pub fn verify(
    secrets: &Secrets,
    timestamp: Option<&[u8]>,
    signature: Option<&[u8]>,
    body: &[u8],
    now: Moment,
) -> Result<(), NotSigned> {
    let (timestamp, signature) = headers(timestamp, signature, b"v0=", now)?;
    if secrets.verify(&[b"v0:", timestamp, b":", body], &signature) {
        Ok(())
    } else {
        Err(NotSigned::Signature)
    }
}

/// The time as it was signed, and the signature, where both have their form and the time is now.
pub(super) fn headers<'a>(
    timestamp: Option<&'a [u8]>,
    signature: Option<&[u8]>,
    version: &[u8],
    now: Moment,
) -> Result<(&'a [u8], [u8; 32]), NotSigned> {
    let (timestamp, signature) = timestamp.zip(signature).ok_or(NotSigned::Missing)?;
    let at = seconds(timestamp).ok_or(NotSigned::Timestamp)?;
    let signature = signature
        .strip_prefix(version)
        .and_then(digits)
        .ok_or(NotSigned::Form)?;
    if at.abs_diff(now.seconds()) > WINDOW.as_secs() {
        return Err(NotSigned::OutOfTime);
    }
    Ok((timestamp, signature))
}

/// A number of seconds in its one spelling.
fn seconds(text: &[u8]) -> Option<i64> {
    let plain = (1..=11).contains(&text.len())
        && text.iter().all(u8::is_ascii_digit)
        && (text.len() == 1 || !text.starts_with(b"0"));
    if !plain {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// 64 lower-case hexadecimal digits.
pub(super) fn digits(text: &[u8]) -> Option<[u8; 32]> {
    if text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(text, &mut signature).ok()?;
    Some(signature)
}
