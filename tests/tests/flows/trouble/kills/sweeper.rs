//! `sweeper`, killed in the middle of a run: the next run finishes what it had begun.

use std::time::Duration;

use postern_local::account::Function as Role;
use postern_local::people::Person::Ben;
use standin::Service::{DynamoDb, Events, Iam, S3, Ssm};
use tokio::task::JoinSet;

use super::{Point, nothing, scene};

/// Where the sweeper dies while it ends the session of a revoked grant.
const DEATHS: [Point; 16] = [
    Point::before(DynamoDb, "Query"),
    Point::after(DynamoDb, "Query").holding("SESSION#"),
    Point::before(Ssm, "DescribeSessions"),
    Point::after(Ssm, "DescribeSessions"),
    Point::before(DynamoDb, "TransactWriteItems").holding("session_terminating"),
    Point::after(DynamoDb, "TransactWriteItems").holding("session_terminating"),
    Point::before(Ssm, "TerminateSession"),
    Point::after(Ssm, "TerminateSession"),
    Point::before(Iam, "PutRolePolicy"),
    Point::after(Iam, "PutRolePolicy"),
    Point::before(S3, "ListObjectVersions"),
    Point::before(DynamoDb, "TransactWriteItems").holding("log_judged"),
    Point::after(DynamoDb, "TransactWriteItems").holding("log_judged"),
    Point::before(Events, "PutEvents"),
    Point::after(Events, "PutEvents"),
    Point::after(DynamoDb, "DeleteItem").holding("UNSENT#"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_sweeper_is_killed_the_next_one_ends_the_session() {
    let mut deaths = JoinSet::new();
    for point in DEATHS {
        deaths.spawn(Box::pin(dies_in(point)));
    }
    while let Some(death) = deaths.join_next().await {
        death.unwrap();
    }
}

async fn dies_in(point: Point) {
    let scene = scene().await;
    let (id, credentials) = scene.active().await;
    let session = scene.opened(&credentials).await;
    scene.as_(Ben).does("revoke", id).await.must_be(200);
    point.kill(&scene, Role::Sweeper, nothing()).await;
    scene.reckon(id).await;

    // SSM may have been told already, and is told again when it had time enough to do it.
    scene.sweep().await;
    scene.advance(Duration::from_secs(2));
    scene.sweep().await;
    let seen = scene.world().session(&session).unwrap();
    assert!(seen.status.is_over(), "killed in {point:?}: {seen:?}");

    let closed = scene.settle(id).await;
    // Whatever happened has been put on the bus, some of it twice.
    let events = scene.world().events().into_iter();
    let mut told: Vec<u64> = events
        .filter(|event| event.detail["request"] == id.to_string())
        .map(|event| event.detail["entry"]["n"].as_u64().unwrap())
        .collect();
    told.sort_unstable();
    told.dedup();
    let all: Vec<u64> = (1..=closed.request.version()).collect();
    assert_eq!(told, all, "killed in {point:?}");
    for once in ["session_seen", "session_over", "log_judged", "closed"] {
        assert_eq!(
            closed.count(once),
            1,
            "killed in {point:?}: {:?}",
            closed.words()
        );
    }
}
