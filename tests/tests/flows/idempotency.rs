//! Saying the same thing twice: under one key it is done once.

use std::time::Duration;

use postern_local::account::{WEB_7, WEB_8};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use rules::names::RequestId;
use rules::wire::Credentials;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::scene::{Reply, Scene, Visitor, of, shell_on};

/// The same call by the same person so many times at once.
async fn at_once(times: usize, visitor: &Visitor, path: &str, body: &Value) -> Vec<Reply> {
    let mut calls = JoinSet::new();
    for _ in 0..times {
        let (visitor, path, body) = (visitor.clone(), path.to_owned(), body.clone());
        calls.spawn(async move { visitor.post(&path, &body).await });
    }
    calls.join_all().await
}

/// Each verb, with somebody who may say it, in a state that takes it.
async fn sayings(scene: &Scene) -> Vec<(&'static str, Visitor, RequestId, Value)> {
    let waiting = [
        scene.asked().await,
        scene.asked().await,
        scene.asked().await,
    ];
    let running = [scene.active().await.0, scene.active().await.0];
    let shown = scene.view(waiting[0]).await.shown;
    vec![
        (
            "approve",
            scene.as_(Ben),
            waiting[0],
            json!({"shown": shown, "comment": "yes"}),
        ),
        ("deny", scene.as_(Ben), waiting[1], json!({"comment": "no"})),
        ("withdraw", scene.as_(Anna), waiting[2], json!({})),
        (
            "revoke",
            scene.as_(Omar),
            running[0],
            json!({"comment": "enough"}),
        ),
        ("release", scene.as_(Anna), running[1], json!({})),
    ]
}

#[tokio::test]
async fn asking_twice_under_one_key_makes_one_request() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    let first = anna.ask(&shell_on(WEB_7)).await.must_be(201);
    assert!(!first.is_replay());
    let writes = scene.writes();
    scene.advance(Duration::from_secs(24 * 60 * 60 - 1));
    let again = scene
        .as_(Anna)
        .with_key("key-0001")
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201);
    assert!(again.is_replay());
    assert_eq!(again.id(), first.id());
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(scene.writes(), writes);
    // A day later the key is as good as new.
    scene.advance(Duration::from_secs(1));
    let new = scene
        .as_(Anna)
        .with_key("key-0001")
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201);
    assert!(!new.is_replay());
    assert_ne!(new.id(), first.id());
}

#[tokio::test]
async fn a_verb_said_twice_under_one_key_is_done_once() {
    let scene = Scene::open().await;
    for (verb, visitor, id, body) in sayings(&scene).await {
        let visitor = visitor.with_key(&format!("key-{verb}"));
        let first = visitor.post(&of(id, verb), &body).await.must_be(200);
        assert!(!first.is_replay(), "{verb}");
        let writes = scene.writes();
        let again = visitor.post(&of(id, verb), &body).await.must_be(200);
        assert!(again.is_replay(), "{verb}");
        assert_eq!(again.body, first.body, "{verb}");
        assert_eq!(scene.writes(), writes, "{verb}");
        // Without the key it is a new call, and the rules say no to it.
        let unkeyed = bare(&scene, verb).post(&of(id, verb), &body).await;
        unkeyed.must_say(409, "wrong-status");
    }
}

/// Whoever says a verb, without a key.
fn bare(scene: &Scene, verb: &str) -> Visitor {
    match verb {
        "approve" | "deny" => scene.as_(Ben),
        "revoke" => scene.as_(Omar),
        _ => scene.as_(Anna),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_asks_at_once_under_one_key_make_one_request() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    let replies = at_once(20, &anna, "/v1/requests", &shell_on(WEB_7)).await;
    let mut first = replies.iter().filter(|reply| !reply.is_replay());
    let id = first.next().expect("one of them was first").id();
    assert!(first.next().is_none(), "two of them were first");
    for reply in replies {
        assert_eq!(reply.must_be(201).id(), id);
    }
    let mine = scene.as_(Anna).get("/v1/requests").await.must_be(200);
    assert_eq!(mine.body["requests"].as_array().unwrap().len(), 1);
    assert_eq!(scene.trail(id).await, ["asked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_verb_said_twenty_times_at_once_under_one_key_is_done_once() {
    let scene = Scene::open().await;
    for (verb, visitor, id, body) in sayings(&scene).await {
        let before = scene.trail(id).await.len();
        let visitor = visitor.with_key(&format!("key-{verb}"));
        let replies = at_once(20, &visitor, &of(id, verb), &body).await;
        let first = replies.iter().filter(|reply| !reply.is_replay()).count();
        assert_eq!(first, 1, "{verb}");
        for reply in replies {
            reply.must_be(200);
        }
        assert_eq!(scene.trail(id).await.len(), before + 1, "{verb}");
        assert!(scene.entries(id).await.whole, "{verb}");
    }
}

#[tokio::test]
async fn one_key_is_for_one_call() {
    let scene = Scene::open().await;
    let (id, other) = (scene.asked().await, scene.asked().await);
    let shown = scene.view(id).await.shown;
    let ben = scene.as_(Ben).with_key("key-0001");
    ben.post(&of(id, "deny"), &json!({"comment": "no"}))
        .await
        .must_be(200);
    let writes = scene.writes();
    let others = [
        (of(id, "deny"), json!({"comment": "no!"})),
        (of(id, "deny"), json!({})),
        (of(id, "approve"), json!({"shown": shown})),
        (of(id, "revoke"), json!({"comment": "no"})),
        (of(other, "deny"), json!({"comment": "no"})),
        ("/v1/requests".to_owned(), shell_on(WEB_8)),
    ];
    for (path, body) in others {
        ben.post(&path, &body)
            .await
            .must_say(422, "idempotency-key-reused");
    }
    assert_eq!(scene.writes(), writes);
    // The same call is the same however it is spelled.
    let spelled = ben
        .clone()
        .with_header("content-type", "application/json; charset=utf-8");
    let body = "{ \"comment\" : \"n\\u006f\" }";
    let said = spelled
        .send(reqwest::Method::POST, &of(id, "deny"), Some(body.into()))
        .await;
    assert!(said.must_be(200).is_replay());
}

#[tokio::test]
async fn a_key_is_its_owners_alone() {
    let scene = Scene::open().await;
    let [anna, cleo] = [Anna, Cleo].map(|person| scene.as_(person).with_key("key-0001"));
    let annas = anna.ask(&shell_on(WEB_7)).await.must_be(201);
    let cleos = cleo.ask(&shell_on(WEB_8)).await.must_be(201);
    assert!(!cleos.is_replay());
    assert_ne!(annas.id(), cleos.id());
    assert_eq!(
        anna.ask(&shell_on(WEB_7)).await.must_be(201).id(),
        annas.id()
    );
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    anna.does("credentials", id)
        .await
        .must_say(409, "wrong-status");
    scene.as_(Ben).approve(id).await.must_be(200);
    anna.does("credentials", id).await.must_be(200);
}

#[tokio::test]
async fn a_replay_shows_the_request_as_it_stands_to_whoever_may_still_see_it() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    scene.as_(Ben).approve(id).await.must_be(200);
    let again = anna.ask(&shell_on(WEB_7)).await.must_be(201);
    assert_eq!(again.body["status"], "approved");
    // Ada has left the auditors since she tried, and what she once did tells her nothing now.
    let ada = scene.as_(Ada).with_key("key-0002");
    ada.does("deny", id).await.must_say(403, "not-an-approver");
    let former = scene.somebody("ada", &[]).with_key("key-0002");
    former
        .does("deny", id)
        .await
        .must_say(404, "request-not-found");
}

#[tokio::test]
async fn credentials_under_one_key_are_new_each_time_and_each_issue_is_on_record() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let anna = scene.as_(Anna).with_key("key-0001");
    let mut issued = Vec::new();
    for n in 1..=3 {
        let reply = anna.does("credentials", id).await.must_be(200);
        assert!(!reply.is_replay());
        let credentials: Credentials = reply.read();
        assert_eq!(credentials.issue, n);
        issued.push(credentials);
    }
    for pair in issued.windows(2) {
        assert_ne!(pair[0].secret_access_key, pair[1].secret_access_key);
        assert_eq!(pair[0].ends_at, pair[1].ends_at);
    }
    let words = scene.trail(id).await;
    assert_eq!(words.iter().filter(|word| **word == "issued").count(), 3);
    // The key is still taken: another call under it is not this one.
    anna.does("release", id)
        .await
        .must_say(422, "idempotency-key-reused");
}
