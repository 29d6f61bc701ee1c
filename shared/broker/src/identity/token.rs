//! The outer form of a token: the header of the request, three parts, and the token's own header.
//!
//! Nothing read here is believed. What it yields is which key to look for, the bytes that the
//! signature covers, and claims of which nobody reads a word before the signature is verified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rules::strict_json::{self, BadJson};
use serde_json::{Map, Value};

use super::DEEPEST;
use super::algorithm::Algorithm;

/// The longest token that is looked at, in bytes. API Gateway takes 10,240 bytes of headers in all.
const LONGEST: usize = 8 * 1_024;

/// The longest `kid` of a token or key, in characters.
pub(super) const LONGEST_KEY_ID: usize = 256;

/// Members that would have the header choose the key, or that change what the rest means. `crit`
/// and `b64` change the form of the signature (RFC 7515, RFC 7797), `zip`, `enc` and `cty` that of
/// the claims, and the others bring a key along.
const FORBIDDEN: [&str; 9] = [
    "crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c",
];

/// Why a token's form is refused. For the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// The request has no `Authorization` header.
    #[error("no token was sent")]
    NoToken,
    /// The header is not `Bearer`, one space and a token.
    #[error("the authorization is not `Bearer`, one space and a token")]
    NotBearer,
    /// More than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts between two dots, none of them empty.
    #[error("the token does not have three parts")]
    NotThreeParts,
    /// A part is not base64url as it is written exactly one way, without padding.
    #[error("a part of the token is not strict base64url")]
    NotBase64Url,
    /// The token's header cannot be read.
    #[error("the token's header cannot be read: {0}")]
    UnreadableHeader(BadJson),
    /// The header has a member that no token here may have.
    #[error("the token's header has a `{0}`")]
    Forbidden(&'static str),
    /// `alg` is missing, not a text, or not one of the configured algorithms.
    #[error("the token's `alg` is not one of those configured")]
    Algorithm,
    /// `typ` says that it is something else than a token.
    #[error("the token's `typ` is neither `JWT` nor `at+jwt`")]
    Type,
    /// `kid` is missing, not a text, empty or too long.
    #[error("the token names no key")]
    NoKeyId,
}

/// A token of which nothing is verified yet.
pub(super) struct Unverified<'a> {
    /// What its header says that it was signed with. It must agree with the key; it chooses nothing.
    pub(super) algorithm: Algorithm,
    /// The key that it says it was signed with.
    pub(super) key_id: String,
    /// The bytes that the signature is over.
    pub(super) signed: &'a [u8],
    /// The signature.
    pub(super) signature: Vec<u8>,
    /// The claims: JSON to be read once the signature is verified.
    pub(super) claims: Vec<u8>,
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The token in an `Authorization` header. The scheme's case does not matter (RFC 9110, 11.1).
pub(super) fn bearer(header: Option<&[u8]>) -> Result<&str, BadForm> {
    let header = header.ok_or(BadForm::NoToken)?;
    let (scheme, token) = header.split_at_checked(7).ok_or(BadForm::NotBearer)?;
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Err(BadForm::NotBearer);
    }
    if token.len() > LONGEST {
        return Err(BadForm::TooLong);
    }
    std::str::from_utf8(token).map_err(|_| BadForm::NotBase64Url)
}

impl<'a> Unverified<'a> {
    /// Takes a token apart and judges its header.
    pub(super) fn parse(token: &'a str, algorithms: &[Algorithm]) -> Result<Self, BadForm> {
        let (signed, signature) = token.rsplit_once('.').ok_or(BadForm::NotThreeParts)?;
        let (header, claims) = signed.split_once('.').ok_or(BadForm::NotThreeParts)?;
        if claims.contains('.') || [header, claims, signature].contains(&"") {
            return Err(BadForm::NotThreeParts);
        }
        let header =
            strict_json::object(&decoded(header)?, DEEPEST).map_err(BadForm::UnreadableHeader)?;
        let (algorithm, key_id) = judge_header(&header, algorithms)?;
        Ok(Self {
            algorithm,
            key_id,
            signed: signed.as_bytes(),
            signature: decoded(signature)?,
            claims: decoded(claims)?,
        })
    }
}

/// Base64url without padding; bits that no byte needs must be zero, so one text stands for one
/// sequence of bytes.
fn decoded(part: &str) -> Result<Vec<u8>, BadForm> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| BadForm::NotBase64Url)
}

fn judge_header(
    header: &Map<String, Value>,
    algorithms: &[Algorithm],
) -> Result<(Algorithm, String), BadForm> {
    if let Some(name) = FORBIDDEN
        .into_iter()
        .find(|name| header.contains_key(*name))
    {
        return Err(BadForm::Forbidden(name));
    }
    let algorithm = header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(|alg| alg.parse().ok())
        .filter(|algorithm| algorithms.contains(algorithm))
        .ok_or(BadForm::Algorithm)?;
    if let Some(typ) = header.get("typ") {
        // Media types are compared without case (RFC 7515, section 4.1.9).
        let typ = typ.as_str().ok_or(BadForm::Type)?;
        if !["JWT", "at+jwt"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(typ))
        {
            return Err(BadForm::Type);
        }
    }
    let key_id = header
        .get("kid")
        .and_then(Value::as_str)
        .filter(|kid| !kid.is_empty() && kid.chars().count() <= LONGEST_KEY_ID)
        .ok_or(BadForm::NoKeyId)?;
    Ok((algorithm, key_id.to_owned()))
}

#[cfg(test)]
mod tests;
