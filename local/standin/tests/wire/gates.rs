//! Callers that die while their call is under way.

use std::time::Duration;

use standin::Service;
use standin::faults::{FaultKind, FaultRule, Moment};
use standin::journal::Outcome;
use tokio::time::timeout;

use crate::reach::{self, TABLE, has_item, s, with_table};

const PATIENCE: Duration = Duration::from_secs(10);

fn put(tables: &aws_sdk_dynamodb::Client, pk: &'static str) -> tokio::task::JoinHandle<bool> {
    let put = tables.put_item().table_name(TABLE).item("pk", s(pk));
    tokio::spawn(async move { put.send().await.is_ok() })
}

#[tokio::test]
async fn who_dies_before_the_effect_has_done_nothing() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let gate = world
        .faults()
        .pause(Service::DynamoDb, "PutItem", Moment::BeforeEffect);
    let caller = put(&tables, "a");
    timeout(PATIENCE, gate.wait_for_arrivals(1)).await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();
    assert!(!has_item(&world, "a").await);
    let [entry] = world
        .calls_of(Service::DynamoDb, "PutItem")
        .try_into()
        .unwrap();
    assert_eq!(
        (entry.took_effect, entry.outcome),
        (false, Outcome::Unanswered)
    );
}

#[tokio::test]
async fn who_dies_after_the_effect_has_done_it_and_never_heard() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let gate = world
        .faults()
        .pause(Service::DynamoDb, "PutItem", Moment::AfterEffect);
    let caller = put(&tables, "a");
    timeout(PATIENCE, gate.wait_for_arrivals(1)).await.unwrap();
    assert!(has_item(&world, "a").await);
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let [entry] = world
        .calls_of(Service::DynamoDb, "PutItem")
        .try_into()
        .unwrap();
    assert_eq!(
        (entry.took_effect, entry.outcome),
        (true, Outcome::Unanswered)
    );
}

#[tokio::test]
async fn an_open_gate_lets_the_call_go_on() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let gate = world
        .faults()
        .pause(Service::DynamoDb, "PutItem", Moment::BeforeEffect);
    let caller = put(&tables, "a");
    timeout(PATIENCE, gate.wait_for_arrivals(1)).await.unwrap();
    assert!(!has_item(&world, "a").await);
    gate.open();
    assert!(timeout(PATIENCE, caller).await.unwrap().unwrap());
    assert!(has_item(&world, "a").await);
    assert_eq!(gate.arrived(), 1);
}

#[tokio::test]
async fn two_callers_can_be_held_at_one_gate() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let gate = standin::faults::Gate::new();
    let pause = FaultKind::Pause(gate.clone(), Moment::BeforeEffect);
    world
        .faults()
        .inject(FaultRule::always(Service::DynamoDb, "PutItem", pause));
    let callers = [put(&tables, "a"), put(&tables, "b")];
    timeout(PATIENCE, gate.wait_for_arrivals(2)).await.unwrap();
    gate.open();
    for caller in callers {
        assert!(timeout(PATIENCE, caller).await.unwrap().unwrap());
    }
}

#[tokio::test]
async fn a_call_that_hangs_never_has_an_effect() {
    let world = reach::world();
    let tables = with_table(&world).await;
    world.faults().inject(FaultRule::once(
        Service::DynamoDb,
        "PutItem",
        FaultKind::Hang,
    ));
    let mut caller = put(&tables, "a");
    assert!(
        timeout(Duration::from_millis(50), &mut caller)
            .await
            .is_err()
    );
    caller.abort();
    assert!(!has_item(&world, "a").await);
}
