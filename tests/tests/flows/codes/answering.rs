//! What is said to somebody who answers or looks at what is not theirs to answer or look at.

use std::time::Duration;

use postern_local::account::WEB_7;
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use rules::status::StatusWord::Pending;
use serde_json::json;

use crate::scene::{Scene, ask, of, shell_on};

#[tokio::test]
async fn request_not_found() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let strange = scene
        .as_(Cleo)
        .show(id)
        .await
        .must_say(404, "request-not-found");
    let absent = "req-01KAWB00000000000000000000";
    let path = format!("/v1/requests/{absent}");
    let absent = scene
        .as_(Cleo)
        .get(&path)
        .await
        .must_say(404, "request-not-found");
    // What is not hers to see looks like what is not there.
    assert_eq!(strange.text(), absent.text());
}

#[tokio::test]
async fn self_approval() {
    let scene = Scene::open().await;
    // Ben is a lead, and may approve such requests of anybody but himself.
    let ben = scene.as_(Ben);
    let id = ben.ask(&shell_on(WEB_7)).await.must_be(201).id();
    ben.approve(id).await.must_say(403, "self-approval");
    ben.does("deny", id).await.must_say(403, "self-approval");
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn not_an_approver() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    for other in [Omar, Ada] {
        let said = scene
            .as_(other)
            .approve(id)
            .await
            .must_say(403, "not-an-approver");
        assert_eq!(said.body["facts"]["approver_groups"], json!(["leads"]));
    }
}

#[tokio::test]
async fn already_approved() {
    let scene = Scene::open().await;
    let unlogged = json!({"type": "port", "host": "localhost", "port": 5432});
    let id = scene
        .as_(Anna)
        .ask(&ask(&unlogged, &[WEB_7]))
        .await
        .must_be(201)
        .id();
    let once = scene.as_(Ben).approve(id).await.must_be(200);
    assert_eq!(once.body["status"], "pending");
    scene
        .as_(Ben)
        .approve(id)
        .await
        .must_say(409, "already-approved");
    // It takes somebody else.
    let twice = scene
        .somebody("sven", &["security"])
        .approve(id)
        .await
        .must_be(200);
    assert_eq!(twice.body["status"], "approved");
}

#[tokio::test]
async fn shown_changed() {
    let scene = Scene::open().await;
    let (id, other) = (scene.asked().await, scene.asked().await);
    let ben = scene.as_(Ben);
    let shown = ben.show(id).await.body["shown"].clone();
    let said = ben
        .post(&of(other, "approve"), &json!({"shown": shown}))
        .await;
    let said = said.must_say(409, "shown-changed");
    assert_eq!(
        said.body["facts"]["shown"],
        ben.show(other).await.body["shown"]
    );
}

#[tokio::test]
async fn not_the_requester() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    for (other, verb) in [
        (Ben, "withdraw"),
        (Omar, "release"),
        (Ben, "credentials"),
        (Ada, "credentials"),
    ] {
        scene
            .as_(other)
            .does(verb, id)
            .await
            .must_say(403, "not-the-requester");
    }
}

#[tokio::test]
async fn may_not_revoke() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    for other in [Anna, Ada] {
        scene
            .as_(other)
            .does("revoke", id)
            .await
            .must_say(403, "may-not-revoke");
    }
}

#[tokio::test]
async fn may_not_list_all() {
    let scene = Scene::open().await;
    for other in [Anna, Ben] {
        let said = scene.as_(other).get("/v1/requests?view=all").await;
        said.must_say(403, "may-not-list-all");
    }
}

#[tokio::test]
async fn wrong_status() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let said = scene
        .as_(Anna)
        .does("withdraw", id)
        .await
        .must_say(409, "wrong-status");
    assert_eq!(said.body["request"]["status"], "approved");
    for verb in ["deny", "approve"] {
        let shown = &said.body["request"]["shown"];
        let body = if verb == "deny" {
            json!({})
        } else {
            json!({"shown": shown})
        };
        scene
            .as_(Ben)
            .post(&of(id, verb), &body)
            .await
            .must_say(409, "wrong-status");
    }
}

#[tokio::test]
async fn deadline_passed() {
    let scene = Scene::open().await;
    let (late, unused) = (scene.asked().await, scene.approved().await);
    scene.advance(Duration::from_secs(4 * 60 * 60) - Duration::from_millis(1));
    let in_time = scene.asked().await;
    scene.advance(Duration::from_millis(1));
    // No sweep has been by: the rule holds by itself.
    scene
        .as_(Ben)
        .approve(late)
        .await
        .must_say(409, "deadline-passed");
    scene
        .as_(Ben)
        .does("deny", late)
        .await
        .must_say(409, "deadline-passed");
    scene
        .as_(Anna)
        .does("credentials", unused)
        .await
        .must_say(409, "deadline-passed");
    scene.as_(Ben).approve(in_time).await.must_be(200);
}
