//! The canonical form of a request, and its signature under a secret.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};
use sha2::{Digest, Sha256};

use super::{Claim, Signable};

/// Everything but the unreserved characters of RFC 3986 is encoded.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The signature of a request under a secret.
pub(super) fn signature(
    secret: &str,
    claim: &Claim,
    request: &Signable<'_>,
    stamp: &str,
    body_digest: &str,
) -> String {
    let canonical = canonical_request(claim, request, body_digest);
    let Claim {
        date,
        region,
        service,
        ..
    } = claim;
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
            percent_encode(&plain, STRICT).to_string()
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
        percent_encode(&plain, STRICT).to_string()
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
    pairs
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}
