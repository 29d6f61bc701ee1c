//! The pages that people come to by their browser: to sign in for a link, and to answer a request
//! with a fresh login.
//!
//! They are plain: no script, nothing from elsewhere, in nobody's frame, kept by no cache. Whatever
//! was written by other people is text. Whoever comes without a login of their own, or with one that
//! is over, sees the same page, whatever the reason.

mod shown;

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use broker::chat::linking::Back;
use broker::chat::page::Said;
use broker::chat::{Chat, Gone, NotLoggedIn};
use rules::chat::link::State as Token;
use rules::chat::says;
use rules::names::{Comment, Digest, RequestId};
use rules::wire::Problem;
use serde::Deserialize;

use self::shown::{asked, escaped, told};
use crate::problem::{No, chain};

/// The cookie of a browser that has begun a login to answer a request.
const BROWSER: &str = "__Host-postern-answer";

/// Nothing is loaded, run or framed; a form goes back to where it came from.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;\
                     padding:0 1rem}dt{font-weight:600}dd{margin:0 0 .5rem}code{font-size:1.4rem}\
                     input{width:100%;padding:.4rem}button{padding:.5rem 1rem;margin:1rem 1rem 0 0}";

/// What the provider sends back in the address.
#[derive(Debug, Deserialize)]
pub(super) struct Returned {
    state: Option<String>,
    code: Option<String>,
}

/// Which request is to be answered.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    request: Option<String>,
}

/// What the page sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    ticket: String,
    shown: String,
    say: String,
    #[serde(default)]
    comment: String,
}

/// Sign in to link a chat user
///
/// Leads to the identity provider.
#[utoipa::path(
    get,
    path = "/chat/link",
    operation_id = "link_page",
    tag = "chat",
    security(()),
    params(("state" = Option<String>, Query, description = "What the chat user was told")),
    responses(
        (status = 303, description = "To the identity provider"),
        (status = 400, description = "A page: this login is over", content_type = "text/html"),
        (status = 503, description = "A page: not now", content_type = "text/html"),
    ),
)]
pub(super) async fn link(
    State(chat): State<Arc<Chat>>,
    returned: Result<Query<Returned>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let state = returned.ok().and_then(|Query(returned)| returned.state);
    match state.and_then(|state| state.parse::<Token>().ok()) {
        Some(state) => gone(chat.link_page(&state).await),
        None => over(),
    }
}

/// Sign in to answer a request
///
/// Leads to the identity provider, whether there is such a request or not.
#[utoipa::path(
    get,
    path = "/chat/approve",
    operation_id = "answer_page",
    tag = "chat",
    security(()),
    params(("request" = Option<String>, Query, description = "The id of the request")),
    responses(
        (status = 303, description = "To the identity provider"),
        (status = 400, description = "A page: this login is over", content_type = "text/html"),
        (status = 503, description = "A page: not now", content_type = "text/html"),
    ),
)]
pub(super) async fn approve(
    State(chat): State<Arc<Chat>>,
    which: Result<Query<Which>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let request = which.ok().and_then(|Query(which)| which.request);
    // Whether there is such a request is nobody's to know before they have logged in.
    match request.and_then(|id| id.parse::<RequestId>().ok()) {
        Some(request) => gone(chat.answer_page(request).await),
        None => over(),
    }
}

/// Come back from the identity provider
///
/// A `state` is good once, for ten minutes.
#[utoipa::path(
    get,
    path = "/chat/link/callback",
    operation_id = "login_callback",
    tag = "chat",
    security(()),
    params(
        ("state" = Option<String>, Query, description = "What the login was begun with"),
        ("code" = Option<String>, Query, description = "What the identity provider gives"),
    ),
    responses(
        (status = 200, description = "A page: the code to say in chat, or the request to answer", content_type = "text/html"),
        (status = 403, description = "A page: a rule says no", content_type = "text/html"),
        (status = 404, description = "A page: there is no such request to see", content_type = "text/html"),
        (status = 400, description = "A page: this login is over", content_type = "text/html"),
        (status = 503, description = "A page: not now", content_type = "text/html"),
    ),
)]
pub(super) async fn back(
    State(chat): State<Arc<Chat>>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(Returned {
        state: Some(state),
        code: Some(code),
    })) = returned
    else {
        return over();
    };
    let Ok(state) = state.parse::<Token>() else {
        return over();
    };
    if code.len() > 2_048 {
        return over();
    }
    let browser = browser(&headers);
    match Box::pin(chat.back(&state, &code, browser.as_deref())).await {
        Ok(Back::Code(code)) => {
            let line = escaped(&says::code_for_people(&code));
            page(StatusCode::OK, "One more step", &format!("<p>{line}</p>"))
        }
        Ok(Back::Answer {
            request,
            caller,
            ticket,
        }) => match chat.look(&caller, request).await {
            Ok(view) => page(
                StatusCode::OK,
                "Answer a request",
                &asked(&view, &caller, &ticket),
            ),
            Err(turned) => refused(&No::from(turned).into_problem()),
        },
        Err(why) => not_logged_in(&why),
    }
}

/// Answer a request by its page
///
/// What the page sends: its ticket, good once in the browser that has logged in, and the answer.
#[utoipa::path(
    post,
    path = "/chat/approve",
    operation_id = "answer_by_page",
    tag = "chat",
    security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded", description = "As the page sends it"),
    responses(
        (status = 200, description = "A page: it is done", content_type = "text/html"),
        (status = 403, description = "A page: a rule says no", content_type = "text/html"),
        (status = 409, description = "A page: the request is otherwise by now", content_type = "text/html"),
        (status = 422, description = "A page: the answer cannot be read", content_type = "text/html"),
        (status = 400, description = "A page: this login is over", content_type = "text/html"),
        (status = 503, description = "A page: not now", content_type = "text/html"),
    ),
)]
pub(super) async fn said(
    State(chat): State<Arc<Chat>>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Ok(Form(sent)) = sent else {
        return over();
    };
    let comment = match sent.comment.trim() {
        "" => Ok(None),
        text => text.parse::<Comment>().map(Some),
    };
    let said = match (sent.say.as_str(), comment, sent.shown.parse::<Digest>()) {
        ("approve", Ok(comment), Ok(shown)) => Said::Approve { shown, comment },
        ("deny", Ok(comment), Ok(_)) => Said::Deny { comment },
        ("review", Ok(Some(comment)), Ok(_)) => Said::Review { comment },
        (_, _, _) => {
            let words = "<p>A comment is one plain line of at most 300 characters, and a review \
                         needs one. Go back and say it again.</p>";
            return page(StatusCode::UNPROCESSABLE_ENTITY, "Not understood", words);
        }
    };
    let browser = browser(&headers);
    match Box::pin(chat.say(&sent.ticket, browser.as_deref(), said)).await {
        Ok((id, Ok(view))) => {
            // The card is brought in line at once; what fails here is found by the schedule.
            if let Err(trouble) = Box::pin(chat.tell(id)).await {
                tracing::warn!(cause = chain(&trouble), "chat was not told");
            }
            page(StatusCode::OK, "Done", &told(&view))
        }
        Ok((_, Err(turned))) => refused(&No::from(turned).into_problem()),
        Err(why) => not_logged_in(&why),
    }
}

fn gone(gone: Result<Gone, NotLoggedIn>) -> Response {
    match gone {
        Ok(Gone { to, browser }) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            let headers = response.headers_mut();
            if let Ok(to) = HeaderValue::try_from(to.as_str()) {
                headers.insert(LOCATION, to);
            }
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            let cookie = browser.map(|browser| {
                let rest = "Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax";
                HeaderValue::try_from(format!("{BROWSER}={browser}; {rest}"))
            });
            if let Some(Ok(cookie)) = cookie {
                headers.insert(SET_COOKIE, cookie);
            }
            response
        }
        Err(why) => not_logged_in(&why),
    }
}

/// The cookie, where it came once.
fn browser(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter();
    let pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    let mut ours = pairs.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = ours.find(|(name, _)| *name == BROWSER)?;
    match ours.any(|(name, _)| name == BROWSER) {
        true => None,
        false => Some(value.to_owned()),
    }
}

fn over() -> Response {
    page(
        StatusCode::BAD_REQUEST,
        "This login is over",
        "<p>It was begun elsewhere, has been used, or took longer than ten minutes. Nothing was \
         changed. Go back to chat and begin again.</p>",
    )
}

fn not_logged_in(why: &NotLoggedIn) -> Response {
    tracing::info!(cause = chain(why), "nobody was logged in");
    let may_pass = match why {
        NotLoggedIn::Over => false,
        NotLoggedIn::Login(fault) => fault.may_pass(),
        NotLoggedIn::Trouble(_) => true,
    };
    match may_pass {
        false => over(),
        true => page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not now",
            "<p>Something that Postern needs does not answer. Nothing was changed. Try again in a \
             moment.</p>",
        ),
    }
}

/// A no of the rules, in their own words.
fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let words = format!(
        "<p>{}.</p><p>{}</p><p>{}</p>",
        escaped(&problem.detail),
        escaped(&problem.next),
        escaped(&problem.code)
    );
    page(status, "Postern says no", &words)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escaped(title);
    let text = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    );
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}
