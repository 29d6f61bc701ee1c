//! Where people talk about access: the function `api`.
//!
//! It may read and write the ledger and read the inventory. It holds no client for STS.

mod answer;
mod ask;
mod explain;
mod export;
mod list;
mod read;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use broker::desk::Desk;
use broker::identity::Verifier;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::metrics::Metrics;
use crate::{boundary, openapi};

/// What the routes of `api` work with.
#[derive(Debug, Clone)]
pub struct ApiState {
    /// The desk.
    pub desk: Arc<Desk>,
    /// Who says who is calling.
    pub verifier: Arc<Verifier>,
    /// What answers are counted by.
    pub metrics: Metrics,
}

impl FromRef<ApiState> for Arc<Desk> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.desk)
    }
}

impl FromRef<ApiState> for Arc<Verifier> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.verifier)
    }
}

/// The routes of `api`, described.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(ask::ask, list::list))
        .routes(routes!(read::show))
        .routes(routes!(answer::approve))
        .routes(routes!(answer::deny))
        .routes(routes!(answer::withdraw))
        .routes(routes!(answer::revoke))
        .routes(routes!(answer::release))
        .routes(routes!(answer::extend))
        .routes(routes!(answer::review))
        .routes(routes!(read::sessions))
        .routes(routes!(read::entries))
        .routes(routes!(read::targets))
        .routes(routes!(export::export))
        .routes(routes!(explain::explain))
        .routes(routes!(read::health))
        .routes(routes!(openapi::openapi))
}

/// The router of `api`.
pub fn router(state: ApiState) -> Router {
    let (router, _) = routes().split_for_parts();
    let metrics = state.metrics.clone();
    boundary::around(router.with_state(state), metrics)
}
