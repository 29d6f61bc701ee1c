use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus, TransactWriteItem,
};
use serde_json::json;
use standin::iam::RoleSpec;

use crate::reach::{self, START, TABLE, code, has_item, inside, s, with_table};

fn put(pk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .item("pk", s(pk))
        .build()
        .unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn exists(pk: &str) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .key("pk", s(pk))
        .condition_expression("attribute_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap();
    TransactWriteItem::builder().condition_check(check).build()
}

#[tokio::test]
async fn a_table_is_there_with_its_index() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let table = tables
        .describe_table()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    let table = table.table().unwrap();
    assert_eq!(table.table_status(), Some(&TableStatus::Active));
    assert_eq!(
        table.global_secondary_indexes()[0].index_name(),
        Some("by-who")
    );
    assert_eq!(
        tables.list_tables().send().await.unwrap().table_names(),
        [TABLE]
    );
}

#[tokio::test]
async fn an_index_finds_what_the_table_holds_page_by_page() {
    let world = reach::world();
    let tables = with_table(&world).await;
    for n in 0..5 {
        let who = if n == 3 { "ben" } else { "ana" };
        let item = tables
            .put_item()
            .table_name(TABLE)
            .item("pk", s(&format!("r{n}")));
        item.item("who", s(who))
            .item("n", AttributeValue::N(n.to_string()))
            .send()
            .await
            .unwrap();
    }
    let pages = tables
        .query()
        .table_name(TABLE)
        .index_name("by-who")
        .key_condition_expression("who = :w")
        .expression_attribute_values(":w", s("ana"))
        .limit(3)
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    let counts: Vec<_> = pages.iter().map(|page| page.count()).collect();
    assert_eq!(counts.iter().sum::<i32>(), 4);
    assert_eq!(counts[0], 3);
    assert_eq!(pages[0].items()[0]["n"], AttributeValue::N("0".to_owned()));
}

#[tokio::test]
async fn a_condition_that_fails_changes_nothing_and_shows_what_is_there() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let first = |text: &str| {
        tables
            .put_item()
            .table_name(TABLE)
            .item("pk", s("a"))
            .item("text", s(text))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    first("one").await.unwrap();
    let failed = first("two").await.unwrap_err().into_service_error();
    let PutItemError::ConditionalCheckFailedException(failed) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(failed.item().unwrap()["text"], s("one"));
}

#[tokio::test]
async fn a_transaction_is_done_whole_or_not_at_all_and_says_which_item_stood_in_its_way() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let write = |items: Vec<TransactWriteItem>| {
        tables
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
    };
    let failed = write(vec![put("a"), exists("none"), put("b")])
        .await
        .unwrap_err();
    let failed = failed.into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failed else {
        panic!("{failed:?}")
    };
    let codes: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "None"]);
    assert!(!has_item(&world, "a").await && !has_item(&world, "b").await);

    write(vec![put("a"), put("b")]).await.unwrap();
    write(vec![exists("a"), put("c")]).await.unwrap();
    assert!(has_item(&world, "b").await && has_item(&world, "c").await);
    let twice = write(vec![put("d"), put("d")]).await.unwrap_err();
    assert_eq!(code(&twice), "ValidationException");
}

#[tokio::test]
async fn an_item_past_its_time_to_live_is_still_returned() {
    let world = reach::world();
    let tables = with_table(&world).await;
    let expiry = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name("ttl")
        .build()
        .unwrap();
    let enabled = tables
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(expiry);
    enabled.send().await.unwrap();
    let described = tables
        .describe_time_to_live()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    let described = described.time_to_live_description().unwrap();
    assert_eq!(
        described.time_to_live_status(),
        Some(&TimeToLiveStatus::Enabled)
    );
    assert_eq!(described.attribute_name(), Some("ttl"));
    let soon = AttributeValue::N((START / 1_000 + 60).to_string());
    let item = tables
        .put_item()
        .table_name(TABLE)
        .item("pk", s("a"))
        .item("ttl", soon);
    item.send().await.unwrap();
    world.clock().set(START + 3_600_000);
    assert!(has_item(&world, "a").await);
}

#[tokio::test]
async fn a_policy_can_hold_a_caller_to_the_items_of_one_partition() {
    let world = reach::world();
    with_table(&world).await;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:GetItem"],
            "Resource": format!("arn:aws:dynamodb:ap-northeast-2:111122223333:table/{TABLE}"),
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["mine"] },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        },
    });
    world
        .add_role(RoleSpec {
            name: "One".to_owned(),
            inline: vec![("One".to_owned(), policy.to_string())],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("One", "o-1").unwrap();
    let tables = aws_sdk_dynamodb::Client::new(&inside(&world, keys));
    tables
        .put_item()
        .table_name(TABLE)
        .item("pk", s("mine"))
        .send()
        .await
        .unwrap();
    let theirs = tables
        .put_item()
        .table_name(TABLE)
        .item("pk", s("theirs"))
        .send()
        .await;
    assert_eq!(code(&theirs.unwrap_err()), "AccessDeniedException");
    let write = tables.transact_write_items();
    let write = write
        .transact_items(put("mine"))
        .transact_items(put("theirs"))
        .send()
        .await;
    assert_eq!(code(&write.unwrap_err()), "AccessDeniedException");
    let scan = tables.scan().table_name(TABLE).send().await.unwrap_err();
    assert_eq!(code(&scan), "AccessDeniedException");
}
