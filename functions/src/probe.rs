//! What the tests of this crate ask with: the real routers, over a deployment whose AWS and
//! identity provider are never reached, or, with a [`Login`], a provider on loopback.

mod login;

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use broker::clock::Clock;
use broker::config::Config;
use broker::identity::Verifier;
use broker::in_force::InForce;
use broker::notice::Notices;
use http_body_util::BodyExt;
use rules::wire::Problem;
use tower::ServiceExt;

use crate::api::{self, ApiState};
use crate::doctor::{self, DoctorState};
use crate::issue::{self, IssueState};
use crate::metrics::Metrics;

pub(crate) use self::login::Login;

/// A request id that is well formed.
pub(crate) const ID: &str = "req-01KAV3M0000123456789ABCDEF";

/// A deployment's settings.
fn setting(name: &str) -> Option<String> {
    let value = match name {
        "POSTERN_HOME_ACCOUNT" => "111122223333",
        "POSTERN_PLACES" => include_str!("../tests/places.json"),
        "POSTERN_TABLE" => "postern",
        "POSTERN_POLICY" => include_str!("../../policies/starter.cedar"),
        "POSTERN_ISSUER" => "https://login.example.com",
        "POSTERN_AUDIENCES" => "postern",
        _ => return None,
    };
    Some(value.to_owned())
}

fn config() -> Config {
    Config::from_env(setting).expect("these settings are right")
}

/// Clients of it can be built, and have neither credentials nor a Region to call anything with.
fn sdk() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .build()
}

fn in_force() -> InForce {
    config().in_force(&sdk(), Clock::system(), Notices::unheard())
}

fn verifier() -> Arc<Verifier> {
    Arc::new(
        config()
            .verifier(Clock::system())
            .expect("the issuer is https"),
    )
}

/// The router of `api`, which nobody has logged in to.
pub(crate) fn api() -> Router {
    api_for(verifier())
}

/// The router of `issue`, which nobody has logged in to.
pub(crate) fn issue() -> Router {
    issue_for(verifier())
}

/// The router of `api`. A call that gets past its door finds no AWS.
pub(crate) fn api_for(verifier: Arc<Verifier>) -> Router {
    let desk = config().desk(&sdk(), in_force(), Clock::system());
    let desk = Arc::new(desk.expect("the place is at home"));
    let metrics = Metrics::uncounted();
    api::router(ApiState {
        desk,
        verifier,
        metrics,
    })
}

/// The router of `issue`. A call that gets past its door finds no AWS.
pub(crate) fn issue_for(verifier: Arc<Verifier>) -> Router {
    let issuer = config().issuer(&sdk(), in_force(), Clock::system());
    let issuer = Arc::new(issuer.expect("the place is at home"));
    let metrics = Metrics::uncounted();
    issue::router(IssueState {
        issuer,
        verifier,
        metrics,
    })
}

/// The router of `doctor`. A call that gets past its door finds no AWS.
pub(crate) fn doctor_for(verifier: Arc<Verifier>) -> Router {
    let practice = config().practice(&sdk(), in_force(), Clock::system());
    let practice = Arc::new(practice.expect("the place is at home"));
    let metrics = Metrics::uncounted();
    doctor::router(DoctorState {
        practice,
        verifier,
        metrics,
    })
}

/// What a router answers.
pub(crate) async fn answer(router: &Router, request: Request<Body>) -> Response {
    router
        .clone()
        .oneshot(request)
        .await
        .expect("a router always answers")
}

/// The status, the headers kept in the response, and the body as it stands.
pub(crate) async fn taken(response: Response) -> (StatusCode, Vec<u8>) {
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("the body is at hand");
    (status, body.to_bytes().to_vec())
}

/// The problem that an answer holds, which must agree with its status.
pub(crate) async fn problem(response: Response) -> Problem {
    assert_eq!(
        response
            .headers()
            .get("content-type")
            .map(|kind| kind.as_bytes()),
        Some(&b"application/problem+json"[..])
    );
    let (status, body) = taken(response).await;
    let problem: Problem = serde_json::from_slice(&body).expect("a problem is JSON");
    assert_eq!(problem.status, status.as_u16());
    assert_eq!(
        problem.kind,
        format!("urn:postern:problem:{}", problem.code)
    );
    assert!(
        !problem.detail.is_empty() && problem.next.ends_with('.'),
        "{problem:?}"
    );
    problem
}
