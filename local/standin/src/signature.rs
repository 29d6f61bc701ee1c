//! Signature Version 4, seen from the service.
//!
//! A call is authentic when its signature is that of the secret that the world knows for the
//! access key, over exactly this method, path, query, headers and body; when its session token is
//! the one that was issued with the key; when its time is within fifteen minutes of the world's;
//! and when the credentials have not expired. Each failure is told in the code that AWS gives in
//! the family of the service, because clients behave differently on each.
//!
//! Only the `Authorization` header is read: presigned URLs are not offered.

mod canonical;
mod refusal;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::iam::{self, Caller};
use crate::world::World;

use canonical::signature;
pub(crate) use refusal::Unauthentic;

/// How far the time of a call may be from the world's, either way.
const LEEWAY_MILLIS: i64 = 15 * 60 * 1000;

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

/// Reads the `Authorization` header.
pub(crate) fn claim(headers: &HeaderMap) -> Result<Claim, Unauthentic> {
    let value = headers
        .get(http::header::AUTHORIZATION)
        .ok_or(Unauthentic::Missing)?;
    let malformed = |what: &str| Unauthentic::Malformed(format!("Authorization header: {what}"));
    let value = value
        .to_str()
        .map_err(|_| malformed("not readable as text"))?;
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
        return Err(malformed(
            "the credential scope is not KEY/DATE/REGION/SERVICE/aws4_request",
        ));
    };
    Ok(Claim {
        access_key_id: (*access_key_id).to_owned(),
        date: (*date).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signed_headers: field("SignedHeaders")?
            .split(';')
            .map(str::to_owned)
            .collect(),
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
    let sent = request
        .headers
        .get("x-amz-security-token")
        .and_then(|value| value.to_str().ok());
    let token_fits = match (sent, key.session_token.as_deref()) {
        (None, None) => true,
        (Some(sent), Some(issued)) => bool::from(sent.as_bytes().ct_eq(issued.as_bytes())),
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !token_fits {
        return Err(Unauthentic::WrongToken {
            sent: sent.is_some(),
        });
    }
    let body_digest = body_digest(request)?;
    let expected = signature(&key.secret_access_key, claim, request, &stamp, &body_digest);
    if !bool::from(expected.as_bytes().ct_eq(claim.signature.as_bytes())) {
        return Err(Unauthentic::WrongSignature);
    }
    if key
        .expires_at_millis
        .is_some_and(|expiry| now_millis >= expiry)
    {
        return Err(Unauthentic::Expired);
    }
    Ok(key.caller)
}

/// The time of the call, which must lie on the day of its scope.
fn timestamp(headers: &HeaderMap, claim: &Claim) -> Result<String, Unauthentic> {
    let stamp = headers
        .get("x-amz-date")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| {
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
    match headers
        .keys()
        .find(|name| name.as_str().starts_with("x-amz-") && !signed(name.as_str()))
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
    let declared = request
        .headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok());
    match declared {
        None => Ok(actual),
        Some(declared)
            if declared == "UNSIGNED-PAYLOAD"
                || declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" =>
        {
            Ok(declared.to_owned())
        }
        Some(declared) if declared == actual => Ok(actual),
        Some(_) => Err(Unauthentic::WrongBody),
    }
}

#[cfg(test)]
mod tests;
