//! Where instances are examined: the function `doctor`.
//!
//! Its role is the only one that may read what surrounds an instance: networks, roles, keys and
//! buckets. It may change nothing at all, and reads nothing of the ledger.
//!
//! It is entered in two ways. People come through API Gateway, with a token, and see what they may
//! know of. `api` invokes the function itself, which takes the permission of its own role to do so,
//! and is told no more than goes on record with a request. The two are told apart by the shape of
//! the event: what a person sends stands inside an event of API Gateway, and cannot become another.

use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::{Json, Router};
use broker::identity::Verifier;
use broker::practice::Practice;
use lambda_http::{LambdaEvent, Service};
use rules::names::KindWord;
use rules::wire::{Examination, Examined, ReadinessView};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tower::service_fn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authentication::Authenticated;
use crate::metrics::Metrics;
use crate::parts::{Asked, Named};
use crate::problem::Answered;
use crate::{boundary, gateway};

/// What the function `doctor` works with.
#[derive(Debug, Clone)]
pub struct DoctorState {
    /// The practice.
    pub practice: Arc<Practice>,
    /// Who says who is calling.
    pub verifier: Arc<Verifier>,
    /// What answers are counted by.
    pub metrics: Metrics,
}

impl FromRef<DoctorState> for Arc<Practice> {
    fn from_ref(state: &DoctorState) -> Self {
        Self::clone(&state.practice)
    }
}

impl FromRef<DoctorState> for Arc<Verifier> {
    fn from_ref(state: &DoctorState) -> Self {
        Self::clone(&state.verifier)
    }
}

/// The route of `doctor`, described.
pub(crate) fn routes() -> OpenApiRouter<DoctorState> {
    OpenApiRouter::default().routes(routes!(readiness))
}

/// The router of `doctor`.
pub fn router(state: DoctorState) -> Router {
    let (router, _) = routes().split_for_parts();
    let metrics = state.metrics.clone();
    boundary::around(router.with_state(state), metrics)
}

/// What an invocation is answered with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told<R> {
    /// To `api`.
    Examined(Examined),
    /// To API Gateway.
    Http(R),
}

/// The function as the Lambda runtime calls it, with whatever JSON an event is.
pub fn behind(
    state: DoctorState,
) -> impl Service<
    LambdaEvent<Box<RawValue>>,
    Response: Serialize + Debug,
    Error = Infallible,
    Future: Send,
> {
    let practice = Arc::clone(&state.practice);
    let mut http = gateway::behind(router(state));
    service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let way = match serde_json::from_str::<Examination>(event.payload.get()) {
            Ok(examination) => Ok((Arc::clone(&practice), examination)),
            Err(_) => Err(http.call(event)),
        };
        async move {
            Ok::<_, Infallible>(match way {
                Ok((practice, examination)) => {
                    Told::Examined(Box::pin(practice.examine(&examination)).await)
                }
                Err(answering) => match answering.await {
                    Ok(answer) => Told::Http(answer),
                    Err(never) => match never {},
                },
            })
        }
    })
}

/// Which kinds of access are looked at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct For {
    /// Only this kind; all that the place offers where it is left out.
    #[param(inline)]
    kind: Option<KindWord>,
}

/// Examine a target
///
/// Whether a session can be opened on it, whether its log will land, and whether its agent forwards
/// ports safely; what is in the way, with the mend as a command and a piece of a template; and
/// everything that was looked at. What could not be looked at is `unknown`, and never counts as ok.
/// For whoever may ask for something on the target, operators and auditors.
#[utoipa::path(
    get,
    path = "/v1/targets/{account}/{region}/{id}/readiness",
    tag = "targets",
    params(Named, For),
    responses((status = 200, description = "Its readiness", body = ReadinessView)),
)]
pub(crate) async fn readiness(
    Authenticated(caller): Authenticated,
    Named(target): Named,
    Asked(For { kind }): Asked<For>,
    State(practice): State<Arc<Practice>>,
) -> Answered<Json<ReadinessView>> {
    Ok(Json(practice.readiness(&caller, &target, kind).await?))
}
