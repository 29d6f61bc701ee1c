//! The codes of HTTP itself, before any rule is asked or where none could be.

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben};
use reqwest::Method;
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use crate::lambda::event;
use crate::policy_loading::IN_S3;
use crate::scene::{Scene, of, shell_on};

#[tokio::test]
async fn unreadable_request() {
    // No listener takes such a request. What the gateway takes, the function must answer.
    let scene = Scene::open().await;
    let headers = [("authorization", "Bearer a\r\nb")];
    let event = event("GET", "/v1/requests", &headers, None);
    let said = scene.handed(&event).await;
    let said = said.must_say(400, "unreadable-request");
    assert!(said.text().contains("`authorization`"), "{}", said.text());
    let said = scene.handed(&json!({"source": "aws.scheduler"})).await;
    said.must_say(400, "unreadable-request");
}

#[tokio::test]
async fn head_too_large() {
    let scene = Scene::open().await;
    let long = scene
        .as_(Anna)
        .with_header("x-filler", &"x".repeat(17 * 1_024));
    long.get("/v1/requests")
        .await
        .must_say(431, "head-too-large");
}

#[tokio::test]
async fn no_such_route() {
    let scene = Scene::open().await;
    scene
        .as_(Anna)
        .get("/v1/request")
        .await
        .must_say(404, "no-such-route");
}

#[tokio::test]
async fn link_not_found() {
    let scene = Scene::open().await;
    let path = "/v1/chat/links/T0POSTERN.U0NOBODY";
    let said = scene.as_(Anna).send(Method::DELETE, path, None).await;
    said.must_say(404, "link-not-found");
}

#[tokio::test]
async fn method_not_allowed() {
    let scene = Scene::open().await;
    let said = scene
        .as_(Anna)
        .send(Method::PUT, "/v1/requests", None)
        .await;
    let said = said.must_say(405, "method-not-allowed");
    let mut allowed: Vec<&str> = said
        .header("allow")
        .unwrap()
        .split(',')
        .map(str::trim)
        .collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn unauthenticated() {
    let scene = Scene::open().await;
    let said = scene
        .nobody()
        .get("/v1/requests")
        .await
        .must_say(401, "unauthenticated");
    assert_eq!(
        said.header("www-authenticate"),
        Some("Bearer realm=\"postern\"")
    );
}

#[tokio::test]
async fn identity_provider_unavailable() {
    // Nothing listens there: port 1 is reserved, and no test may have it.
    let scene = Scene::with(&[("POSTERN_JWKS_URI", "http://127.0.0.1:1/jwks.json")]).await;
    let said = scene.as_(Anna).get("/v1/requests").await;
    let said = said.must_say(503, "identity-provider-unavailable");
    assert!(said.header("retry-after").is_some());
}

#[tokio::test]
async fn policy_unavailable() {
    let scene = Scene::with(&IN_S3).await;
    let said = scene.as_(Anna).ask(&shell_on(WEB_7)).await;
    let said = said.must_say(503, "policy-unavailable");
    assert_eq!(said.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn policy_invalid() {
    let scene = Scene::with(&IN_S3).await;
    scene.house().put_policy("permit (").unwrap();
    let said = scene.as_(Anna).ask(&shell_on(WEB_7)).await;
    let said = said.must_say(503, "policy-invalid");
    assert_eq!(said.header("retry-after"), Some("60"));
}

#[tokio::test]
async fn invalid_request_id() {
    let scene = Scene::open().await;
    for id in [
        "req-1",
        "req-01kawb0000000000000000000a",
        "%00",
        "..%2f..%2fv1%2fhealth",
    ] {
        let path = format!("/v1/requests/{id}");
        scene
            .as_(Anna)
            .get(&path)
            .await
            .must_say(400, "invalid-request-id");
    }
}

#[tokio::test]
async fn invalid_target() {
    let scene = Scene::open().await;
    for bad in [
        "1/ap-northeast-2/i-0a1b2c3d4e5f60707",
        "111122223333/nowhere/i-0a1b2c3d4e5f60707",
        "111122223333/ap-northeast-2/web-7",
    ] {
        let path = format!("/v1/targets/{bad}/readiness");
        let said = scene.as_(Anna).get(&path).await;
        said.must_say(400, "invalid-target");
    }
}

#[tokio::test]
async fn invalid_query() {
    let scene = Scene::open().await;
    for query in [
        "view=everything",
        "limit=0",
        "limit=101",
        "day=2026-11-24",
        "of=anna",
        "status=",
    ] {
        let path = format!("/v1/requests?{query}");
        scene
            .as_(Anna)
            .get(&path)
            .await
            .must_say(400, "invalid-query");
    }
}

#[tokio::test]
async fn invalid_idempotency_key() {
    let scene = Scene::open().await;
    for key in ["short", "with a blank", "", &"k".repeat(65)] {
        let said = scene.as_(Anna).with_key(key).ask(&shell_on(WEB_7)).await;
        said.must_say(400, "invalid-idempotency-key");
    }
    let twice = scene.as_(Anna).with_key("key-0001").with_key("key-0001");
    twice
        .ask(&shell_on(WEB_7))
        .await
        .must_say(400, "invalid-idempotency-key");
}

#[tokio::test]
async fn unsupported_media_type() {
    let scene = Scene::open().await;
    let body = shell_on(WEB_7).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ] {
        let anna = scene.as_(Anna).with_header("content-type", kind);
        let said = anna
            .send(Method::POST, "/v1/requests", Some(body.clone().into()))
            .await;
        said.must_say(415, "unsupported-media-type");
    }
}

#[tokio::test]
async fn body_too_large() {
    let scene = Scene::open().await;
    let mut body = shell_on(WEB_7);
    body["reason"] = "x".repeat(64 * 1_024).into();
    scene
        .as_(Anna)
        .ask(&body)
        .await
        .must_say(413, "body-too-large");
}

#[tokio::test]
async fn unreadable_body() {
    let scene = Scene::open().await;
    let anna = scene
        .as_(Anna)
        .with_header("content-type", "application/json");
    for body in [
        "",
        "{",
        "{} {}",
        "{\"reason\": \"a\", \"reason\": \"b\"}",
        "{\"reason\": NaN}",
    ] {
        let said = anna
            .send(Method::POST, "/v1/requests", Some(body.into()))
            .await;
        said.must_say(400, "unreadable-body");
    }
}

#[tokio::test]
async fn invalid_body() {
    let scene = Scene::open().await;
    let mut body = shell_on(WEB_7);
    body["duration_seconds"] = "a while".into();
    let said = scene
        .as_(Anna)
        .ask(&body)
        .await
        .must_say(422, "invalid-body");
    assert!(
        said.body["detail"]
            .as_str()
            .unwrap()
            .contains("duration_seconds"),
        "{}",
        said.text()
    );
}

#[tokio::test]
async fn idempotency_key_reused() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    anna.does("withdraw", id)
        .await
        .must_say(422, "idempotency-key-reused");
}

#[tokio::test]
async fn lost_race() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let others = FaultKind::TransactionConflict;
    let rule = FaultRule::always(Service::DynamoDb, "TransactWriteItems", others);
    scene.world().faults().inject(rule);
    let said = scene.as_(Ben).approve(id).await.must_say(409, "lost-race");
    assert_eq!(said.body["request"]["status"], "pending");
}

#[tokio::test]
async fn aws_unavailable() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let refused = FaultKind::Fail {
        status: 400,
        code: "AccessDeniedException".to_owned(),
    };
    scene
        .world()
        .faults()
        .inject(FaultRule::always(Service::DynamoDb, "GetItem", refused));
    let said = scene
        .as_(Anna)
        .show(id)
        .await
        .must_say(503, "aws-unavailable");
    assert!(said.header("retry-after").is_some());
    assert!(!said.text().contains("AccessDenied"), "{}", said.text());
}

#[tokio::test]
async fn internal() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    scene.damage(id).await;
    let said = scene.as_(Anna).show(id).await.must_say(500, "internal");
    // What is the matter is for the log alone.
    let facts = said.body.as_object().unwrap();
    assert_eq!(facts.get("request"), None);
    assert_eq!(facts.get("facts"), None);
    assert_eq!(facts["detail"], json!("Postern failed"));
    scene
        .as_(Ben)
        .post(&of(id, "deny"), &json!({}))
        .await
        .must_say(500, "internal");
}
