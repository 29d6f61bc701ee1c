//! Credentials, all at once, and the end of the grant in between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use postern_local::people::Person::{Anna, Ben};
use rules::names::RequestId;
use rules::wire::Credentials;
use standin::Service;
use standin::faults::{FaultKind, FaultRule, Gate, Moment};
use tokio::time::timeout;

use super::{MANY, all_say, at_once, taken};
use crate::scene::{Denied, Reply, Scene};
use crate::trouble::reckoning::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_issues_at_once_have_a_record_each_or_nothing() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let issues = |_| {
        let anna = scene.as_(Anna);
        async move { anna.does("credentials", id).await }
    };
    let (won, lost) = taken(at_once((0..MANY).map(issues)).await);
    assert!(!won.is_empty());
    all_say(lost, 409, &["issue-in-progress", "lost-race"]);

    let found = scene.reckon(id).await;
    assert_eq!(found.minted, won.len());
    assert_eq!(found.count("issuing"), won.len());
    assert_eq!(found.count("issued"), won.len());
    assert_eq!(found.count("activated"), 1);
    let keys: BTreeSet<String> = won
        .iter()
        .map(|reply| reply.read::<Credentials>().access_key_id)
        .collect();
    assert_eq!(keys.len(), won.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_issues_under_one_key_have_a_record_each_or_nothing() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let issues = |_| {
        let anna = scene.as_(Anna).with_key("the-same-issue");
        async move { anna.does("credentials", id).await }
    };
    let (won, lost) = taken(at_once((0..MANY).map(issues)).await);
    assert!(!won.is_empty());
    all_say(lost, 409, &["issue-in-progress", "lost-race"]);
    let found = scene.reckon(id).await;
    assert_eq!(found.minted, won.len());
    assert_eq!(found.count("issued"), won.len());
}

/// Holds an issue at a gate, revokes the grant, and opens the gate.
async fn revoked_at(scene: &Scene, id: RequestId, rule: FaultRule, gate: Arc<Gate>) -> Reply {
    scene.world().faults().inject(rule);
    let anna = scene.as_(Anna);
    let issue = tokio::spawn(async move { anna.does("credentials", id).await });
    let held = timeout(PATIENCE, gate.wait_for_arrivals(1)).await;
    held.expect("the issue comes to the gate");
    scene.as_(Ben).does("revoke", id).await.must_be(200);
    gate.open();
    issue.await.unwrap()
}

/// A gate at a call, and the rule that leads to it.
fn gate(service: Service, operation: &str, holding: &str, at: Moment) -> (FaultRule, Arc<Gate>) {
    let gate = Gate::new();
    let pause = FaultKind::Pause(gate.clone(), at);
    let rule = FaultRule::once(service, operation, pause).body_contains(holding);
    (rule, gate)
}

#[tokio::test]
async fn credentials_that_are_not_on_record_at_the_revoke_never_leave() {
    let completing = (Service::DynamoDb, "TransactWriteItems", "access_key_id");
    for ((service, operation, holding), at, minted) in [
        ((Service::Sts, "AssumeRole", ""), Moment::BeforeEffect, 1),
        ((Service::Sts, "AssumeRole", ""), Moment::AfterEffect, 1),
        (completing, Moment::BeforeEffect, 1),
    ] {
        let scene = Scene::open().await;
        let id = scene.approved().await;
        let (rule, gate) = gate(service, operation, holding, at);
        let reply = revoked_at(&scene, id, rule, gate).await;
        assert!(!reply.text().contains("secret_access_key"), "{operation}");
        reply.must_say(409, "grant-over");
        let found = scene.reckon(id).await;
        assert_eq!(found.minted, minted, "{operation} {at:?}");
        assert_eq!(found.count("issued"), 0, "{operation} {at:?}");
        let closed = scene.settle(id).await;
        assert_eq!(closed.count("issue_orphaned"), 1, "{operation} {at:?}");
    }
}

#[tokio::test]
async fn credentials_whose_record_came_before_the_revoke_open_nothing_after_the_next_sweep() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let transact = "TransactWriteItems";
    let at = Moment::AfterEffect;
    let (rule, gate) = gate(Service::DynamoDb, transact, "access_key_id", at);
    let credentials: Credentials = revoked_at(&scene, id, rule, gate).await.must_be(200).read();
    assert_eq!(
        scene.reckon(id).await.words(),
        [
            "asked",
            "approved",
            "activated",
            "issuing",
            "issued",
            "ended"
        ]
    );
    scene.sweep().await;
    let instance = credentials.targets[0].instance.to_string();
    let opened = scene.open_session(&credentials, &instance, &credentials.document);
    assert_eq!(opened.await, Err(Denied::by_policy()));
    scene.settle(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_a_revoke_and_an_issue_meet_what_left_is_on_record_before_the_end() {
    let scene = Scene::open().await;
    for round in 0..15 {
        let (id, _) = scene.active().await;
        let (anna, ben) = (scene.as_(Anna), scene.as_(Ben));
        let issue = tokio::spawn(async move { anna.does("credentials", id).await });
        // A little later each time, so that they meet at other points.
        let late = Duration::from_millis(round);
        let revoke = tokio::spawn(async move {
            tokio::time::sleep(late).await;
            ben.does("revoke", id).await
        });
        let (issue, revoke) = (issue.await.unwrap(), revoke.await.unwrap());
        revoke.must_be(200);

        let words = scene.reckon(id).await.words();
        let ended = words.iter().position(|word| *word == "ended").unwrap();
        let issued = words[..ended].iter().filter(|word| **word == "issued");
        let left = 1 + usize::from(issue.status == 200);
        assert_eq!(issued.count(), left, "{words:?}");
        assert!(!words[ended..].contains(&"issued"), "{words:?}");
        if issue.status != 200 {
            all_say(
                vec![issue],
                409,
                &["grant-over", "wrong-status", "lost-race"],
            );
        }
    }
}
