//! Checksums of whole objects.

use aws_smithy_checksums::ChecksumAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use md5::{Digest as _, Md5};

use crate::call::AwsError;

/// The algorithms that may be sent, as headers spell them.
const ALGORITHMS: &[&str] = &["crc64nvme", "crc32", "crc32c", "sha1", "sha256"];

/// Checks what the caller sent along, and gives the checksum to keep: the caller's, or the one
/// that S3 makes unasked (CRC-64/NVME).
pub(super) fn checked(headers: &HeaderMap, body: &[u8]) -> Result<(String, String), AwsError> {
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if sent("content-md5").is_some_and(|md5| STANDARD.encode(Md5::digest(body)) != md5) {
        return Err(AwsError::new(
            400,
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
        ));
    }
    for algorithm in ALGORITHMS {
        let Some(value) = sent(&format!("x-amz-checksum-{algorithm}")) else {
            continue;
        };
        if compute(algorithm, body)? != value {
            return Err(AwsError::new(
                400,
                "BadDigest",
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    algorithm.to_ascii_uppercase()
                ),
            ));
        }
        return Ok(((*algorithm).to_owned(), value.to_owned()));
    }
    Ok(("crc64nvme".to_owned(), compute("crc64nvme", body)?))
}

/// Whether the caller sent anything to check the content by.
pub(super) fn is_sent(headers: &HeaderMap) -> bool {
    headers.contains_key("content-md5")
        || ALGORITHMS
            .iter()
            .any(|name| headers.contains_key(format!("x-amz-checksum-{name}")))
}

/// The checksum of `body`, in base64.
fn compute(algorithm: &str, body: &[u8]) -> Result<String, AwsError> {
    let mut checksum = algorithm
        .parse::<ChecksumAlgorithm>()
        .map_err(|error| AwsError::new(400, "InvalidRequest", error.to_string()))?
        .into_impl();
    checksum.update(body);
    Ok(STANDARD.encode(checksum.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_published_check_values() {
        let check = |algorithm, hex_value: &str| {
            let expected = STANDARD.encode(hex::decode(hex_value).unwrap());
            assert_eq!(
                compute(algorithm, b"123456789").unwrap(),
                expected,
                "{algorithm}"
            );
        };
        check("crc32", "cbf43926");
        check("crc32c", "e3069283");
        check("crc64nvme", "ae8b14860a799888");
        check("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
    }
}
