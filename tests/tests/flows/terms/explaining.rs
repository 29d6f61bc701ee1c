//! What asking would come to, told without asking.

use postern_local::account::{BATCH_1, DB_1, WEB_7};
use postern_local::people::Person::{Anna, Omar};
use serde_json::{Value, json};

use crate::scene::{GRANT, Scene, ask, shell_on};

const EXPLAIN: &str = "/v1/policy/explain";

/// What the explanation says of a policy on the first target.
fn said_of<'a>(explained: &'a Value, policy: &str) -> &'a Value {
    let policies = explained["policies"].as_array().unwrap();
    let found = policies.iter().find(|one| one["policy"] == policy);
    &found.unwrap_or_else(|| panic!("{policy} in {explained}"))["targets"][0]
}

#[tokio::test]
async fn who_would_be_asked_until_when_and_whether_it_would_be_logged() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna);
    let explained = anna.post(EXPLAIN, &shell_on(WEB_7)).await.must_be(200).body;
    assert_eq!(explained["allowed"], true);
    assert_eq!(explained["loggable"], true);
    let would_be = &explained["would_be"];
    assert_eq!(would_be["status"], "pending");
    assert_eq!(would_be["asks"], json!(["leads"]));
    assert_eq!(would_be["route"]["policy"], "prod-shell");
    assert_eq!(would_be["document"], "Postern-Shell-240");
    let end = scene.now().whole_second().plus(GRANT);
    assert_eq!(would_be["ends_at"], json!(end));
    assert_eq!(said_of(&explained, "prod-shell")["verdict"], "applies");
    let other = said_of(&explained, "staging-shell");
    assert_eq!(other["verdict"], "does-not-apply");
    assert_eq!(
        other["clauses"],
        json!([{"part": "when", "text": "resource.getTag(\"Env\") == \"staging\""}])
    );
}

#[tokio::test]
async fn a_refusal_is_the_one_that_asking_would_have() {
    let scene = Scene::open().await;
    let mut long = shell_on(WEB_7);
    long["duration_seconds"] = 28_800.into();
    let mut emergency = shell_on(BATCH_1);
    emergency["break_glass"] = true.into();
    let port = json!({"type": "port", "host": "localhost", "port": 5432});
    for (who, body) in [
        (Anna, long),
        (Anna, emergency),
        (Omar, shell_on(WEB_7)),
        (Anna, shell_on("i-0123456789abcdef0")),
        (Anna, ask(&port, &[DB_1])),
    ] {
        let explained = scene.as_(who).post(EXPLAIN, &body).await.must_be(200).body;
        let told = scene.as_(who).ask(&body).await;
        assert_eq!(explained["allowed"], false);
        assert_eq!(explained["refusal"], told.body, "{}", told.text());
    }
}

#[tokio::test]
async fn nothing_is_recorded() {
    let scene = Scene::with(&[("POSTERN_MOST_PENDING", "1")]).await;
    let before = scene.writes();
    for _ in 0..3 {
        let said = scene.as_(Anna).post(EXPLAIN, &shell_on(WEB_7)).await;
        assert_eq!(said.must_be(200).body["allowed"], true);
    }
    assert_eq!(scene.writes(), before);
    let mine = scene.as_(Anna).get("/v1/requests").await.must_be(200);
    assert_eq!(mine.body["requests"], json!([]));
    // Asking itself is still free, and then there is one too many.
    scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    let full = scene
        .as_(Anna)
        .post(EXPLAIN, &shell_on(WEB_7))
        .await
        .must_be(200);
    assert_eq!(full.body["refusal"]["code"], "too-many-pending");
}
