//! The payload of an upload, out of its `aws-chunked` framing.
//!
//! SDKs that compute a checksum while they stream send the content in chunks and the checksum as
//! a trailer. Chunks that are signed one by one are not offered.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::call::AwsError;

/// The content of a body. Trailers of the framing become headers.
pub(crate) fn payload(headers: &mut HeaderMap, body: &Bytes) -> Result<Bytes, AwsError> {
    let declared = headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match declared {
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => unframe(headers, body.clone()),
        signed if signed.starts_with("STREAMING-") => Err(AwsError::new(
            501,
            "NotImplemented",
            "the stand-in does not offer chunks that are signed one by one",
        )),
        _ => Ok(body.clone()),
    }
}

fn unframe(headers: &mut HeaderMap, mut rest: Bytes) -> Result<Bytes, AwsError> {
    let mut content = BytesMut::new();
    loop {
        let line = take_line(&mut rest)?;
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken())?;
        if size == 0 {
            break;
        }
        if rest.len() < size {
            return Err(broken());
        }
        content.extend_from_slice(&rest.split_to(size));
        if !take_line(&mut rest)?.is_empty() {
            return Err(broken());
        }
    }
    let announced = headers
        .get("x-amz-decoded-content-length")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length != content.len()) {
        return Err(broken());
    }
    while !rest.is_empty() {
        let line = take_line(&mut rest)?;
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let parts = (
            HeaderName::from_bytes(name.trim().as_bytes()),
            HeaderValue::from_str(value.trim()),
        );
        if let (Ok(name), Ok(value)) = parts {
            headers.insert(name, value);
        }
    }
    Ok(content.freeze())
}

/// Takes the next line off, without its CR LF.
fn take_line(rest: &mut Bytes) -> Result<String, AwsError> {
    let end = rest
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .ok_or_else(broken)?;
    let line = rest.split_to(end);
    rest.advance(2);
    String::from_utf8(line.to_vec()).map_err(|_| broken())
}

fn broken() -> AwsError {
    AwsError::new(
        400,
        "IncompleteBody",
        "The aws-chunked framing of the body is broken",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-amz-content-sha256",
            HeaderValue::from_static("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        );
        headers
    }

    #[test]
    fn chunks_are_joined_and_trailers_become_headers() {
        let mut headers = framed();
        let body = Bytes::from_static(
            b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        );
        assert_eq!(payload(&mut headers, &body).unwrap(), "hello world");
        assert_eq!(headers.get("x-amz-checksum-crc32").unwrap(), "AAAAAA==");
    }

    #[test]
    fn a_broken_frame_is_refused() {
        for body in ["5\r\nhel", "zz\r\n", "5\r\nhelloXX0\r\n\r\n", ""] {
            let error = payload(&mut framed(), &Bytes::from_static(body.as_bytes())).unwrap_err();
            assert_eq!(error.code, "IncompleteBody", "{body:?}");
        }
    }
}
