//! Bodies, capped before they are read and read strictly.
//!
//! In this order: the size (as announced, then as it comes in), the declared media type, the form
//! of the JSON, and only then its shape. A body that is refused for one of them was not looked at
//! further.

use std::error::Error;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rules::strict_json;
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::problem::No;

/// The longest body, in bytes. The longest honest one asks for ten targets, in some 2 KiB.
pub const LONGEST: usize = 64 * 1_024;

/// How deep objects and arrays may stand in each other. No honest body is deeper than 3.
const DEEPEST: u8 = 32;

/// A body that must be there.
#[derive(Debug)]
pub struct Sent<T>(pub T);

/// A body that may be left out.
#[derive(Debug)]
pub struct MaybeSent<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = No;

    async fn from_request(request: Request, _: &S) -> Result<Self, No> {
        let bytes = bytes(request).await?;
        if bytes.is_empty() {
            return Err(No::about(Code::UnreadableBody, "the body is empty"));
        }
        read(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeSent<T> {
    type Rejection = No;

    async fn from_request(request: Request, _: &S) -> Result<Self, No> {
        let bytes = bytes(request).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        // `null` says the same as nothing at all.
        Ok(Self(read::<Option<T>>(&bytes)?.unwrap_or_default()))
    }
}

/// The bytes of the body, unless they are too many or declared to be something else than JSON.
/// Without any bytes nothing need be declared.
async fn bytes(request: Request) -> Result<Bytes, No> {
    let (parts, body) = request.into_parts();
    let too_large = || No::of(Code::BodyTooLarge);
    if is_announced_too_large(&parts.headers, &body) {
        return Err(too_large());
    }
    let declared = declares_json(&parts.headers);
    let bytes = match Limited::new(body, LONGEST).collect().await {
        Ok(all) => all.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => return Err(No::about(Code::UnreadableBody, "the body broke off")),
    };
    if bytes.is_empty() || declared {
        Ok(bytes)
    } else {
        Err(No::of(Code::UnsupportedMediaType))
    }
}

/// Whether the length that is announced, or that the transport knows, is over the cap.
fn is_announced_too_large(headers: &HeaderMap, body: &Body) -> bool {
    use axum::body::HttpBody;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    let cap = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    announced.is_some_and(|length| length > cap) || body.size_hint().lower() > cap
}

/// Whether the headers declare one body of plain JSON. A compressed one would have to be
/// unpacked before its size is known, so none is taken.
fn declares_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let json = types.next().is_some_and(is_json) && types.next().is_none();
    let plain = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    json && plain
}

/// `application/json`, with at most a `charset` that says UTF-8.
fn is_json(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else {
        return false;
    };
    let mut pieces = text.split(';').map(str::trim);
    pieces
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && pieces.all(|parameter| {
            ["charset=utf-8", "charset=\"utf-8\""]
                .iter()
                .any(|utf8| parameter.eq_ignore_ascii_case(utf8))
        })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, No> {
    strict_json::judge(bytes, DEEPEST).map_err(|bad| {
        No::about(
            Code::UnreadableBody,
            &format!("the body cannot be read: {bad}"),
        )
    })?;
    if bytes.trim_ascii_start().starts_with(b"[") {
        // The library would take the fields of an object by their order, too.
        return Err(No::about(
            Code::InvalidBody,
            "the body is a list, and not an object",
        ));
    }
    match Json::<T>::from_bytes(bytes) {
        Ok(Json(value)) => Ok(value),
        Err(rejected) => {
            // The source names the path of the field; the rejection itself only says that it failed.
            let why = rejected
                .source()
                .map_or_else(|| rejected.to_string(), ToString::to_string);
            Err(No::about(Code::InvalidBody, &why))
        }
    }
}

#[cfg(test)]
mod tests;
