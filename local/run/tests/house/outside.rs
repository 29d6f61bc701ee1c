//! A house whose clock stands still, and calls to it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use postern_local::house::{Doors, House, Plan};
use postern_local::people::Person;
use serde_json::Value;
use standin::StandinClock;
use tower::ServiceExt as _;

/// 2026-11-24T10:00:00Z.
pub(crate) const START: i64 = 1_795_514_400_000;

/// A house in memory, and its clock.
pub(crate) async fn house() -> (House, StandinClock) {
    let clock = StandinClock::by_hand(START);
    let plan = Plan {
        clock: clock.clone(),
        data_dir: None,
        doors: Doors::InProcess,
        settings: Vec::new(),
    };
    (House::start(plan).await.unwrap(), clock)
}

/// Calls the API in somebody's name; gives the status and the body.
pub(crate) async fn call(
    house: &House,
    who: Person,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let token = house.token(who).unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or(Body::empty(), |value| Body::from(value.to_string()));
    let answer = house
        .router()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}
