//! `POST /v1/requests/{id}/{verb}`: answering requests, and ending grants early.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use broker::desk::{Act, Desk};
use rules::wire::{Answer, Approve, Extend, RequestView, Review};

use crate::authentication::Authenticated;
use crate::body::{MaybeSent, Sent};
use crate::filed;
use crate::parts::{Id, Key};
use crate::problem::Answered;

/// Approve a request
///
/// Says yes to exactly what the approver was shown, which `shown` names. Nobody approves their own
/// request. The request is `approved` once enough people have said yes.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/approve",
    tag = "requests",
    params(Id, Key),
    request_body = Approve,
    responses((
        status = 200,
        description = "The request, with the approval",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn approve(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    Sent(body): Sent<Approve>,
) -> Answered<Response> {
    let taken = desk.approve(&caller, id, body, key.as_ref()).await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Deny a request
///
/// Says no. One person of the approver groups is enough.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/deny",
    tag = "requests",
    params(Id, Key),
    request_body = Option<Answer>,
    responses((
        status = 200,
        description = "The request, `denied`",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn deny(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    MaybeSent(body): MaybeSent<Answer>,
) -> Answered<Response> {
    let taken = desk.act(&caller, id, Act::Deny, body, key.as_ref()).await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Withdraw a request
///
/// The requester takes it back before it is approved.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/withdraw",
    tag = "requests",
    params(Id, Key),
    request_body = Option<Answer>,
    responses((
        status = 200,
        description = "The request, `withdrawn`",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn withdraw(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    MaybeSent(body): MaybeSent<Answer>,
) -> Answered<Response> {
    let taken = desk
        .act(&caller, id, Act::Withdraw, body, key.as_ref())
        .await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Revoke a grant
///
/// An approver of the request or an operator takes it back. Its sessions are ended at once.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/revoke",
    tag = "requests",
    params(Id, Key),
    request_body = Option<Answer>,
    responses((
        status = 200,
        description = "The request, `ending`, or `closed` where nothing had been issued",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn revoke(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    MaybeSent(body): MaybeSent<Answer>,
) -> Answered<Response> {
    let taken = desk
        .act(&caller, id, Act::Revoke, body, key.as_ref())
        .await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Release a grant
///
/// The requester hands it back early. Its sessions are ended at once.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/release",
    tag = "requests",
    params(Id, Key),
    request_body = Option<Answer>,
    responses((
        status = 200,
        description = "The request, `ending`, or `closed` where nothing had been issued",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn release(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    MaybeSent(body): MaybeSent<Answer>,
) -> Answered<Response> {
    let taken = desk
        .act(&caller, id, Act::Release, body, key.as_ref())
        .await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Extend a grant
///
/// The requester wants it to last longer, while it runs. The policy that offered the access is asked
/// again, for the whole time; where people approved, people approve again. Sessions go on meanwhile,
/// and credentials are issued up to the new end.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/extend",
    tag = "requests",
    params(Id, Key),
    request_body = Extend,
    responses((
        status = 200,
        description = "The request, with a later end, or with an extension that waits for an answer",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn extend(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    Sent(body): Sent<Extend>,
) -> Answered<Response> {
    let taken = desk.extend(&caller, id, body, key.as_ref()).await?;
    Ok(filed::answer(StatusCode::OK, taken))
}

/// Review an emergency
///
/// Somebody of the groups that the policy names says what became of it, once it is over. Only then
/// may its requester break the glass again.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/review",
    tag = "requests",
    params(Id, Key),
    request_body = Review,
    responses((
        status = 200,
        description = "The request, reviewed",
        body = RequestView,
        headers(("Idempotency-Replayed" = Option<String>, description = "`true` where the same call was taken before, and nothing was changed this time")),
    )),
)]
pub(crate) async fn review(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Key(key): Key,
    State(desk): State<Arc<Desk>>,
    Sent(body): Sent<Review>,
) -> Answered<Response> {
    let taken = desk.review(&caller, id, body, key.as_ref()).await?;
    Ok(filed::answer(StatusCode::OK, taken))
}
