//! Asking and answering, all at once.

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben};
use serde_json::json;

use super::{MANY, all_say, at_once, taken};
use crate::scene::{Scene, ask, of, shell_on};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_approvals_by_one_person_are_one() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let yes = json!({"shown": scene.view(id).await.shown});
    let says_yes = |_| {
        let (ben, yes) = (scene.as_(Ben), yes.clone());
        async move { ben.post(&of(id, "approve"), &yes).await }
    };
    let (won, lost) = taken(at_once((0..MANY).map(says_yes)).await);
    assert_eq!((won.len(), lost.len()), (1, MANY - 1));
    all_say(lost, 409, &["wrong-status"]);
    assert_eq!(scene.reckon(id).await.words(), ["asked", "approved"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_approvals_under_one_key_are_one_and_all_are_told_so() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let yes = json!({"shown": scene.view(id).await.shown});
    let says_yes = |_| {
        let (ben, yes) = (scene.as_(Ben).with_key("the-same-yes"), yes.clone());
        async move { ben.post(&of(id, "approve"), &yes).await }
    };
    let (taken, turned_away) = taken(at_once((0..MANY).map(says_yes)).await);
    assert!(turned_away.is_empty(), "{turned_away:?}");
    let first: Vec<_> = taken.iter().filter(|reply| !reply.is_replay()).collect();
    assert_eq!(first.len(), 1);
    assert!(taken.iter().all(|reply| reply.body["status"] == "approved"));
    assert_eq!(scene.reckon(id).await.words(), ["asked", "approved"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_approvers_as_many_count_as_are_needed() {
    let two = r#"@id("two") @approvals("2") @approvers("leads,security") @max_duration("1h")
        @unlogged("true")
        permit (principal in Postern::Group::"engineers", action, resource);"#;
    let scene = Scene::with(&[("POSTERN_POLICY", two)]).await;
    let port = json!({"type": "port", "host": "localhost", "port": 5432});
    let id = scene
        .as_(Anna)
        .ask(&ask(&port, &[WEB_7]))
        .await
        .must_be(201)
        .id();
    let yes = json!({"shown": scene.view(id).await.shown});
    let says_yes = |n| {
        let group = if n % 2 == 0 { "leads" } else { "security" };
        let lead = scene.somebody(&format!("lead-{n}"), &[group]);
        let yes = yes.clone();
        async move { lead.post(&of(id, "approve"), &yes).await }
    };
    let (won, lost) = taken(at_once((0..MANY).map(says_yes)).await);
    assert_eq!(won.len(), 2);
    all_say(lost, 409, &["wrong-status", "lost-race"]);

    let found = scene.reckon(id).await;
    assert_eq!(found.words(), ["asked", "approved", "approved"]);
    let [one, other] = found.request.approvals() else {
        panic!("{:?}", found.request.approvals());
    };
    assert_ne!(one.by, other.by);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_asks_at_once_fill_the_cap_and_no_more() {
    let scene = Scene::open().await;
    let most = scene.house().config().terms().pace.most_pending;
    let asks = |_| {
        let anna = scene.as_(Anna);
        async move { anna.ask(&shell_on(WEB_7)).await }
    };
    let (won, lost) = taken(at_once((0..MANY).map(asks)).await);
    assert_eq!(won.len(), most);
    all_say(lost, 429, &["too-many-pending"]);

    // Room is made by one fewer that waits, for exactly one more.
    let first = won[0].id();
    scene.as_(Anna).does("withdraw", first).await.must_be(200);
    let (won, lost) = taken(at_once((0..MANY).map(asks)).await);
    assert_eq!(won.len(), 1);
    all_say(lost, 429, &["too-many-pending"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_yes_a_no_and_a_withdrawal_one_counts() {
    let scene = Scene::open().await;
    for _ in 0..10 {
        let id = scene.asked().await;
        let yes = json!({"shown": scene.view(id).await.shown});
        let says = |(who, verb)| {
            let (visitor, yes) = (scene.as_(who), yes.clone());
            async move {
                match verb {
                    "approve" => visitor.post(&of(id, verb), &yes).await,
                    _ => visitor.does(verb, id).await,
                }
            }
        };
        let verbs = [(Ben, "approve"), (Ben, "deny"), (Anna, "withdraw")];
        let (won, lost) = taken(at_once(verbs.map(says)).await);
        assert_eq!(won.len(), 1);
        all_say(lost, 409, &["wrong-status"]);
        let found = scene.reckon(id).await;
        let status = found.request.status().word();
        assert_eq!(found.words(), ["asked", status.as_str()]);
        assert_eq!(won[0].body["status"], status.as_str());
        // So that there is room for the next.
        scene.as_(Ben).does("revoke", id).await;
    }
}
