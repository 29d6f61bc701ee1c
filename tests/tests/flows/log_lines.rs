//! One line for one call, whatever the caller sends (THREATS C3).

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben};
use reqwest::Method;
use serde_json::{Value, json};

use crate::log::Log;
use crate::scene::{Scene, of, shell_on};

/// What somebody sends who wants a line of their own in the log.
const FORGED: &str =
    "x\r\n{\"level\":\"INFO\",\"message\":\"answered a call\",\"caller\":\"root\"}\u{2028}";

/// The lines about calls, each a JSON object.
fn calls(log: &str) -> Vec<Value> {
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines
        .filter(|line| line["message"] == "answered a call")
        .collect()
}

#[tokio::test]
async fn every_call_is_one_line_and_none_can_add_another() {
    let (log, _guard) = Log::as_deployed_on_this_thread();
    let scene = Scene::open().await;
    let anna = scene.as_(Anna);
    let escaped: String = FORGED.bytes().map(|byte| format!("%{byte:02x}")).collect();

    let mut reason = shell_on(WEB_7);
    reason["reason"] = FORGED.into();
    anna.ask(&reason).await.must_be(422);
    let mut member = shell_on(WEB_7);
    member[FORGED] = true.into();
    anna.ask(&member).await.must_be(422);
    let mut target = shell_on(WEB_7);
    target["targets"] = json!([FORGED]);
    anna.ask(&target).await.must_be(422);
    anna.get(&format!("/v1/{escaped}")).await.must_be(404);
    anna.get(&format!("/v1/requests/{escaped}"))
        .await
        .must_be(400);
    anna.get(&format!("/v1/requests?{escaped}={escaped}"))
        .await
        .must_be(400);
    anna.send(
        Method::from_bytes(b"LOG-THIS-METHOD-TOO").unwrap(),
        "/v1/requests",
        None,
    )
    .await
    .must_be(405);
    let mut claims = scene.house().issuer().claims(Anna);
    claims["sub"] = FORGED.into();
    scene
        .claiming(&claims)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(401);
    claims["sub"] = "anna".into();
    claims["name"] = FORGED.into();
    scene.claiming(&claims).ask(&shell_on(WEB_7)).await;

    let lines = calls(&log.text());
    assert_eq!(lines.len(), 9, "{lines:#?}");
    assert!(
        !log.text().contains("root"),
        "what somebody sent is in the log"
    );
    for line in lines {
        let caller = line["caller"].as_str();
        assert!([None, Some("anna")].contains(&caller), "{line}");
    }
}

#[tokio::test]
async fn the_line_says_who_did_what_to_which_request_and_nothing_of_what_they_sent() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let (log, _guard) = Log::as_deployed_on_this_thread();
    let comment = "this stays between us";
    scene
        .as_(Ben)
        .post(&of(id, "deny"), &json!({"comment": comment}))
        .await
        .must_be(200);
    scene.as_(Ben).approve(id).await.must_be(409);
    let text = log.text();
    assert!(!text.contains(comment), "{text}");
    let lines = calls(&text);
    let [denied, _, approved] = lines.as_slice() else {
        panic!("three calls were made: {text}");
    };
    for (line, verb, status) in [(denied, "deny", 200), (approved, "approve", 409)] {
        assert_eq!(line["http.method"], "POST");
        assert_eq!(line["http.route"], format!("/v1/requests/{{id}}/{verb}"));
        assert_eq!(line["http.status"], status);
        assert_eq!(line["caller"], "ben");
        assert_eq!(line["request.id"], id.to_string());
    }
    assert_eq!(approved["code"], "wrong-status");
}
