use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use standin::faults::{FaultKind, FaultRule};
use standin::journal::Outcome;
use standin::s3::BucketSpec;
use standin::{Service, World};

use crate::reach::{self, TABLE, code, has_item, s, with_table};

const TABLES: Service = Service::DynamoDb;

/// Puts an item and gives the error code, or `fine`.
async fn put(tables: &aws_sdk_dynamodb::Client, pk: &str) -> String {
    match tables
        .put_item()
        .table_name(TABLE)
        .item("pk", s(pk))
        .send()
        .await
    {
        Ok(_) => "fine".to_owned(),
        Err(error) => code(&error),
    }
}

fn strike(world: &World, kind: FaultKind) {
    world
        .faults()
        .inject(FaultRule::once(TABLES, "PutItem", kind));
}

#[tokio::test]
async fn a_throttled_or_failed_call_has_no_effect_and_the_next_one_is_fine() {
    let world = reach::world();
    let tables = with_table(&world).await;
    strike(&world, FaultKind::Throttle);
    assert_eq!(put(&tables, "a").await, "ThrottlingException");
    strike(
        &world,
        FaultKind::Fail {
            status: 500,
            code: "InternalServerError".to_owned(),
        },
    );
    assert_eq!(put(&tables, "a").await, "InternalServerError");
    assert!(!has_item(&world, "a").await);
    assert_eq!(put(&tables, "a").await, "fine");
    let effects: Vec<_> = world
        .calls_of(TABLES, "PutItem")
        .iter()
        .map(|entry| entry.took_effect)
        .collect();
    assert_eq!(effects, [false, false, true]);
}

#[tokio::test]
async fn throttling_is_told_in_the_words_that_sdks_retry_on() {
    let world = reach::world();
    world.create_bucket("logs", BucketSpec::default());
    let retrying = reach::admin(&world)
        .into_builder()
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(1)),
        )
        .build();
    for (service, operation) in [
        (TABLES, "ListTables"),
        (Service::S3, "ListBuckets"),
        (Service::Sts, "GetCallerIdentity"),
    ] {
        world
            .faults()
            .inject(FaultRule::once(service, operation, FaultKind::Throttle));
    }
    aws_sdk_dynamodb::Client::new(&retrying)
        .list_tables()
        .send()
        .await
        .unwrap();
    aws_sdk_s3::Client::new(&retrying)
        .list_buckets()
        .send()
        .await
        .unwrap();
    aws_sdk_sts::Client::new(&retrying)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(world.journal().len(), 6);
}

#[tokio::test]
async fn a_call_that_is_lost_on_its_way_back_has_had_its_effect() {
    let world = reach::world();
    let tables = with_table(&world).await;
    strike(&world, FaultKind::TimeoutBeforeEffect);
    assert_eq!(put(&tables, "there").await, "timeout");
    strike(&world, FaultKind::TimeoutAfterEffect);
    assert_eq!(put(&tables, "back").await, "timeout");
    assert!(!has_item(&world, "there").await);
    assert!(has_item(&world, "back").await);
    let told: Vec<_> = world
        .calls_of(TABLES, "PutItem")
        .into_iter()
        .map(|entry| (entry.took_effect, entry.outcome))
        .collect();
    assert_eq!(
        told,
        [(false, Outcome::TimedOut), (true, Outcome::TimedOut)]
    );
}

#[tokio::test]
async fn over_the_socket_a_lost_call_lasts_until_its_caller_gives_up() {
    let world = reach::world();
    with_table(&world).await;
    let listening = world.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let config = reach::outside(&world, world.admin_keys(), &listening);
    let tables = aws_sdk_dynamodb::Client::new(&config);
    strike(&world, FaultKind::TimeoutAfterEffect);
    assert_eq!(put(&tables, "back").await, "timeout");
    assert!(has_item(&world, "back").await);
}

#[tokio::test]
async fn a_transaction_conflict_cancels_and_has_no_effect() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let rule = FaultRule::once(TABLES, "TransactWriteItems", FaultKind::TransactionConflict);
    let rule = world.faults().inject(rule);
    let write = || {
        let put = Put::builder()
            .table_name(TABLE)
            .item("pk", s("a"))
            .build()
            .unwrap();
        tables
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .send()
    };
    let failed = write().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failed else {
        panic!("{failed:?}")
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(reasons[0].code(), Some("TransactionConflict"));
    assert!(
        cancelled
            .message()
            .unwrap()
            .contains("[TransactionConflict]")
    );
    assert!(!has_item(&world, "a").await);
    assert_eq!(world.faults().struck(rule), 1);
    write().await.unwrap();
    assert!(has_item(&world, "a").await);
}

#[tokio::test]
async fn a_delay_holds_a_call_and_lets_it_go_on() {
    let world = reach::world();
    let tables = with_table(&world).await;
    strike(&world, FaultKind::DelayMillis(50));
    let began = Instant::now();
    assert_eq!(put(&tables, "a").await, "fine");
    assert!(began.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_rule_strikes_only_the_calls_that_it_names() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let always = FaultRule::always(TABLES, "PutItem", FaultKind::Throttle).body_contains("\"a\"");
    let id = world.faults().inject(always);
    assert_eq!(put(&tables, "b").await, "fine");
    assert_eq!(put(&tables, "a").await, "ThrottlingException");
    world.faults().remove(id);
    assert_eq!(put(&tables, "a").await, "fine");
}
