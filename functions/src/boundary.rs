//! The edge of a function: one log line for each call, and what holds for every answer.
//!
//! The line holds the method, the route as it is written in the router, the status and code, who
//! called (as CloudTrail names them), which request it was about, and how long it took. It holds
//! no path, query, header or body: they are whatever somebody sent. Under Lambda the runtime's
//! span around it adds the invocation's id.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Extensions, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use rules::caller::Caller;
use rules::names::RequestId;

use crate::code::Code;
use crate::metrics::{Metric, Metrics};
use crate::problem::{No, Noted};

/// The longest head of a request, in bytes: address, header names and values. API Gateway takes
/// 10,240 in all; this holds under a plain listener too.
pub const LONGEST_HEAD: usize = 16 * 1_024;

/// The most headers of a request.
pub const MOST_HEADERS: usize = 100;

/// Puts the boundary around all routes of a router, the missing ones included.
pub fn around(router: Router, metrics: Metrics) -> Router {
    router
        .fallback(async || No::of(Code::NoSuchRoute))
        .method_not_allowed_fallback(async || No::of(Code::MethodNotAllowed))
        .layer(from_fn_with_state(metrics, cross))
}

/// A router that has nothing but this no: for a call of which too little can be read to ask a
/// route.
pub(crate) fn refusing<W>(why: W) -> Router
where
    W: Into<No> + Copy + Send + Sync + 'static,
{
    Router::new()
        .fallback(async move || -> No { why.into() })
        .layer(from_fn_with_state(Metrics::uncounted(), cross))
}

/// What a call turns out to be, noted on the way for the log line.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    caller: OnceLock<String>,
    request: OnceLock<RequestId>,
}

impl Line {
    /// The line of the call with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes who is calling.
    pub(crate) fn called_by(&self, caller: &Caller) {
        self.0
            .caller
            .get_or_init(|| caller.person().source_identity());
    }

    /// Notes which request it is about.
    pub(crate) fn about(&self, id: RequestId) {
        self.0.request.get_or_init(|| id);
    }
}

/// The request that an answer is about, where the call did not name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About(pub(crate) RequestId);

async fn cross(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let line = Line::default();
    request.extensions_mut().insert(line.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = if is_too_large(&request) {
        No::of(Code::HeadTooLarge).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let said = Said {
        method: method.as_str().get(..16).unwrap_or(method.as_str()),
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    log(&said, &line, &response);
    let noted = response.extensions().get::<Noted>();
    if let Some(metric) = noted.and_then(|noted| Metric::of_answer(noted.code)) {
        metrics.count(metric);
    }
    response
}

fn is_too_large(request: &Request) -> bool {
    let headers = request.headers();
    let address = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let head = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .fold(address, usize::saturating_add);
    headers.len() > MOST_HEADERS || head > LONGEST_HEAD
}

/// What is known of a call without asking it.
struct Said<'a> {
    method: &'a str,
    route: &'a str,
    duration_ms: u64,
}

fn log(said: &Said<'_>, line: &Line, response: &Response) {
    let status = response.status();
    let noted = response.extensions().get::<Noted>();
    let about = response.extensions().get::<About>().map(|about| about.0);
    let request = about
        .or_else(|| line.0.request.get().copied())
        .or_else(|| noted.and_then(|noted| noted.request))
        .map(|id| id.to_string());
    /// The same line at the level that its status deserves.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                http.method = said.method,
                http.route = said.route,
                http.status = status.as_u16(),
                code = noted.map(|noted| noted.code),
                cause = noted.and_then(|noted| noted.cause.as_deref()),
                caller = line.0.caller.get().map(String::as_str),
                request.id = request.as_deref(),
                duration_ms = said.duration_ms,
                "answered a call"
            )
        };
    }
    match status.as_u16() {
        503 => line!(warn),
        500.. => line!(error),
        _ => line!(info),
    }
}

#[cfg(test)]
mod tests;
