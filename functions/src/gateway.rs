//! Behind API Gateway: an HTTP API with payload format 2.0.
//!
//! On a stage other than `$default` the path begins with the stage. Whether the event's `rawPath`
//! does depends on whether the call came through the API's own address or a custom domain, and
//! `lambda_http` puts the stage in front where it is missing, unless
//! `AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH` is set. All these come down to one rule here: a stage in
//! front of `/v1/` is taken off, so the same template works on every stage and with that variable
//! or without it.
//!
//! What callers choose has no part in building the address of a call: `lambda_http` 1.3 puts
//! `Host` and `X-Forwarded-Proto` in front of the path and panics where no address comes of it, or
//! where the query holds a character that should have been escaped, such as `<`.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::Router;
use axum::http::Uri;
use axum::http::header::HOST;
use axum::http::uri::PathAndQuery;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, LambdaEvent, RequestExt, Service};
use serde::Serialize;
use tower::util::MapRequest;

/// Where every route of Postern begins.
const ROUTES: &str = "/v1/";

/// The router as the Lambda runtime calls it.
pub fn behind(
    router: Router,
) -> impl Service<
    LambdaEvent<LambdaRequest>,
    Response: Serialize + std::fmt::Debug,
    Error = Infallible,
    Future: Send,
> {
    MapRequest::new(
        Adapter::from(MapRequest::new(router, without_stage)),
        addressable,
    )
}

/// The event with an address that can be built: at the gateway's own name, with its query escaped.
fn addressable(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(call) = &mut event.payload {
        call.headers.remove(HOST);
        call.headers.remove("x-forwarded-proto");
        call.raw_query_string = call.raw_query_string.as_deref().map(escaped);
    }
    event
}

/// A query of which every character may stand in one (RFC 3986, section 3.4).
fn escaped(query: &str) -> String {
    let mut escaped = String::with_capacity(query.len());
    for byte in query.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn without_stage(mut request: lambda_http::Request) -> lambda_http::Request {
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref()
        && let Some(stage) = &context.stage
        && let Some(uri) = stripped(request.uri(), stage)
    {
        *request.uri_mut() = uri;
    }
    request
}

/// The address without the stage, where the stage stands in front of a route.
fn stripped(uri: &Uri, stage: &str) -> Option<Uri> {
    let rest = uri.path().strip_prefix('/')?.strip_prefix(stage)?;
    if !rest.starts_with(ROUTES) {
        return None;
    }
    let path = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests;
