//! `POST /v1/policy/explain`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use broker::desk::{Desk, Explained};
use rules::ask::Ask;
use rules::refusal::Refusal;
use rules::wire::{ExplanationView, Problem};

use crate::authentication::Authenticated;
use crate::body::Sent;
use crate::problem::{Answered, status_of};

/// Explain what asking would come to
///
/// Takes what `ask` takes, and records nothing: whether it would be allowed, who would be asked, until
/// when the grant would last, with which session document, whether it would be logged; and for each
/// policy whether it applies, or which of its clauses says no.
#[utoipa::path(
    post,
    path = "/v1/policy/explain",
    tag = "policy",
    request_body = Ask,
    responses((status = 200, description = "What asking would come to", body = ExplanationView)),
)]
pub(crate) async fn explain(
    Authenticated(caller): Authenticated,
    State(desk): State<Arc<Desk>>,
    Sent(ask): Sent<Ask>,
) -> Answered<Json<ExplanationView>> {
    let kind = ask.kind.clone();
    let Explained {
        explanation,
        policy_set,
        now,
    } = desk.explain(&caller, ask).await?;
    let told = |refusal: &Refusal| Problem::of(refusal, status_of(refusal.class()).as_u16());
    Ok(Json(ExplanationView::of(
        explanation,
        &kind,
        policy_set,
        now,
        told,
    )))
}
