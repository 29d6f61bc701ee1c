//! `issue`, killed at every call it makes (THREATS T3).

use std::time::Duration;

use postern_local::account::{BATCH_1, Function as Role};
use postern_local::people::Person::Anna;
use rules::names::RequestId;
use standin::Service::{DynamoDb, Ssm, Sts, Tagging};
use tokio::task::JoinSet;

use super::{Point, call, nothing, scene};
use crate::scene::{Scene, of, shell_on};

/// What is on record before anybody has credentials issued: staging needs no approval.
const ASKED: [&str; 2] = ["asked", "approved_by_policy"];
/// What is on record once an issue has begun.
const BEGUN: [&str; 4] = ["asked", "approved_by_policy", "activated", "issuing"];
/// What is on record once it is complete.
const ISSUED: [&str; 5] = [
    "asked",
    "approved_by_policy",
    "activated",
    "issuing",
    "issued",
];

/// Where the function dies, what is then on record, and how often STS has made credentials.
const DEATHS: [(Point, &[&str], usize); 10] = [
    (Point::before(DynamoDb, "GetItem"), &ASKED, 0),
    (Point::after(Ssm, "DescribeInstanceInformation"), &ASKED, 0),
    (Point::after(Tagging, "GetResources"), &ASKED, 0),
    (
        Point::before(DynamoDb, "TransactWriteItems").holding("activated"),
        &ASKED,
        0,
    ),
    (
        Point::after(DynamoDb, "TransactWriteItems").holding("activated"),
        &BEGUN,
        0,
    ),
    (Point::before(Sts, "AssumeRole"), &BEGUN, 0),
    (Point::after(Sts, "AssumeRole"), &BEGUN, 1),
    (
        Point::before(DynamoDb, "TransactWriteItems").holding("access_key_id"),
        &BEGUN,
        1,
    ),
    (
        Point::after(DynamoDb, "TransactWriteItems").holding("access_key_id"),
        &ISSUED,
        1,
    ),
    // The second read of the call; an idempotency key makes one more before it.
    (
        Point::after(DynamoDb, "GetItem").holding("IDEM#"),
        &ASKED,
        0,
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_issue_is_killed_no_credentials_are_without_a_record_and_nothing_is_stuck() {
    let mut deaths = JoinSet::new();
    for (point, recorded, minted) in DEATHS {
        deaths.spawn(Box::pin(async move {
            let scene = scene().await;
            let id = scene
                .as_(Anna)
                .ask(&shell_on(BATCH_1))
                .await
                .must_be(201)
                .id();
            dies_in(&scene, id, point).await;

            let found = scene.reckon(id).await;
            assert_eq!(found.words(), recorded, "killed in {point:?}");
            assert_eq!(found.minted, minted, "killed in {point:?}");
            goes_on(&scene, id, recorded.last() == Some(&"issuing")).await;
        }));
    }
    while let Some(death) = deaths.join_next().await {
        death.unwrap();
    }
}

async fn dies_in(scene: &Scene, id: RequestId, point: Point) {
    let path = of(id, "credentials");
    let event = call(scene, Anna, &path, Some("issue-once"), &nothing());
    point.kill(scene, Role::Issue, event).await;
}

/// The person has credentials issued after all, and the grant comes to its end.
async fn goes_on(scene: &Scene, id: RequestId, dead_issue: bool) {
    if dead_issue {
        let refused = scene.as_(Anna).does("credentials", id).await;
        let refused = refused.must_say(409, "issue-in-progress");
        assert!(refused.header("retry-after").is_some());
        let orphaned_after = scene.house().config().terms().pace.orphan_after;
        scene.advance(orphaned_after + Duration::from_millis(1));
        let report = scene.sweep().await;
        assert_eq!(report.events["issue_orphaned"], 1);
    }
    let before = scene.reckon(id).await;
    let credentials = scene.credentials(id).await;
    scene.opened(&credentials).await;
    let after = scene.reckon(id).await;
    assert_eq!(after.minted, before.minted + 1);
    assert_eq!(after.count("issued"), before.count("issued") + 1);
    let closed = scene.settle(id).await;
    assert_eq!(closed.count("closed"), 1);
    assert_eq!(closed.count("log_judged"), 1);
}
