//! `GET /v1/audit/entries`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LINK};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use broker::desk::Desk;
use broker::ledger::Day;
use rules::names::RequestId;
use serde::Deserialize;

use crate::authentication::Authenticated;
use crate::parts::Asked;
use crate::problem::Answered;

/// JSON Lines.
const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// The query of an export, as it is sent.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The day in UTC on which the requests were made.
    #[param(format = Date, example = "2026-11-24")]
    day: String,
    /// Only requests that are older than this one: where the page before ended. The address in its
    /// `Link` header says so already.
    #[param(value_type = Option<String>)]
    after: Option<RequestId>,
}

/// A page that can be had.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Wanted")]
pub(crate) struct PageOf(Day, Option<RequestId>);

impl TryFrom<Wanted> for PageOf {
    type Error = String;

    fn try_from(Wanted { day, after }: Wanted) -> Result<Self, String> {
        let day = day
            .parse()
            .map_err(|_| "`day` is not a day like `2026-11-24`")?;
        Ok(Self(day, after))
    }
}

/// Export the audit trails of a day
///
/// The trails of all requests that were made on one day, for auditors and operators: one entry with
/// its digest on each line, the trails one after the other, each whole. Where there is another page,
/// the header `Link` has its address. `postern audit verify` checks what comes of it.
#[utoipa::path(
    get,
    path = "/v1/audit/entries",
    tag = "audit",
    params(Wanted),
    responses((
        status = 200,
        description = "A page of entries, one on each line; no line where no request was made",
        body = String,
        content_type = "application/x-ndjson",
        headers(("Link" = Option<String>, description = "The address of the next page: `</v1/audit/entries?…>; rel=\"next\"`")),
    )),
)]
pub(crate) async fn export(
    Authenticated(caller): Authenticated,
    Asked(PageOf(day, after)): Asked<PageOf>,
    State(desk): State<Arc<Desk>>,
) -> Answered<Response> {
    let export = desk.export(&caller, day, after).await?;
    let mut response = (StatusCode::OK, export.lines).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, LINES);
    let next = export
        .next
        .map(|next| format!("</v1/audit/entries?day={day}&after={next}>; rel=\"next\""))
        .and_then(|link| HeaderValue::try_from(link).ok());
    if let Some(next) = next {
        headers.insert(LINK, next);
    }
    Ok(response)
}
