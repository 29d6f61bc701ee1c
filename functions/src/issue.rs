//! Where access is handed out: the function `issue`, and its one route.
//!
//! Its role is the only one that may call `sts:AssumeRole`.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{FromRef, State};
use broker::desk::Issuer;
use broker::identity::Verifier;
use rules::wire::{Answer, Credentials, ProcessCredentials};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authentication::Authenticated;
use crate::body::MaybeSent;
use crate::boundary;
use crate::metrics::Metrics;
use crate::parts::{Asked, Id, Key};
use crate::problem::Answered;

/// What the route of `issue` works with.
#[derive(Debug, Clone)]
pub struct IssueState {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Who says who is calling.
    pub verifier: Arc<Verifier>,
    /// What answers are counted by.
    pub metrics: Metrics,
}

impl FromRef<IssueState> for Arc<Issuer> {
    fn from_ref(state: &IssueState) -> Self {
        Self::clone(&state.issuer)
    }
}

impl FromRef<IssueState> for Arc<Verifier> {
    fn from_ref(state: &IssueState) -> Self {
        Self::clone(&state.verifier)
    }
}

/// The route of `issue`, described.
pub(crate) fn routes() -> OpenApiRouter<IssueState> {
    OpenApiRouter::default().routes(routes!(issue))
}

/// The router of `issue`.
pub fn router(state: IssueState) -> Router {
    let (router, _) = routes().split_for_parts();
    let metrics = state.metrics.clone();
    boundary::around(router.with_state(state), metrics)
}

/// The shape that the credentials are wanted in.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Shape {
    /// `credential_process` gives what the AWS CLI and SDKs read of such a process; otherwise the
    /// credentials come with what else is needed to use them.
    #[param(inline)]
    format: Option<Format>,
}

/// A shape by name.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// That of `credential_process`.
    CredentialProcess,
}

/// Credentials in the shape that was wanted.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum Issued {
    /// With what else is needed to use them.
    Whole(Credentials),
    /// As `credential_process` gives them.
    ForProcess(ProcessCredentials),
}

/// Have credentials issued
///
/// For the requester alone, while the grant runs; the first time activates the grant, and its
/// clock starts. The same `Idempotency-Key` gives new credentials of the same grant, for a secret
/// is never kept.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/credentials",
    tag = "requests",
    params(Id, Shape, Key),
    request_body = Option<Answer>,
    responses((
        status = 200,
        description = "Credentials: the only secrets in the API",
        body = Issued,
    )),
)]
pub(crate) async fn issue(
    Authenticated(caller): Authenticated,
    Id(id): Id,
    Asked(shape): Asked<Shape>,
    Key(key): Key,
    State(issuer): State<Arc<Issuer>>,
    MaybeSent(Answer { .. }): MaybeSent<Answer>,
) -> Answered<Json<Issued>> {
    let credentials = issuer.issue(&caller, id, key.as_ref()).await?;
    Ok(Json(match shape.format {
        Some(Format::CredentialProcess) => Issued::ForProcess(credentials.into()),
        None => Issued::Whole(credentials),
    }))
}
