//! What a call is made of, read from an event of API Gateway.

use std::fmt::Write as _;

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::request::LambdaRequest;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::boundary::{LONGEST_HEAD, MOST_HEADERS};
use crate::code::Code;
use crate::problem::No;

/// Where the routes of Postern begin.
const ROUTES: [&str; 2] = ["/v1/", "/chat/"];

/// The headers on which an answer hangs. A call is not read as if it had not sent them.
const READ: [&str; 4] = [
    "authorization",
    "content-encoding",
    "content-type",
    "idempotency-key",
];

/// What may stand in a path besides letters and digits (RFC 3986, section 3.3).
const PATH: &[u8] = b"-._~!$&'()*+,;=:@/%";

/// What may stand in a query besides letters and digits (RFC 3986, section 3.4).
const QUERY: &[u8] = b"-._~!$&'()*+,;=:@/?%";

/// Why no call is read from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Something is missing, or of another kind.
    #[error("the event is not of a call in payload format 2.0")]
    Event,
    /// The body is said to be Base64, and is not.
    #[error("the body of the event is not the Base64 that it is said to be")]
    Body,
    /// The address or the headers are over the caps of the boundary.
    #[error("the head of the call is over its cap")]
    Head,
    /// A header holds what no header can.
    #[error("the value of the header `{0}` is not one that a header can have")]
    Header(&'static str),
}

impl From<Unreadable> for No {
    fn from(why: Unreadable) -> Self {
        match why {
            // Events are the gateway's: what is the matter with one is for the operators.
            Unreadable::Event | Unreadable::Body => Self::of(Code::UnreadableRequest).because(&why),
            Unreadable::Head => Self::of(Code::HeadTooLarge),
            Unreadable::Header(_) => Self::about(Code::UnreadableRequest, &why.to_string()),
        }
    }
}

/// The parts of an event that a call is made of. The rest, such as the identity that an authorizer
/// of the gateway found, has no part in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    raw_path: String,
    raw_query_string: Option<String>,
    headers: Option<Map<String, Value>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Deserialize)]
struct Context {
    stage: Option<String>,
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// The call of an event.
pub(super) fn read(event: &str) -> Result<LambdaRequest, Unreadable> {
    let event: Event = serde_json::from_str(event).map_err(|_| Unreadable::Event)?;
    let context = event.request_context;
    let path = without_stage(&event.raw_path, context.stage.as_deref());
    if !path.starts_with('/') {
        return Err(Unreadable::Event);
    }
    let path = escaped(path, PATH);
    let query = escaped(&event.raw_query_string.unwrap_or_default(), QUERY);
    if path.len() + query.len() > LONGEST_HEAD {
        return Err(Unreadable::Head);
    }
    let base64 = event.body.as_ref().filter(|_| event.is_base64_encoded);
    if base64.is_some_and(|body| STANDARD.decode(body).is_err()) {
        return Err(Unreadable::Body);
    }
    let mut call = ApiGatewayV2httpRequest::default();
    call.request_context.http.method =
        context.http.method.parse().map_err(|_| Unreadable::Event)?;
    call.raw_path = Some(path);
    call.raw_query_string = Some(query);
    call.headers = headers(&event.headers.unwrap_or_default())?;
    call.cookies = event.cookies;
    call.body = event.body;
    call.is_base64_encoded = event.is_base64_encoded;
    Ok(LambdaRequest::ApiGatewayV2(call))
}

/// What stands for a call that could not be read: its method, like its route, is `none`.
pub(super) fn unread() -> LambdaRequest {
    let mut call = ApiGatewayV2httpRequest::default();
    call.request_context.http.method = Method::from_bytes(b"none").unwrap_or_default();
    LambdaRequest::ApiGatewayV2(call)
}

/// The headers, without those that cannot be headers and that nothing here reads.
fn headers(sent: &Map<String, Value>) -> Result<HeaderMap, Unreadable> {
    if sent.len() > MOST_HEADERS {
        return Err(Unreadable::Head);
    }
    let mut headers = HeaderMap::with_capacity(sent.len());
    for (name, value) in sent {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        let text = value.as_str();
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        } else if let Some(read) = READ.into_iter().find(|read| name == *read) {
            return Err(Unreadable::Header(read));
        }
    }
    // The name of a host would have a part in building the address.
    headers.remove(HOST);
    Ok(headers)
}

/// The path without the stage, where the stage stands in front of a route.
pub(super) fn without_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    path.strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage?))
        .filter(|rest| ROUTES.iter().any(|begin| rest.starts_with(begin)))
        .unwrap_or(path)
}

/// A part of an address in which nothing stands that may not. What is escaped stays as it is.
fn escaped(part: &str, plain: &[u8]) -> String {
    let mut escaped = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
