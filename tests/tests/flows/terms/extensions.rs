//! Grants that last longer than was asked at first.

use std::time::Duration;

use postern_local::account::WEB_7;
use postern_local::people::Person::{Ada, Anna, Ben};
use rules::status::StatusWord::{Active, Ending};
use serde_json::json;

use crate::chain;
use crate::scene::{Denied, GRANT, Scene, of, shell_on};

/// A policy that says yes by itself, to extensions as well.
const BY_ITSELF: &str = r#"@id("self") @auto("true") @max_duration("1h") @extendable_to("2h")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

#[tokio::test]
async fn a_session_goes_on_past_the_old_end_and_ends_at_the_new_one() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    let (old_end, session) = (credentials.ends_at, scene.opened(&credentials).await);

    scene.advance(GRANT - Duration::from_secs(60));
    let asked = scene.extends(id, 1_800).await.must_be(200);
    assert_eq!(asked.body["status"], "active");
    assert_eq!(asked.body["extension"]["granted"], false);
    assert_eq!(asked.body["extension"]["total_seconds"], 3_600);
    assert_eq!(asked.body["state"]["waits_for"], json!(["leads"]));
    let new_end = old_end.plus(Duration::from_secs(1_800));
    assert_eq!(asked.body["extension"]["ends_at"], json!(new_end));

    // Ben finds it among what waits for him, and says yes to the longer time.
    let ben = scene.as_(Ben);
    let waiting = ben.get("/v1/requests?view=waiting").await.must_be(200);
    assert_eq!(waiting.body["requests"][0]["id"], id.to_string());
    let approved = ben.approve(id).await.must_be(200);
    assert_eq!(approved.body["state"]["ends_at"], json!(new_end));
    assert_eq!(approved.body["extension"]["granted"], true);

    // At the old end nothing happens, and credentials are issued up to the new one.
    scene.advance_to(old_end);
    scene.sweep().await;
    assert_eq!(scene.status(id).await, Active);
    assert!(scene.world().session(&session).unwrap().status.is_usable());
    let renewed = scene.credentials(id).await;
    assert_eq!(renewed.ends_at, new_end);
    assert_eq!(renewed.document, credentials.document);
    let with_old = scene
        .open_session(&credentials, WEB_7, &credentials.document)
        .await;
    assert_eq!(with_old.unwrap_err(), Denied::by_policy());
    scene.opened(&renewed).await;

    scene.advance_to(new_end);
    scene.sweep().await;
    assert_eq!(scene.status(id).await, Ending);
    assert!(!scene.world().session(&session).unwrap().status.is_usable());
    let trail = scene.as_(Ada).get(&of(id, "entries")).await.must_be(200);
    assert_eq!(chain::broken_at(&trail.body), None);
}

#[tokio::test]
async fn an_extension_nobody_answers_lengthens_nothing() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    let session = scene.opened(&credentials).await;
    scene.extends(id, 600).await.must_be(200);
    scene.advance_to(credentials.ends_at);
    scene.sweep().await;
    assert_eq!(scene.status(id).await, Ending);
    assert!(!scene.world().session(&session).unwrap().status.is_usable());
    let late = scene.as_(Ben).approve(id).await;
    late.must_say(409, "wrong-status");
    let waiting = scene.as_(Ben).get("/v1/requests?view=waiting").await;
    assert_eq!(waiting.body["requests"], json!([]));
}

#[tokio::test]
async fn a_policy_that_says_yes_by_itself_extends_by_itself() {
    let scene = Scene::with(&[("POSTERN_POLICY", BY_ITSELF)]).await;
    let anna = scene.as_(Anna);
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let first = scene.credentials(id).await;
    let longer = scene.extends(id, 3_600).await.must_be(200);
    let end = first.ends_at.plus(Duration::from_secs(3_600));
    assert_eq!(longer.body["state"]["ends_at"], json!(end));
    // Two hours in all are the most.
    let more = scene.extends(id, 1_801).await;
    more.must_say(403, "duration-too-long");
    scene.extends(id, 1_800).await.must_be(200);
}

#[tokio::test]
async fn what_was_shown_is_what_is_extended() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    let before = scene.view(id).await.shown;
    scene.extends(id, 600).await.must_be(200);
    let ben = scene.as_(Ben);
    let stale = ben
        .post(&of(id, "approve"), &json!({"shown": before}))
        .await;
    let stale = stale.must_say(409, "shown-changed");
    let current = &stale.body["facts"]["shown"];
    let yes = json!({"shown": current});
    ben.post(&of(id, "approve"), &yes).await.must_be(200);
}

#[tokio::test]
async fn the_same_extension_said_twice_lengthens_once() {
    let scene = Scene::with(&[("POSTERN_POLICY", BY_ITSELF)]).await;
    let anna = scene.as_(Anna);
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let first = scene.credentials(id).await;
    let keyed = scene.as_(Anna).with_key("extend-once-0001");
    let body = json!({"longer_seconds": 600, "reason": "the repair takes longer"});
    keyed.post(&of(id, "extend"), &body).await.must_be(200);
    let again = keyed.post(&of(id, "extend"), &body).await.must_be(200);
    assert!(again.is_replay());
    let end = first.ends_at.plus(Duration::from_secs(600));
    assert_eq!(again.body["state"]["ends_at"], json!(end));
}
