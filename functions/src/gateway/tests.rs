use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, Request};
use axum::routing::{get, post};
use lambda_http::Context;
use rules::ask::Ask;
use serde_json::Value;
use tower::ServiceExt;

use super::event::without_stage;
use super::*;
use crate::body::Sent;
use crate::metrics::Metrics;
use crate::probe;

/// An event as API Gateway sends it.
macro_rules! event {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/events/",
            $name,
            ".json"
        ))
    };
}

// It needs the macro.
mod odd;

/// What API Gateway gets back for an event.
async fn answer(router: Router, event: &str) -> Value {
    let event = RawValue::from_string(event.to_owned()).expect("it is JSON");
    let answer = behind(router)
        .oneshot(LambdaEvent::new(event, Context::default()))
        .await
        .unwrap();
    serde_json::to_value(answer).unwrap()
}

fn code(answer: &Value) -> String {
    let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(problem["status"], answer["statusCode"]);
    problem["code"].as_str().unwrap().to_owned()
}

/// Doors that show what came through the gateway.
fn doors() -> Router {
    let cookies = async |headers: HeaderMap| {
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap());
        cookies.collect::<Vec<_>>().join(" | ")
    };
    boundary::around(
        Router::new()
            .route(
                "/v1/requests",
                post(async |Sent(ask): Sent<Ask>| ask.reason.to_string()),
            )
            .route("/v1/cookies", get(cookies))
            .route(
                "/v1/query",
                get(async |request: Request<Body>| request.uri().query().unwrap().to_owned()),
            ),
        Metrics::uncounted(),
    )
}

#[tokio::test]
async fn every_stage_reaches_the_same_routes() {
    for event in [
        event!("default_stage"),
        event!("named_stage"),
        event!("custom_domain"),
        event!("stage_like_a_route"),
    ] {
        let answer = answer(probe::api(), event).await;
        assert_eq!(answer["statusCode"], 200, "{event}");
        assert_eq!(answer["isBase64Encoded"], false);
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert_eq!(answer["headers"]["cache-control"], "no-store");
        assert!(answer["body"].as_str().unwrap().contains("\"ok\""));
    }
    let elsewhere = answer(probe::api(), event!("other_stage_in_path")).await;
    assert_eq!(code(&elsewhere), "no-such-route");
}

#[tokio::test]
async fn problems_pass_the_gateway_as_text() {
    let answer = answer(probe::issue(), event!("default_stage")).await;
    assert_eq!(
        answer["headers"]["content-type"],
        "application/problem+json"
    );
    assert_eq!(answer["isBase64Encoded"], false);
    assert_eq!(code(&answer), "no-such-route");
}

#[tokio::test]
async fn a_body_is_the_same_as_text_and_in_base64() {
    for event in [event!("text_body"), event!("base64_body")] {
        let answer = answer(doors(), event).await;
        assert_eq!(answer["body"], "디스크 full on web-7");
    }
    assert_eq!(
        code(&answer(doors(), event!("binary_body")).await),
        "unreadable-body"
    );
    assert_eq!(
        code(&answer(doors(), event!("no_body")).await),
        "unreadable-body"
    );
}

#[tokio::test]
async fn cookies_stay_cookies_and_queries_keep_their_spelling() {
    let cookies = answer(doors(), event!("cookies")).await;
    assert_eq!(
        cookies["body"],
        "a=1; b=2; c=3; Authorization=Bearer%20e30.e30.e30"
    );
    let query = answer(doors(), event!("query")).await;
    assert_eq!(query["body"], "view=all&day=2026-11-24&note=a%2Bb%20c");
}

#[tokio::test]
async fn an_identity_in_the_context_of_an_event_is_ignored() {
    let forged = answer(probe::api(), event!("forged_authorizer")).await;
    assert_eq!(code(&forged), "unauthenticated");
    let many = answer(probe::api(), event!("many_authorizations")).await;
    assert_eq!(many["body"], forged["body"]);
    assert_eq!(many["headers"], forged["headers"]);
}

#[tokio::test]
async fn a_line_break_in_a_path_becomes_no_header() {
    let answer = answer(probe::api(), event!("line_break_in_path")).await;
    assert!(answer["headers"].get("x-injected").is_none());
    assert!(
        [401, 404].contains(&answer["statusCode"].as_u64().unwrap()),
        "{answer}"
    );
}

#[test]
fn only_a_stage_in_front_of_a_route_is_taken_off() {
    for (path, stage, expected) in [
        ("/prod/v1/requests", Some("prod"), "/v1/requests"),
        ("/v1/v1/requests", Some("v1"), "/v1/requests"),
        ("/v1/requests", Some("v1"), "/v1/requests"),
        ("/v1/requests", Some("$default"), "/v1/requests"),
        ("/prod/v1/requests", Some("$default"), "/prod/v1/requests"),
        ("/production/v1/a", Some("prod"), "/production/v1/a"),
        ("/prod/prod/v1/a", Some("prod"), "/prod/prod/v1/a"),
        ("/prod/v1", Some("prod"), "/prod/v1"),
        ("/prod", Some("prod"), "/prod"),
        ("/", Some("prod"), "/"),
        ("/prod/chat/link", Some("prod"), "/chat/link"),
        ("/v1/requests", Some(""), "/v1/requests"),
        ("/prod/v1/requests", None, "/prod/v1/requests"),
    ] {
        assert_eq!(without_stage(path, stage), expected, "{path} on {stage:?}");
    }
}

#[tokio::test]
async fn no_character_in_a_call_breaks_its_address() {
    const PATH: &str = "\"rawPath\": \"/v1/health";
    const QUERY: &str = "\"rawQueryString\": \"";
    const SCHEME: &str = "\"x-forwarded-proto\": \"https";
    const NAME: &str = "\"host\": \"";
    let router = probe::api();
    for character in (0..=0x7f_u8)
        .map(char::from)
        .chain(['디', '\u{fffd}', '\u{202e}'])
    {
        let quoted = serde_json::to_string(&format!("a={character}")).unwrap();
        let quoted = quoted.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        for place in [PATH, QUERY, SCHEME, NAME] {
            let event = event!("default_stage").replace(place, &format!("{place}{quoted}"));
            let answer = answer(router.clone(), &event).await;
            let expected = if place == PATH { 404 } else { 200 };
            assert_eq!(
                answer["statusCode"], expected,
                "{character:?} after {place}"
            );
        }
    }
}

#[tokio::test]
async fn no_character_ends_a_path_or_makes_another_of_it() {
    for path in [
        "/v1/health?",
        "/v1/health#",
        "/v1/health\n",
        "/v1/he\talth",
        "\\v1\\health",
        "/v1\\health",
        "//v1/health",
    ] {
        let event = odd::with("/rawPath", path.into());
        let answer = answer(probe::api(), &event).await;
        assert!(
            [400, 404].contains(&answer["statusCode"].as_u64().unwrap()),
            "{path:?}: {answer}"
        );
    }
}
