//! `GET /v1/requests`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use broker::desk::{Desk, ListQuery, ListView};
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::RequestList;
use serde::Deserialize;

use crate::authentication::Authenticated;
use crate::parts::Asked;
use crate::problem::Answered;

/// How many requests a page looks at where the caller does not say.
const USUAL: u8 = 20;

/// The most that a page looks at.
const MOST: u8 = 100;

/// The query of a listing, as it is sent.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Whose requests; `mine` where it is left out.
    #[serde(default)]
    #[param(inline)]
    view: View,
    /// Only those in this status. A page may then hold fewer than `limit`, and still have a
    /// successor.
    status: Option<StatusWord>,
    /// With `view=all`: those made on this day in UTC; today where it is left out.
    #[param(format = Date, example = "2026-11-24")]
    day: Option<String>,
    /// How many to look at: 1 to 100, 20 where it is left out.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u8>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<RequestId>,
}

/// Whose requests.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum View {
    /// The caller's own.
    #[default]
    Mine,
    /// Those that the caller may approve now.
    Waiting,
    /// Everybody's of one day, for operators and auditors.
    All,
}

/// A listing that can be made.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Listing")]
pub(crate) struct Wanted(ListQuery);

impl TryFrom<Listing> for Wanted {
    type Error = String;

    fn try_from(listing: Listing) -> Result<Self, String> {
        let view = match (listing.view, listing.day) {
            (View::Mine, None) => ListView::Mine,
            (View::Waiting, None) => ListView::Waiting,
            (View::All, None) => ListView::All { day: None },
            (View::All, Some(day)) => {
                let day = day
                    .parse()
                    .map_err(|_| "`day` is not a day like `2026-11-24`")?;
                ListView::All { day: Some(day) }
            }
            (View::Mine | View::Waiting, Some(_)) => {
                return Err("`day` goes with `view=all` only".to_owned());
            }
        };
        let limit = listing.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(format!("`limit` is 1 to {MOST}"));
        }
        Ok(Self(ListQuery {
            view,
            status: listing.status,
            limit: limit.into(),
            after: listing.after,
        }))
    }
}

/// List requests
///
/// Newest first, a page at a time.
#[utoipa::path(
    get,
    path = "/v1/requests",
    tag = "requests",
    params(Listing),
    responses((
        status = 200,
        description = "A page of requests",
        body = RequestList,
        links(("next" = (operation_id = "list", parameters(("after" = "$response.body#/next"))))),
    )),
)]
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    Asked(Wanted(query)): Asked<Wanted>,
    State(desk): State<Arc<Desk>>,
) -> Answered<Json<RequestList>> {
    Ok(Json(desk.list(&caller, &query).await?))
}

#[cfg(test)]
mod tests;
