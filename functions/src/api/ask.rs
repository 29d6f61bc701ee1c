//! `POST /v1/requests`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use broker::desk::Desk;
use rules::ask::Ask;
use rules::wire::RequestView;

use crate::authentication::Authenticated;
use crate::body::Sent;
use crate::filed;
use crate::parts::Key;
use crate::problem::Answered;

/// Ask for access
///
/// Records a request for one kind of access to one to ten targets. A policy decides whether there
/// is a way at all, and who must approve.
#[utoipa::path(
    post,
    path = "/v1/requests",
    tag = "requests",
    params(Key),
    request_body = Ask,
    responses((
        status = 201,
        description = "The request is recorded: `pending`, or `approved` where the policy says so by itself",
        body = RequestView,
        headers(
            ("Location" = String, description = "The path of the request, without a stage"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time"),
        ),
        links(
            ("show" = (operation_id = "show", parameters(("id" = "$response.body#/id")))),
            ("approve" = (operation_id = "approve", parameters(("id" = "$response.body#/id")))),
            ("deny" = (operation_id = "deny", parameters(("id" = "$response.body#/id")))),
            ("withdraw" = (operation_id = "withdraw", parameters(("id" = "$response.body#/id")))),
            ("issue" = (operation_id = "issue", parameters(("id" = "$response.body#/id")))),
            ("revoke" = (operation_id = "revoke", parameters(("id" = "$response.body#/id")))),
            ("release" = (operation_id = "release", parameters(("id" = "$response.body#/id")))),
            ("extend" = (operation_id = "extend", parameters(("id" = "$response.body#/id")))),
            ("review" = (operation_id = "review", parameters(("id" = "$response.body#/id")))),
            ("sessions" = (operation_id = "sessions", parameters(("id" = "$response.body#/id")))),
            ("entries" = (operation_id = "entries", parameters(("id" = "$response.body#/id")))),
        ),
    )),
)]
pub(crate) async fn ask(
    Authenticated(caller): Authenticated,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    Sent(ask): Sent<Ask>,
) -> Answered<Response> {
    let taken = desk.ask(&caller, ask, key.as_ref()).await?;
    Ok(filed::answer(StatusCode::CREATED, taken))
}
