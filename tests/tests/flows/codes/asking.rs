//! What is said to somebody who asks for what there is no way to.

use postern_local::account::{BATCH_1, DB_1, WEB_7};
use postern_local::environment::Environment;
use postern_local::people::Person::{Anna, Omar};
use serde_json::{Value, json};

use crate::scene::{Scene, ask, shell_on, target};

/// The policy set that Postern ships to start from.
const STARTER: &str = include_str!("../../../../policies/starter.cedar");

fn database() -> Value {
    json!({"type": "port", "host": "localhost", "port": 5432})
}

#[tokio::test]
async fn policy_forbids() {
    let scene = Scene::open().await;
    let contractor = scene.somebody("carl", &["engineers", "contractors"]);
    let said = contractor
        .ask(&shell_on(WEB_7))
        .await
        .must_say(403, "policy-forbids");
    let reason = &said.body["facts"]["denial"]["reasons"][0];
    assert_eq!(reason["policy"], "no-contractors-on-prod");
}

#[tokio::test]
async fn policy_unevaluable() {
    // Cedar alone would skip a forbid that overflows, and allow.
    let broken = "@id(\"broken\") forbid(principal, action, resource) \
                  when { context.now * 9223372036854775807 > 0 };";
    let policy = format!("{STARTER}{broken}");
    let scene = Scene::with(&[("POSTERN_POLICY", &policy)]).await;
    let said = scene.as_(Anna).ask(&shell_on(WEB_7)).await;
    said.must_say(403, "policy-unevaluable");
}

#[tokio::test]
async fn duration_too_long() {
    let scene = Scene::open().await;
    let mut body = shell_on(WEB_7);
    body["duration_seconds"] = (2 * 60 * 60 + 1).into();
    let said = scene
        .as_(Anna)
        .ask(&body)
        .await
        .must_say(403, "duration-too-long");
    assert_eq!(said.body["next"], "Ask for 2h or less.");
}

#[tokio::test]
async fn no_route() {
    let scene = Scene::open().await;
    scene
        .as_(Omar)
        .ask(&shell_on(WEB_7))
        .await
        .must_say(403, "no-route");
    // No one policy covers both, though each alone could be had.
    let both = ask(&json!({"type": "shell"}), &[WEB_7, BATCH_1]);
    scene.as_(Anna).ask(&both).await.must_say(403, "no-route");
}

#[tokio::test]
async fn unknown_target() {
    let scene = Scene::open().await;
    let nowhere = "i-0123456789abcdef0";
    let said = scene
        .as_(Anna)
        .ask(&shell_on(nowhere))
        .await
        .must_say(422, "unknown-target");
    assert!(
        said.body["detail"]
            .as_str()
            .unwrap()
            .contains(&target(nowhere)),
        "{}",
        said.text()
    );
}

#[tokio::test]
async fn place_not_served() {
    let scene = Scene::open().await;
    for place in ["444455556666/ap-northeast-2", "111122223333/us-east-1"] {
        let mut body = shell_on(WEB_7);
        body["targets"] = json!([format!("{place}/{WEB_7}")]);
        scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "place-not-served");
    }
}

#[tokio::test]
async fn kind_not_offered() {
    let scene = Scene::open().await;
    let other_port = json!({"type": "port", "host": "localhost", "port": 5433});
    for kind in [
        json!({"type": "ssh"}),
        other_port,
        json!({"type": "command", "name": "reboot"}),
    ] {
        let said = scene.as_(Anna).ask(&ask(&kind, &[WEB_7])).await;
        said.must_say(422, "kind-not-offered");
    }
}

#[tokio::test]
async fn agent_too_old() {
    let scene = Scene::open().await;
    let said = scene.as_(Anna).ask(&ask(&database(), &[DB_1])).await;
    said.must_say(422, "agent-too-old");
    // The same access to an instance with a current agent can be had, and so can a shell on this.
    scene
        .as_(Anna)
        .ask(&ask(&database(), &[WEB_7]))
        .await
        .must_be(201);
    scene.as_(Anna).ask(&shell_on(DB_1)).await.must_be(201);
}

#[tokio::test]
async fn too_many_pending() {
    let scene = Scene::open().await;
    for _ in 0..10 {
        scene.asked().await;
    }
    let said = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_say(429, "too-many-pending");
    assert!(said.header("retry-after").is_some());
}

#[tokio::test]
async fn too_many_targets() {
    let places = Environment::of("http://127.0.0.1")
        .get("POSTERN_PLACES")
        .unwrap();
    let mut places: Value = serde_json::from_str(&places).unwrap();
    places[0]["session_key"] = "01234567-89ab-cdef-0123-456789abcdef".into();
    places[0]["data_channel"] = "any".into();
    let scene = Scene::with(&[("POSTERN_PLACES", &places.to_string())]).await;
    // Hybrid nodes have the longest names of all. Nine of them fit, and are looked for.
    let nodes: Vec<String> = (0..10).map(|n| format!("mi-0123456789abcde0{n}")).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let shell = json!({"type": "shell"});
    let ten = scene.as_(Anna).ask(&ask(&shell, &nodes)).await;
    ten.must_say(422, "too-many-targets");
    let nine = scene.as_(Anna).ask(&ask(&shell, &nodes[..9])).await;
    nine.must_say(422, "unknown-target");
}

#[tokio::test]
async fn target_not_found() {
    let scene = Scene::open().await;
    let path = format!("/v1/targets/{}/readiness", target(WEB_7));
    scene.as_(Anna).get(&path).await.must_be(200);
    scene
        .somebody("mara", &["sales"])
        .get(&path)
        .await
        .must_say(404, "target-not-found");
}
