//! Behind API Gateway: an HTTP API with payload format 2.0.
//!
//! On a stage other than `$default` the path begins with the stage. Whether the event's `rawPath`
//! does depends on whether the call came through the API's own address or a custom domain, and
//! `lambda_http` puts the stage in front where it is missing, unless
//! `AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH` is set. All these come down to one rule here: a stage in
//! front of `/v1/` is taken off, so the same template works on every stage and with that variable
//! or without it.

use std::convert::Infallible;

use axum::Router;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use lambda_http::request::RequestContext;
use lambda_http::{RequestExt, Service};
use tower::util::MapRequest;

/// Where every route of Postern begins.
const ROUTES: &str = "/v1/";

/// The router as Lambda calls it.
pub fn behind(
    router: Router,
) -> impl Service<lambda_http::Request, Response = Response, Error = Infallible, Future: Send> + Clone
{
    MapRequest::new(router, without_stage)
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
