//! One public key of a key set (RFC 7517, RFC 7518 section 6, RFC 8037), judged before it is used.
//!
//! A key has exactly one algorithm. A curve settles it; an RSA key has the one that it names, and
//! where it names none, as those of large providers do, the first RSA algorithm of the
//! configuration. The token's header has no say.
//!
//! Refused are keys that anybody could sign for: symmetric ones and those published with their
//! private part, RSA with exponent 1, a point of small order on Ed25519. For P-256 and P-384 the
//! point is checked to be on its curve here; for Ed25519 the cryptography does it at each
//! verification, so a key off that curve verifies nothing.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::token::LONGEST_KEY_ID;

/// Why a key of a set is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It is not an object, or a member has the wrong type or encoding.
    #[error("a key cannot be read")]
    Malformed,
    /// It has no `kid`, so that no token can name it.
    #[error("a key has no `kid`")]
    NoKeyId,
    /// Another key of the set has the same `kid`: the name is nobody's.
    #[error("two keys have the same `kid`")]
    SharedKeyId,
    /// `use` is not `sig`.
    #[error("a key is not for signatures")]
    Use,
    /// `key_ops` is not `verify` alone.
    #[error("a key is not for verifying alone")]
    Operations,
    /// It is a symmetric key: who can read the set can sign.
    #[error("a key is symmetric")]
    Symmetric,
    /// It was published with its private part.
    #[error("a key was published with its private part")]
    Private,
    /// Its kind is unknown here.
    #[error("a key is of an unknown kind")]
    Kind,
    /// Its algorithm is not configured.
    #[error("a key is for an algorithm that is not configured")]
    Algorithm,
    /// Its kind or curve does not fit its algorithm, or the curve is unknown.
    #[error("a key's kind or curve does not fit its algorithm")]
    Curve,
    /// Its point is not on its curve, or of small order.
    #[error("a key's point is not a sound point of its curve")]
    Point,
    /// Its RSA modulus has fewer than 2,048 or more than 8,192 bits, or is even.
    #[error("a key's modulus is not sound")]
    Modulus,
    /// Its RSA exponent is 1, even, or beyond 32 bits.
    #[error("a key's exponent is not sound")]
    Exponent,
}

/// A key that may verify signatures, of one algorithm.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    public: DecodingKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, {})", self.id, self.algorithm)
    }
}

impl Key {
    /// Reads and judges a key.
    pub(super) fn read(
        jwk: &Map<String, Value>,
        algorithms: &[Algorithm],
    ) -> Result<Self, KeyFault> {
        let id = text(jwk, "kid")?.ok_or(KeyFault::NoKeyId)?;
        if id.is_empty() || id.chars().count() > LONGEST_KEY_ID {
            return Err(KeyFault::NoKeyId);
        }
        judge_purpose(jwk)?;
        let kind = text(jwk, "kty")?.ok_or(KeyFault::Malformed)?;
        if kind == "oct" {
            return Err(KeyFault::Symmetric);
        }
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
            .iter()
            .any(|private| jwk.contains_key(*private))
        {
            return Err(KeyFault::Private);
        }
        let named: Option<Algorithm> = text(jwk, "alg")?
            .map(|alg| alg.parse().map_err(|_| KeyFault::Algorithm))
            .transpose()?;
        let algorithm = match (kind, text(jwk, "crv")?) {
            ("RSA", _) => named
                .or_else(|| algorithms.iter().copied().find(|known| known.is_rsa()))
                .ok_or(KeyFault::Algorithm)?,
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("EC", Some("P-384")) => Algorithm::Es384,
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("EC" | "OKP", _) => return Err(KeyFault::Curve),
            _ => return Err(KeyFault::Kind),
        };
        if named.is_some_and(|named| named != algorithm) || algorithm.is_rsa() != (kind == "RSA") {
            return Err(KeyFault::Curve);
        }
        if !algorithms.contains(&algorithm) {
            return Err(KeyFault::Algorithm);
        }
        let public = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => rsa(jwk)?,
            Algorithm::Es256 => ec(jwk, 32, &ECDSA_P256_SHA256_FIXED)?,
            Algorithm::Es384 => ec(jwk, 48, &ECDSA_P384_SHA384_FIXED)?,
            Algorithm::EdDsa => ed25519(jwk)?,
        };
        Ok(Self {
            id: id.to_owned(),
            algorithm,
            public,
        })
    }

    /// Whether this key made the signature over the message.
    ///
    /// The provider of the cryptography is named in the call. The library would otherwise look for
    /// one at run time, and panics there when it finds none or two (AWS-FACTS 10.8).
    pub(super) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let verifier = aws_lc::DEFAULT_PROVIDER.verifier_factory;
        verifier(&self.algorithm.library(), &self.public)
            .is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// `use` and `key_ops` may be missing; where they stand, they say that the key verifies.
fn judge_purpose(jwk: &Map<String, Value>) -> Result<(), KeyFault> {
    if jwk.get("use").is_some_and(|purpose| purpose != "sig") {
        return Err(KeyFault::Use);
    }
    let only_verify = |operations: &Value| {
        operations
            .as_array()
            .is_some_and(|operations| matches!(operations.as_slice(), [one] if one == "verify"))
    };
    if jwk
        .get("key_ops")
        .is_some_and(|operations| !only_verify(operations))
    {
        return Err(KeyFault::Operations);
    }
    Ok(())
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, KeyFault> {
    jwk.get(name)
        .map(|member| member.as_str().ok_or(KeyFault::Malformed))
        .transpose()
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, KeyFault> {
    let encoded = text(jwk, name)?.ok_or(KeyFault::Malformed)?;
    URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| KeyFault::Malformed)
}

fn rsa(jwk: &Map<String, Value>) -> Result<DecodingKey, KeyFault> {
    let modulus = bytes(jwk, "n")?;
    let exponent = bytes(jwk, "e")?;
    // Both are written without leading zeros (RFC 7518, section 2).
    let bits = match modulus.first() {
        Some(first @ 1..) => modulus.len() * 8 - first.leading_zeros() as usize,
        Some(0) | None => return Err(KeyFault::Modulus),
    };
    let even = |number: &[u8]| number.last().is_none_or(|last| last.is_multiple_of(2));
    if !(2_048..=8_192).contains(&bits) || even(&modulus) {
        return Err(KeyFault::Modulus);
    }
    let leading_zero = exponent.first().is_none_or(|first| *first == 0);
    if leading_zero || exponent.len() > 4 || even(&exponent) || exponent == [1] {
        return Err(KeyFault::Exponent);
    }
    Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn ec(
    jwk: &Map<String, Value>,
    length: usize,
    curve: &'static EcdsaVerificationAlgorithm,
) -> Result<DecodingKey, KeyFault> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err(KeyFault::Point);
    }
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    ParsedPublicKey::new(curve, &point).map_err(|_| KeyFault::Point)?;
    Ok(DecodingKey::from_ec_der(&point))
}

fn ed25519(jwk: &Map<String, Value>) -> Result<DecodingKey, KeyFault> {
    let point: [u8; 32] = bytes(jwk, "x")?.try_into().map_err(|_| KeyFault::Point)?;
    if is_weak(&point) {
        return Err(KeyFault::Point);
    }
    Ok(DecodingKey::from_ed_der(&point))
}

/// Whether an Ed25519 point has small order, or its y is not below the field's prime.
///
/// Signatures for a point of small order can be made without any private key. Such points have one
/// of five y (little-endian; the top bit is the sign of x and does not matter).
fn is_weak(point: &[u8; 32]) -> bool {
    const ORDER_EIGHT: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y = *point;
    let [first, middle @ .., last] = &mut y;
    *last &= 0x7f;
    // The prime is 2^255 - 19. From `prime - 1`, which has order 2, upwards, all is refused.
    let at_the_top = *first >= 0xec && middle.iter().all(|byte| *byte == 0xff) && *last == 0x7f;
    let zero_or_one = *first <= 1 && middle.iter().all(|byte| *byte == 0) && *last == 0;
    at_the_top || zero_or_one || ORDER_EIGHT.contains(&y)
}

#[cfg(test)]
pub(super) mod tests;
