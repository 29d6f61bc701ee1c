//! Addresses and headers that are not what they should be.

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben, Cleo};
use reqwest::Method;
use serde_json::json;

use super::Untouched;
use crate::scene::{Scene, of, shell_on};

#[tokio::test]
async fn no_header_but_the_token_says_who_is_calling() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let untouched = Untouched::from_now(&scene);
    let claims = r#"{"authorizer": {"jwt": {"claims": {"sub": "ben", "groups": "[leads]"}}}}"#;
    let forged = [
        ("x-amzn-request-context", claims),
        ("x-amzn-lambda-context", claims),
        ("x-forwarded-user", "ben"),
        ("x-remote-user", "ben"),
        ("x-auth-request-email", "ben@example.com"),
        ("x-amzn-oidc-identity", "ben"),
        ("cookie", "session=ben"),
    ];
    for (name, value) in forged {
        // Without a token they are nobody, and with Cleo's token they are Cleo.
        let nobody = scene.nobody().with_header(name, value);
        let said = nobody
            .get(&of(id, ""))
            .await
            .must_say(401, "unauthenticated");
        untouched.by(name, &said);
        let cleo = scene.as_(Cleo).with_header(name, value);
        let shown = scene.view(id).await.shown;
        let said = cleo
            .post(&of(id, "approve"), &json!({"shown": shown}))
            .await;
        untouched.by(name, &said.must_say(404, "request-not-found"));
    }
}

#[tokio::test]
async fn every_bad_token_is_told_the_same() {
    let scene = Scene::open().await;
    let issuer = scene.house().issuer();
    let good = scene.house().token(Ben).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = issuer.claims(Ben);
        claims[name] = value;
        issuer.sign(&claims).unwrap()
    };
    let now = scene.now().seconds();
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let (_, other_payload) = issuer_token_of(&scene);
    let bad = [
        (
            "of another issuer",
            with("iss", json!("https://login.example.com")),
        ),
        ("for somebody else", with("aud", json!("another-app"))),
        ("without a subject", with("sub", json!(""))),
        ("with a subject that is a number", with("sub", json!(7))),
        ("over", with("exp", json!(now - 60))),
        ("from the future", with("iat", json!(now + 3_600))),
        ("not yet valid", with("nbf", json!(now + 3_600))),
        ("without an end", with("exp", json!(null))),
        ("cut short", good.chars().take(good.len() - 4).collect()),
        ("with a part too many", format!("{good}.x")),
        ("without a signature", format!("{head}.{payload}.")),
        (
            "with the claims of another",
            format!("{head}.{other_payload}.{signature}"),
        ),
        ("that is no token", "x".to_owned()),
        ("of 20 blanks", " ".repeat(20)),
        ("of 10,000 characters", "x".repeat(10_000)),
    ];
    let told = scene
        .nobody()
        .get("/v1/requests")
        .await
        .must_say(401, "unauthenticated");
    let untouched = Untouched::from_now(&scene);
    for (what, token) in bad {
        let said = scene.bearing(&token).ask(&shell_on(WEB_7)).await;
        let said = said.must_say(401, "unauthenticated");
        assert_eq!(said.text(), told.text(), "a token {what} is told more");
        untouched.by(what, &said);
    }
    let basic = scene
        .nobody()
        .with_header("authorization", "Basic YmVuOmJlbg==");
    let two = scene
        .as_(Ben)
        .with_header("authorization", &format!("Bearer {good}"));
    for visitor in [basic, two] {
        let said = visitor
            .get("/v1/requests")
            .await
            .must_say(401, "unauthenticated");
        assert_eq!(said.text(), told.text());
    }
    scene.bearing(&good).get("/v1/requests").await.must_be(200);
}

/// Head and payload of a token of Anna's.
fn issuer_token_of(scene: &Scene) -> (String, String) {
    let token = scene.house().token(Anna).unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    (head.to_owned(), payload.to_owned())
}

#[tokio::test]
async fn who_is_calling_is_judged_before_anything_that_they_send() {
    let scene = Scene::open().await;
    let nobody = scene
        .nobody()
        .with_key("x")
        .with_header("content-type", "text/plain");
    for path in [
        "/v1/requests?view=",
        "/v1/requests/x/approve",
        "/v1/requests/x/credentials",
    ] {
        let said = nobody.send(Method::POST, path, Some("{".into())).await;
        said.must_say(401, "unauthenticated");
    }
}

#[tokio::test]
async fn hostile_addresses_are_refused() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let untouched = Untouched::from_now(&scene);
    let lower = id.to_string().to_lowercase();
    let addresses = [
        format!("/v1/requests/{lower}"),
        format!("/v1/requests/{id}%00"),
        format!("/v1/requests/{id}%0d%0aset-cookie:%20a=b"),
        format!("/v1/requests/{id}%2fcredentials"),
        format!("/v1/requests/{id}/"),
        format!("/v1//requests/{id}"),
        format!("/v1/requests/{id};v=2"),
        format!("/v2/requests/{id}"),
        format!("/v1/requests/{id}%E2%80%AE"),
        "/v1/requests/REQ%23x".to_owned(),
        "/v1/requests?after=req-x".to_owned(),
        "/v1/requests?limit=-1".to_owned(),
        "/v1/requests?limit=1&limit=2".to_owned(),
        "/v1/requests?status=PENDING".to_owned(),
        "/v1/requests?view=all&day=2026-02-30".to_owned(),
        "/v1/requests?view=all&day=%00".to_owned(),
        format!("/v1/requests?{}", "a".repeat(8_000)),
    ];
    for address in addresses {
        let said = scene.as_(Anna).get(&address).await;
        assert_eq!(said.header("set-cookie"), None);
        untouched.by(&address, &said);
    }
}
