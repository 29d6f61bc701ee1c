//! What this module adds to the engine. The engine itself is seen through the SDK in the tests on
//! the wire.

use serde_json::{Value, json};

use super::*;
use crate::call::{Demand, Service};
use crate::iam::Caller;

const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:111122223333:table/Requests";

fn call(operation: &str, body: &Value) -> Call {
    Call {
        service: Service::DynamoDb,
        operation: operation.to_owned(),
        region: "ap-northeast-2".to_owned(),
        caller: Caller::of_role("111122223333", "Broker", "b-1"),
        now_millis: 0,
        method: http::Method::POST,
        path: "/".to_owned(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: body.to_string().into(),
    }
}

/// A world with a table of the partition key `pk` and an index of the partition key `who`.
fn world() -> World {
    let world = World::builder().build().unwrap();
    let table = json!({
        "TableName": "Requests",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "who", "AttributeType": "S" },
        ],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-who",
            "KeySchema": [{ "AttributeName": "who", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        }],
    });
    handle(&world, &call("CreateTable", &table)).unwrap();
    world
}

fn demanded(world: &World, operation: &str, body: &Value) -> Vec<Demand> {
    demands(world, &call(operation, body)).unwrap()
}

fn ask(world: &World, operation: &str, body: &Value) -> Result<Value, AwsError> {
    handle(world, &call(operation, body))
        .map(|answer| serde_json::from_slice(&answer.body).unwrap())
}

#[test]
fn a_transaction_demands_the_action_of_each_of_its_items() {
    let world = world();
    let body = json!({ "TransactItems": [
        { "Put": { "TableName": "Requests", "Item": { "pk": { "S": "a" } } } },
        { "Update": { "TableName": "Requests", "Key": { "pk": { "S": "b" } },
                      "UpdateExpression": "SET x = :x" } },
        { "ConditionCheck": { "TableName": "Requests", "Key": { "pk": { "S": "c" } },
                              "ConditionExpression": "attribute_exists(pk)" } },
        { "Delete": { "TableName": TABLE, "Key": { "pk": { "S": "d" } } } },
        { "Put": { "TableName": "Requests", "Item": { "pk": { "S": "a" } } } },
    ] });
    let on = |action: &str, key: &str| {
        Demand::new(format!("dynamodb:{action}"), TABLE).with("dynamodb:LeadingKeys", key)
    };
    assert_eq!(
        demanded(&world, "TransactWriteItems", &body),
        [
            on("PutItem", "a"),
            on("UpdateItem", "b"),
            on("ConditionCheckItem", "c"),
            on("DeleteItem", "d"),
        ]
    );
}

#[test]
fn a_query_demands_its_table_or_its_index_with_the_partition_key_of_either() {
    let world = world();
    let table = json!({ "TableName": "Requests", "KeyConditionExpression": "#p=:p",
                        "ExpressionAttributeNames": { "#p": "pk" },
                        "ExpressionAttributeValues": { ":p": { "S": "a" } } });
    let leading = |resource: &str, key: &str| {
        [Demand::new("dynamodb:Query", resource).with("dynamodb:LeadingKeys", key)]
    };
    assert_eq!(demanded(&world, "Query", &table), leading(TABLE, "a"));
    let index = json!({ "TableName": "Requests", "IndexName": "by-who",
                        "KeyConditionExpression": "(who = :w)",
                        "ExpressionAttributeValues": { ":w": { "S": "ana" } } });
    assert_eq!(
        demanded(&world, "Query", &index),
        leading(&format!("{TABLE}/index/by-who"), "ana")
    );
    // A scan names no key, so a policy that asks for one does not allow it.
    let scan = json!({ "TableName": "Requests" });
    assert_eq!(
        demanded(&world, "Scan", &scan),
        [Demand::new("dynamodb:Scan", TABLE)]
    );
}

#[test]
fn the_engines_arns_become_the_worlds_and_items_stay_as_they_are() {
    let world = world();
    let described = ask(&world, "DescribeTable", &json!({ "TableName": "Requests" })).unwrap();
    assert_eq!(described["Table"]["TableArn"], TABLE);
    let index = &described["Table"]["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexArn"], format!("{TABLE}/index/by-who"));
    let item = json!({ "pk": { "S": format!("{ENGINE_ARN}table/x") } });
    ask(
        &world,
        "PutItem",
        &json!({ "TableName": "Requests", "Item": item }),
    )
    .unwrap();
    let got = ask(
        &world,
        "GetItem",
        &json!({ "TableName": "Requests", "Key": item }),
    )
    .unwrap();
    assert_eq!(got["Item"], item);
}

#[test]
fn what_the_engine_cannot_read_is_told_without_its_marks() {
    let world = world();
    let code = |operation: &str, body: Value| {
        let error = ask(&world, operation, &body).unwrap_err();
        assert!(!error.message.contains("VALIDATION:"), "{}", error.message);
        error.code.into_owned()
    };
    assert_eq!(
        code("DescribeTable", json!({ "TableName": "ab" })),
        "ValidationException"
    );
    assert_eq!(
        code("PutItem", json!({ "TableName": "Requests" })),
        "ValidationException"
    );
    let number = json!({ "TableName": "Requests", "Item": { "pk": { "S": 1 } } });
    assert_eq!(code("PutItem", number), "SerializationException");
    assert_eq!(
        code("DescribeTable", json!({ "TableName": "none" })),
        "ResourceNotFoundException"
    );
    assert_eq!(
        code("ExportTableToPointInTime", json!({})),
        "UnknownOperationException"
    );
}

#[test]
fn a_conflict_strikes_writes_in_their_own_words_and_reads_of_one_item_never() {
    let body = json!({ "TransactItems": [{}, {}, {}] }).to_string();
    let conflict = transaction_conflict("TransactWriteItems", body.as_bytes()).unwrap();
    assert_eq!(conflict.code, "TransactionCanceledException");
    let codes: Vec<_> = conflict.extra["CancellationReasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["Code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["TransactionConflict", "None", "None"]);
    assert!(
        conflict
            .message
            .ends_with("[TransactionConflict, None, None]")
    );
    for operation in ["PutItem", "UpdateItem", "DeleteItem"] {
        let conflict = transaction_conflict(operation, b"{}").unwrap();
        assert_eq!(conflict.code, "TransactionConflictException");
    }
    for operation in ["GetItem", "Query", "ListTables"] {
        assert_eq!(transaction_conflict(operation, b"{}"), None);
    }
}
