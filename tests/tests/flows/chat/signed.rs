//! Who sends: signatures, and what is read behind them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_local::account::CHAT_SECRETS;
use postern_local::people::Person::{Anna, Ben};
use standin::ssm::ParameterType;

use super::hand::{Sent, button, form, signature};
use super::{ANNA, BEN};
use crate::lambda::event;
use crate::scene::Scene;

#[tokio::test]
async fn the_same_signed_click_twice_changes_state_once() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let ben = scene.linked(BEN, Ben).await;
    let (id, card) = scene.asked_in_chat(&anna).await;
    let value = button(&card.blocks, "approve").unwrap();
    let click = ben.click(&scene, &card, "approve", &value);
    for _ in 0..3 {
        scene.slack(&click).await.must_be(200);
    }
    assert_eq!(scene.view(id).await.approvals.len(), 1);
    // A command that comes twice asks once.
    let words = format!(
        "request {} 30m once and no more",
        postern_local::account::BATCH_1
    );
    let command = anna.command(&scene, &words, "the-same");
    scene.slack(&command).await.must_be(200);
    scene.slack(&command).await.must_be(200);
    let mine = scene
        .as_(Anna)
        .get("/v1/requests?view=mine")
        .await
        .must_be(200);
    assert_eq!(mine.body["requests"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_body_that_comes_in_base64_is_believed_by_its_own_bytes() {
    let scene = Scene::open().await;
    let anna = scene.seat(ANNA, "Anna");
    let sent = anna.command(&scene, "help", "1");
    let secret = scene.house().signing_secret().expose();
    let at = scene.now().seconds().to_string();
    let base64 = STANDARD.encode(&sent.body);
    for (signed, status) in [(&sent.body, 200), (&base64, 401)] {
        let signature = signature(secret, &at, signed);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-slack-request-timestamp", at.as_str()),
            ("x-slack-signature", &signature),
        ];
        let mut event = event("POST", sent.path, &headers, None);
        event["body"] = base64.as_str().into();
        event["isBase64Encoded"] = true.into();
        scene.handed(&event).await.must_be(status);
    }
    scene.world().taken_has_run().await;
    assert_eq!(scene.house().slack().whispers().len(), 1);
}

#[tokio::test]
async fn every_failure_of_authentication_has_one_body() {
    let scene = Scene::open().await;
    let anna = scene.seat(ANNA, "Anna");
    let sent = anna.command(&scene, "help", "1");
    let secret = scene.house().signing_secret().expose().to_owned();
    let now = scene.now().seconds();
    let at = |seconds: i64| {
        let timestamp = seconds.to_string();
        let signature = signature(&secret, &timestamp, &sent.body);
        (timestamp, signature)
    };
    let (timestamp, good) = at(now);
    let (old, signed_old) = at(now - 301);
    let (ahead, signed_ahead) = at(now + 301);
    let other = signature(&"x".repeat(32), &timestamp, &sent.body);
    let (ts, sig) = ("x-slack-request-timestamp", "x-slack-signature");
    let bad: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![(ts, &timestamp)],
        vec![(sig, &good)],
        vec![(ts, &timestamp), (sig, &other)],
        vec![(ts, &timestamp), (sig, "v0=")],
        vec![(ts, &timestamp), (sig, good.trim_start_matches("v0="))],
        vec![(ts, &timestamp), (sig, &good), (sig, &good)],
        vec![(ts, &old), (sig, &signed_old)],
        vec![(ts, &ahead), (sig, &signed_ahead)],
        vec![(ts, "now"), (sig, &good)],
        vec![(ts, "-1"), (sig, &good)],
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for headers in &bad {
        let said = scene
            .slack_with(headers, &sent)
            .await
            .must_say(401, "unauthenticated");
        bodies.insert(said.text().to_owned());
    }
    assert_eq!(bodies.len(), 1);
    assert!(scene.house().slack().calls().is_empty());
    scene
        .slack_with(&[(ts, &timestamp), (sig, &good)], &sent)
        .await
        .must_be(200);
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_read_is_a_400() {
    let scene = Scene::open().await;
    let anna = scene.seat(ANNA, "Anna");
    let good = anna.command(&scene, "help", "1").body;
    let (commands, interactions) = ("/chat/slack/commands", "/chat/slack/interactions");
    let twice = format!("{good}&text=list");
    let deep = form(&[("payload", &"[".repeat(20_000))]);
    let odd = form(&[("payload", r#"{"type":"block_actions","user":{"id":7}}"#)]);
    for (path, body) in [
        (commands, ""),
        (commands, "a"),
        (commands, "text=%ff"),
        (commands, twice.as_str()),
        (interactions, "payload=%7B"),
        (interactions, "payload=%7B%7D&payload=%7B%7D"),
        (interactions, deep.as_str()),
        (interactions, odd.as_str()),
        (interactions, good.as_str()),
    ] {
        let sent = Sent {
            path,
            body: body.to_owned(),
        };
        scene.slack(&sent).await.must_say(400, "unreadable-body");
    }
    let long = Sent {
        path: commands,
        body: "a".repeat(300 * 1_024),
    };
    scene.slack(&long).await.must_say(413, "body-too-large");
}

#[tokio::test]
async fn secrets_are_rotated_without_a_deployment() {
    let scene = Scene::open().await;
    let anna = scene.seat(ANNA, "Anna");
    let old = scene.house().signing_secret().expose().to_owned();
    let new = "n".repeat(40);
    let put = |value: &str| {
        let name = format!("{CHAT_SECRETS}/signing-secret");
        scene
            .world()
            .put_parameter(&name, ParameterType::SecureString, value);
    };
    let help = |n: &str| anna.command(&scene, "help", n);
    scene.slack_signed_by(&old, &help("1")).await.must_be(200);
    scene
        .slack_signed_by(&new, &help("2"))
        .await
        .must_say(401, "unauthenticated");
    // Both are good during the rotation, the new one within half a minute of being put there.
    put(&format!("{new}\n{old}"));
    scene.advance(Duration::from_secs(31));
    scene.slack_signed_by(&new, &help("3")).await.must_be(200);
    scene.slack_signed_by(&old, &help("4")).await.must_be(200);
    // And then the new one alone, once minutes have passed.
    put(&new);
    scene.advance(Duration::from_secs(5 * 60 + 1));
    scene
        .slack_signed_by(&old, &help("5"))
        .await
        .must_say(401, "unauthenticated");
    scene.slack_signed_by(&new, &help("6")).await.must_be(200);
}

#[tokio::test]
async fn without_the_settings_there_is_no_chat() {
    let scene = Scene::with(&[("POSTERN_CHAT_TEAMS", "")]).await;
    let anna = scene.seat(ANNA, "Anna");
    let said = scene.slack(&anna.command(&scene, "help", "1")).await;
    said.must_say(404, "no-such-route");
    let said = scene.as_(Anna).get("/v1/chat/links").await;
    said.must_say(404, "no-such-route");
    let said = scene.nobody().get("/chat/approve?request=x").await;
    said.must_say(404, "no-such-route");
}

#[tokio::test]
async fn work_that_nobody_signed_is_not_done() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let words = format!("request {} 30m forged", postern_local::account::BATCH_1);
    let body = anna.command(&scene, &words, "forged").body;
    let timestamp = scene.now().seconds().to_string();
    let sdk = scene
        .house()
        .sdk_config(postern_local::house::Function::Chatops);
    let functions = broker::lambda::Functions::new(sdk);
    let name = postern_local::account::CHATOPS.parse().unwrap();
    let work = serde_json::json!({
        "chat": "command",
        "timestamp": timestamp,
        "signature": signature(&"x".repeat(32), &timestamp, &body),
        "body": body,
    });
    functions.hand_on(&name, &work).await.unwrap();
    scene.world().taken_has_run().await;
    let mine = scene
        .as_(Anna)
        .get("/v1/requests?view=mine")
        .await
        .must_be(200);
    assert_eq!(mine.body["requests"].as_array().unwrap().len(), 0);
}
