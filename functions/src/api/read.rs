//! Looking at one request, at what may be asked for, and at the function itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use broker::desk::Desk;
use rules::wire::{EntriesView, Health, RequestView, SessionsView, TargetsView};

use crate::authentication::Authenticated;
use crate::parts::Id;
use crate::problem::Answered;

/// Show a request
///
/// What it asks for, what the policy wants, who has approved, and what the caller may do now.
#[utoipa::path(
    get,
    path = "/v1/requests/{id}",
    tag = "requests",
    params(Id),
    responses((status = 200, description = "The request", body = RequestView)),
)]
pub(crate) async fn show(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    State(desk): State<Arc<Desk>>,
) -> Answered<Json<RequestView>> {
    Ok(Json(desk.show(&caller, id).await?))
}

/// List the sessions of a request
///
/// Oldest first, each with the verdict on its log.
#[utoipa::path(
    get,
    path = "/v1/requests/{id}/sessions",
    tag = "requests",
    params(Id),
    responses((status = 200, description = "The sessions seen so far", body = SessionsView)),
)]
pub(crate) async fn sessions(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    State(desk): State<Arc<Desk>>,
) -> Answered<Json<SessionsView>> {
    Ok(Json(desk.sessions(&caller, id).await?))
}

/// Read the audit trail of a request
///
/// Every entry with its digest, so that the chain can be checked again by whoever reads it.
#[utoipa::path(
    get,
    path = "/v1/requests/{id}/entries",
    tag = "requests",
    params(Id),
    responses((status = 200, description = "The audit trail", body = EntriesView)),
)]
pub(crate) async fn entries(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    State(desk): State<Arc<Desk>>,
) -> Answered<Json<EntriesView>> {
    Ok(Json(desk.entries(&caller, id).await?))
}

/// List the targets that may be asked for
///
/// With the kinds of access that a policy offers the caller on each, and what each takes.
#[utoipa::path(
    get,
    path = "/v1/targets",
    tag = "targets",
    responses((status = 200, description = "The targets", body = TargetsView)),
)]
pub(crate) async fn targets(
    Authenticated(caller): Authenticated,
    State(desk): State<Arc<Desk>>,
) -> Answered<Json<TargetsView>> {
    Ok(Json(desk.targets(&caller).await?))
}

/// Tell whether the function answers
///
/// Takes no token and asks nothing of AWS.
#[utoipa::path(
    get,
    path = "/v1/health",
    tag = "about",
    security(()),
    responses((status = 200, description = "It does", body = Health)),
)]
pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
