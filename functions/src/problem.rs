//! Every no, as `application/problem+json`.
//!
//! What the caller is told and what the log is told are two values: the [`Problem`] goes out, and
//! what stands in [`Noted`] goes to the log line of the [`boundary`](crate::boundary) and nowhere
//! else.

use std::error::Error;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use broker::desk::Turned;
use broker::identity::NotVerified;
use broker::policies::NoPolicy;
use rules::names::RequestId;
use rules::refusal::{Class, Refusal};
use rules::wire::{Problem, RequestView};

use crate::code::Code;

/// The media type of problems (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The longest detail that is sent, in characters: it may show input.
const LONGEST_DETAIL: usize = 300;

/// A call that was turned away, and how the caller is told.
#[derive(Debug)]
pub struct No {
    problem: Box<Problem>,
    retry_after: Option<Duration>,
    noted: Noted,
}

/// What the log is told of a no.
#[derive(Debug, Clone)]
pub struct Noted {
    /// The stable code.
    pub code: &'static str,
    /// What lay behind it, where the code does not say it. Never shown to callers.
    pub cause: Option<String>,
    /// The request that it was about, where only the no itself tells.
    pub request: Option<RequestId>,
}

/// What handlers answer with.
pub type Answered<T> = Result<T, No>;

impl No {
    /// A no of HTTP's own, which says what its code says.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.meaning().to_owned())
    }

    /// A no of HTTP's own, about some input. Input in the detail is cut and escaped.
    #[must_use]
    pub fn about(code: Code, detail: &str) -> Self {
        Self::new(code, shown(detail))
    }

    /// The same, with a cause for the log.
    #[must_use]
    pub fn because(mut self, cause: &dyn Error) -> Self {
        self.noted.cause = Some(chain(cause));
        self
    }

    fn new(code: Code, detail: String) -> Self {
        let (status, word) = (code.status().as_u16(), code.as_str());
        Self {
            problem: Box::new(Problem::new(status, word, detail, code.next().to_owned())),
            retry_after: None,
            noted: Noted {
                code: word,
                cause: None,
                request: None,
            },
        }
    }

    /// What the caller is told, for whoever tells it in another form.
    pub(crate) fn into_problem(self) -> Problem {
        *self.problem
    }

    fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn showing(mut self, request: Option<Box<RequestView>>) -> Self {
        self.problem.request = request;
        self
    }
}

/// The HTTP status of a rule's no.
#[must_use]
pub fn status_of(class: Class) -> StatusCode {
    match class {
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Impossible => StatusCode::UNPROCESSABLE_ENTITY,
        Class::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        let status = status_of(refusal.class()).as_u16();
        Self {
            problem: Box::new(Problem::of(&refusal, status)),
            retry_after: refusal.retry_after(),
            noted: Noted {
                code: refusal.code(),
                cause: None,
                request: None,
            },
        }
    }
}

impl From<Turned> for No {
    fn from(turned: Turned) -> Self {
        match turned {
            Turned::Refused { refusal, request } => Self::from(refusal).showing(request),
            Turned::LostRace { request } => Self::of(Code::LostRace).showing(request),
            Turned::KeyReused => Self::of(Code::IdempotencyKeyReused),
            Turned::Unavailable { cause, retry_after } => Self::of(Code::AwsUnavailable)
                .because(&cause)
                .after(retry_after),
            Turned::NoPolicy(reason) => {
                let (code, retry_after) = match &reason {
                    NoPolicy::Unavailable { retry_after, .. } => {
                        (Code::PolicyUnavailable, *retry_after)
                    }
                    NoPolicy::Invalid { retry_after, .. } => (Code::PolicyInvalid, *retry_after),
                };
                Self::of(code).because(&reason).after(retry_after)
            }
            Turned::Damaged { request } => {
                let mut no = Self::of(Code::Internal);
                no.noted.cause = Some("the ledger holds what cannot be read".to_owned());
                no.noted.request = request;
                no
            }
        }
    }
}

impl From<NotVerified> for No {
    fn from(reason: NotVerified) -> Self {
        match reason {
            NotVerified::Unauthenticated(rejected) => {
                Self::of(Code::Unauthenticated).because(&rejected)
            }
            NotVerified::Unavailable { cause, retry_after } => {
                Self::of(Code::IdentityProviderUnavailable)
                    .because(&cause)
                    .after(retry_after)
            }
        }
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A problem holds texts, numbers and JSON; an empty body is all that is left if not.
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"postern\""),
            );
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: a caller who keeps to them is never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self.noted);
        response
    }
}

/// Text that may hold input, fit to be shown: one line, nothing invisible, and not too long.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(LONGEST_DETAIL) {
        if rules::names::text::is_plain(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
    }
    if text.chars().nth(LONGEST_DETAIL).is_some() {
        shown.push('…');
    }
    shown
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    shown(&text)
}

#[cfg(test)]
mod tests;
