//! Signature Version 4, seen from the service.
//!
//! A call is authentic when its signature is that of the secret that the world knows for the
//! access key, over exactly this method, path, query, headers and body; when its session token is
//! the one that was issued with the key; when its time is within fifteen minutes of the world's;
//! and when the credentials have not expired. Each failure is told in the code that AWS gives in
//! the family of the service, because clients behave differently on each.
//!
//! Only the `Authorization` header is read: presigned URLs are not offered.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::call::{AwsError, Protocol};
use crate::iam::{self, Caller};
use crate::world::World;

/// How far the time of a call may be from the world's, either way.
const LEEWAY_MILLIS: i64 = 15 * 60 * 1000;

/// Everything but the unreserved characters of RFC 3986 is encoded.
const STRICT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parts of a request that are signed.
pub(crate) struct Signable<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) raw_query: &'a str,
    pub(crate) host: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

/// What an `Authorization` header claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) access_key_id: String,
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    signed_headers: Vec<String>,
    signature: String,
}

/// Why a call is not authentic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unauthentic {
    /// No `Authorization` header.
    Missing,
    /// An `Authorization` header that cannot be read, or that leaves out what must be signed.
    Malformed(String),
    /// No such access key.
    UnknownKey,
    /// A session token is missing, or is not the one of the key.
    WrongToken {
        /// Whether any token was sent.
        sent: bool,
    },
    /// The signature is not that of the secret over this request.
    WrongSignature,
    /// The body is not the one whose digest was signed.
    WrongBody,
    /// The time of the call is too far from the world's.
    Skewed(String),
    /// The credentials have expired.
    Expired,
}

impl Unauthentic {
    /// The error in the words of a protocol family.
    pub(crate) fn told(self, protocol: Protocol) -> AwsError {
        const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
        const EXPIRED_TOKEN: &str = "The security token included in the request is expired";
        const MISMATCH: &str = "The request signature we calculated does not match the signature \
                                you provided. Check your AWS Secret Access Key and signing method.";
        let family = match protocol {
            Protocol::Json10 | Protocol::Json11 => Family::Json,
            Protocol::Query => Family::Query,
            Protocol::RestXml => Family::S3,
        };
        let (status, code, message): (u16, &'static str, String) = match (self, family) {
            (Self::Missing, Family::Json) => (
                400,
                "MissingAuthenticationTokenException",
                "Request is missing Authentication Token".to_owned(),
            ),
            (Self::Missing, Family::Query) => (
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token".to_owned(),
            ),
            (Self::Missing, Family::S3) => (403, "AccessDenied", "Access Denied".to_owned()),
            (Self::Malformed(why), Family::Json) => (400, "IncompleteSignatureException", why),
            (Self::Malformed(why), Family::Query) => (400, "IncompleteSignature", why),
            (Self::Malformed(why), Family::S3) => (400, "AuthorizationHeaderMalformed", why),
            (Self::UnknownKey | Self::WrongToken { .. }, Family::Json) => {
                (400, "UnrecognizedClientException", INVALID_TOKEN.to_owned())
            }
            (Self::UnknownKey | Self::WrongToken { .. }, Family::Query) => {
                (403, "InvalidClientTokenId", INVALID_TOKEN.to_owned())
            }
            (Self::UnknownKey | Self::WrongToken { sent: false }, Family::S3) => (
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".to_owned(),
            ),
            (Self::WrongToken { sent: true }, Family::S3) => (
                400,
                "InvalidToken",
                "The provided token is malformed or otherwise invalid.".to_owned(),
            ),
            (Self::WrongSignature | Self::WrongBody, Family::Json) => {
                (400, "InvalidSignatureException", MISMATCH.to_owned())
            }
            (Self::WrongSignature | Self::WrongBody, Family::Query) => {
                (403, "SignatureDoesNotMatch", MISMATCH.to_owned())
            }
            (Self::WrongSignature, Family::S3) => {
                (403, "SignatureDoesNotMatch", MISMATCH.to_owned())
            }
            (Self::WrongBody, Family::S3) => (
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
                    .to_owned(),
            ),
            (Self::Skewed(why), Family::Json) => (400, "InvalidSignatureException", why),
            (Self::Skewed(why), Family::Query) => (403, "SignatureDoesNotMatch", why),
            (Self::Skewed(_), Family::S3) => (
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large."
                    .to_owned(),
            ),
            (Self::Expired, Family::Json) => {
                (400, "ExpiredTokenException", EXPIRED_TOKEN.to_owned())
            }
            (Self::Expired, Family::Query) => (403, "ExpiredToken", EXPIRED_TOKEN.to_owned()),
            (Self::Expired, Family::S3) => {
                (400, "ExpiredToken", "The provided token has expired.".to_owned())
            }
        };
        AwsError::new(status, code, message)
    }
}

#[derive(Clone, Copy)]
enum Family {
    Json,
    Query,
    S3,
}

/// Reads the `Authorization` header.
pub(crate) fn claim(headers: &HeaderMap) -> Result<Claim, Unauthentic> {
    let value = headers.get(http::header::AUTHORIZATION).ok_or(Unauthentic::Missing)?;
    let malformed = |what: &str| Unauthentic::Malformed(format!("Authorization header: {what}"));
    let value = value.to_str().map_err(|_| malformed("not readable as text"))?;
    let fields = value
        .strip_prefix("AWS4-HMAC-SHA256")
        .ok_or_else(|| malformed("the algorithm is not AWS4-HMAC-SHA256"))?;
    let field = |name: &str| {
        fields
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .ok_or_else(|| malformed(&format!("requires '{name}' parameter")))
    };
    let scope: Vec<&str> = field("Credential")?.split('/').collect();
    let [access_key_id, date, region, service, "aws4_request"] = scope.as_slice() else {
        return Err(malformed("the credential scope is not KEY/DATE/REGION/SERVICE/aws4_request"));
    };
    Ok(Claim {
        access_key_id: (*access_key_id).to_owned(),
        date: (*date).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: field("Signature")?.to_owned(),
    })
}

/// Who made a call, or why it is not authentic.
pub(crate) fn verify(
    world: &World,
    claim: &Claim,
    request: &Signable<'_>,
    now_millis: i64,
) -> Result<Caller, Unauthentic> {
    let stamp = timestamp(request.headers, claim)?;
    near(&stamp, now_millis)?;
    covered(claim, request.headers)?;

    let key = iam::known_key(world, &claim.access_key_id).ok_or(Unauthentic::UnknownKey)?;
    let sent = request.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    let token_fits = match (sent, key.session_token.as_deref()) {
        (None, None) => true,
        (Some(sent), Some(issued)) => bool::from(sent.as_bytes().ct_eq(issued.as_bytes())),
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !token_fits {
        return Err(Unauthentic::WrongToken { sent: sent.is_some() });
    }
    let body_digest = body_digest(request)?;
    let expected = signature(&key.secret_access_key, claim, request, &stamp, &body_digest);
    if !bool::from(expected.as_bytes().ct_eq(claim.signature.as_bytes())) {
        return Err(Unauthentic::WrongSignature);
    }
    if key.expires_at_millis.is_some_and(|expiry| now_millis >= expiry) {
        return Err(Unauthentic::Expired);
    }
    Ok(key.caller)
}

/// The time of the call, which must lie on the day of its scope.
fn timestamp(headers: &HeaderMap, claim: &Claim) -> Result<String, Unauthentic> {
    let stamp =
        headers.get("x-amz-date").and_then(|value| value.to_str().ok()).ok_or_else(|| {
            Unauthentic::Malformed("Authorization header requires 'X-Amz-Date'".to_owned())
        })?;
    if stamp.get(..8) != Some(claim.date.as_str()) {
        return Err(Unauthentic::Malformed(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP"
                .to_owned(),
        ));
    }
    Ok(stamp.to_owned())
}

fn near(stamp: &str, now_millis: i64) -> Result<(), Unauthentic> {
    let signed_millis = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp)
        .and_then(|time| TimeZone::UTC.to_timestamp(time))
        .map(|time| time.as_millisecond())
        .map_err(|_| {
            Unauthentic::Malformed(format!(
                "Date must be in ISO-8601 'basic format'. Got '{stamp}'."
            ))
        })?;
    if signed_millis < now_millis.saturating_sub(LEEWAY_MILLIS) {
        return Err(Unauthentic::Skewed(format!(
            "Signature expired: {stamp} is now earlier than {} ({} - 15 min.)",
            basic(now_millis.saturating_sub(LEEWAY_MILLIS)),
            basic(now_millis),
        )));
    }
    if signed_millis > now_millis.saturating_add(LEEWAY_MILLIS) {
        return Err(Unauthentic::Skewed(format!(
            "Signature not yet current: {stamp} is still later than {} ({} + 15 min.)",
            basic(now_millis.saturating_add(LEEWAY_MILLIS)),
            basic(now_millis),
        )));
    }
    Ok(())
}

/// A time as `X-Amz-Date` writes it.
fn basic(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_default()
}

/// The host and every `x-amz-` header must be among the signed headers, or an intermediary could
/// change what the call means.
fn covered(claim: &Claim, headers: &HeaderMap) -> Result<(), Unauthentic> {
    let signed = |name: &str| claim.signed_headers.iter().any(|header| header == name);
    if !signed("host") {
        return Err(Unauthentic::Malformed(
            "'Host' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        ));
    }
    match headers.keys().find(|name| name.as_str().starts_with("x-amz-") && !signed(name.as_str()))
    {
        Some(name) => Err(Unauthentic::Malformed(format!(
            "'{name}' must be a 'SignedHeader' in the AWS Authorization."
        ))),
        None => Ok(()),
    }
}

/// The digest that was signed for the body; where it is a digest at all, it must be the body's.
fn body_digest(request: &Signable<'_>) -> Result<String, Unauthentic> {
    let actual = hex::encode(Sha256::digest(request.body));
    let declared =
        request.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    match declared {
        None => Ok(actual),
        Some(declared)
            if declared == "UNSIGNED-PAYLOAD" || declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" =>
        {
            Ok(declared.to_owned())
        }
        Some(declared) if declared == actual => Ok(actual),
        Some(_) => Err(Unauthentic::WrongBody),
    }
}

/// The signature of a request under a secret.
fn signature(
    secret: &str,
    claim: &Claim,
    request: &Signable<'_>,
    stamp: &str,
    body_digest: &str,
) -> String {
    let canonical = canonical_request(claim, request, body_digest);
    let Claim { date, region, service, .. } = claim;
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{stamp}\n{date}/{region}/{service}/aws4_request\n{}",
        hex::encode(Sha256::digest(canonical)),
    );
    let mut key = keyed(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    for part in [region.as_str(), service.as_str(), "aws4_request"] {
        key = keyed(&key, part.as_bytes());
    }
    hex::encode(keyed(&key, to_sign.as_bytes()))
}

fn keyed(key: &[u8], data: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so there is no failure to lose here.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default()
}

fn canonical_request(claim: &Claim, request: &Signable<'_>, body_digest: &str) -> String {
    let headers: String = claim
        .signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", canonical_header(name, request)))
        .collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{body_digest}",
        request.method,
        canonical_path(&claim.service, request.path),
        canonical_query(request.raw_query),
        claim.signed_headers.join(";"),
    )
}

fn canonical_header(name: &str, request: &Signable<'_>) -> String {
    if name == "host" {
        return request.host.to_owned();
    }
    let values: Vec<String> = request
        .headers
        .get_all(name)
        .iter()
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    values.join(",")
}

/// S3 encodes a path once; every other service encodes the path of the wire again.
fn canonical_path(service: &str, path: &str) -> String {
    let encode = |segment: &str| {
        if service == "s3" {
            let plain = percent_decode_str(segment).collect::<Vec<u8>>();
            percent_encoding::percent_encode(&plain, STRICT).to_string()
        } else {
            utf8_percent_encode(segment, STRICT).to_string()
        }
    };
    let path = if path.is_empty() { "/" } else { path };
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

fn canonical_query(raw: &str) -> String {
    let encode = |text: &str| {
        let plain = percent_decode_str(text).collect::<Vec<u8>>();
        percent_encoding::percent_encode(&plain, STRICT).to_string()
    };
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(key), encode(value))
        })
        .collect();
    pairs.sort();
    pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
