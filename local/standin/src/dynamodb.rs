//! DynamoDB, by the embedded engine of `dynoxide-rs`.
//!
//! The engine answers; this module adds what it leaves out: whose account and Region a table is
//! in, which IAM actions a call needs, and transaction conflicts (by fault only, since the engine
//! runs one call at a time). A transaction needs the action of each of its items, as in AWS:
//! there is no `dynamodb:TransactWriteItems` action.
//!
//! Items past their time to live are still returned. AWS deletes them "typically within a few
//! days" (AWS-FACTS 7.4), so a program that relies on the deletion is caught here.

mod demand;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call::{Answer, AwsError, Call, Handled};
use crate::clock::StandinClock;
use crate::world::{World, WorldError, locked};

pub(crate) use demand::demands;

/// How the engine begins its ARNs, which know neither Region nor account.
const ENGINE_ARN: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// The tables.
pub(crate) struct Engine {
    database: Database,
    /// Name of the partition key by table and index, for `dynamodb:LeadingKeys`.
    partition_keys: Mutex<BTreeMap<(String, Option<String>), String>>,
}

impl Engine {
    /// Opens the tables in memory, or in an SQLite file of the data directory.
    pub(crate) fn open(dir: Option<&Path>, clock: &StandinClock) -> Result<Self, WorldError> {
        let database = match dir {
            None => Database::memory_with_clock(Arc::new(clock.clone())),
            Some(dir) => Database::new(&dir.join("tables.sqlite").to_string_lossy()),
        };
        Ok(Self {
            database: database.map_err(|error| WorldError::Tables(error.to_string()))?,
            partition_keys: Mutex::default(),
        })
    }

    fn run(&self, operation: &str, body: &Value) -> Option<Result<Value, AwsError>> {
        let db = &self.database;
        Some(match operation {
            "CreateTable" => pass(body, |request| db.create_table(request)),
            "DeleteTable" => pass(body, |request| db.delete_table(request)),
            "DescribeTable" => pass(body, |request| db.describe_table(request)),
            "UpdateTable" => pass(body, |request| db.update_table(request)),
            "ListTables" => pass(body, |request| db.list_tables(request)),
            "UpdateTimeToLive" => pass(body, |request| db.update_time_to_live(request)),
            "DescribeTimeToLive" => pass(body, |request| db.describe_time_to_live(request)),
            "PutItem" => pass(body, |request| db.put_item(request)),
            "GetItem" => pass(body, |request| db.get_item(request)),
            "UpdateItem" => pass(body, |request| db.update_item(request)),
            "DeleteItem" => pass(body, |request| db.delete_item(request)),
            "Query" => pass(body, |request| db.query(request)),
            "Scan" => pass(body, |request| db.scan(request)),
            "BatchGetItem" => pass(body, |request| db.batch_get_item(request)),
            "BatchWriteItem" => pass(body, |request| db.batch_write_item(request)),
            "TransactWriteItems" => pass(body, |request| db.transact_write_items(request)),
            "TransactGetItems" => pass(body, |request| db.transact_get_items(request)),
            "TagResource" => pass_unit(body, |request| db.tag_resource(request).map(|_| ())),
            "UntagResource" => pass_unit(body, |request| db.untag_resource(request).map(|_| ())),
            "ListTagsOfResource" => pass(body, |request| db.list_tags_of_resource(request)),
            _ => return None,
        })
    }

    /// The name of the partition key of a table or of one of its indexes, if there is one.
    fn partition_key(&self, table: &str, index: Option<&str>) -> Option<String> {
        let wanted = (table.to_owned(), index.map(str::to_owned));
        if let Some(known) = locked(&self.partition_keys).get(&wanted) {
            return Some(known.clone());
        }
        let described = self
            .run("DescribeTable", &json!({ "TableName": table }))?
            .ok()?;
        let described = described.get("Table")?;
        let keyed = match index {
            None => described,
            Some(index) => ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"]
                .iter()
                .filter_map(|kind| described.get(kind)?.as_array())
                .flatten()
                .find(|found| found.get("IndexName").and_then(Value::as_str) == Some(index))?,
        };
        let name = keyed
            .get("KeySchema")?
            .as_array()?
            .iter()
            .find(|part| part.get("KeyType").and_then(Value::as_str) == Some("HASH"))?
            .get("AttributeName")?
            .as_str()?
            .to_owned();
        locked(&self.partition_keys).insert(wanted, name.clone());
        Some(name)
    }

    fn forget_partition_keys(&self) {
        locked(&self.partition_keys).clear();
    }
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let engine = world.tables();
    let result = engine
        .run(&call.operation, &call.json()?)
        .ok_or_else(|| AwsError::unknown_operation(call.service, &call.operation))?;
    if matches!(
        call.operation.as_str(),
        "CreateTable" | "DeleteTable" | "UpdateTable"
    ) {
        engine.forget_partition_keys();
    }
    let here = format!("arn:aws:dynamodb:{}:{}:", call.region, world.account());
    let mut answer = result?;
    rename_arns(&mut answer, &here);
    Ok(Answer::json_1_0(&answer))
}

fn pass<Request: DeserializeOwned, Response: Serialize>(
    body: &Value,
    operation: impl FnOnce(Request) -> dynoxide::Result<Response>,
) -> Result<Value, AwsError> {
    let request = Request::deserialize(body).map_err(|error| unreadable(&error.to_string()))?;
    let response = operation(request).map_err(|error| told(&error))?;
    serde_json::to_value(response)
        .map_err(|error| AwsError::new(500, "InternalServerError", error.to_string()))
}

fn pass_unit<Request: DeserializeOwned>(
    body: &Value,
    operation: impl FnOnce(Request) -> dynoxide::Result<()>,
) -> Result<Value, AwsError> {
    pass(body, |request: Request| {
        operation(request).map(|()| Map::new())
    })
}

/// A request that the engine cannot read. Its readers put the class of the error before the text;
/// what is missing or null is invalid, and only a wrong type is a matter of serialisation.
fn unreadable(message: &str) -> AwsError {
    for mark in ["VALIDATION:", "VALIDATION_REQUEST:", "VALIDATION_AS_READ:"] {
        if let Some(message) = message.strip_prefix(mark) {
            return AwsError::validation(message);
        }
    }
    let invalid = [
        "missing field",
        "unknown variant",
        "invalid type: null",
        "AttributeValue",
    ];
    if invalid.iter().any(|sign| message.contains(sign)) {
        return AwsError::validation(message);
    }
    let marks = ["SERIALIZATION:", "SERIALIZATION_AS_READ:"];
    let message = marks
        .iter()
        .find_map(|mark| message.strip_prefix(mark))
        .unwrap_or(message);
    AwsError::new(400, "SerializationException", message)
}

/// The engine's error, member for member.
fn told(error: &DynoxideError) -> AwsError {
    let mut members: Map<String, Value> =
        serde_json::from_str(&error.to_json()).unwrap_or_default();
    let kind = members.remove("__type");
    let kind = kind
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or("InternalServerError");
    let code = kind
        .rsplit_once('#')
        .map_or(kind, |(_, code)| code)
        .to_owned();
    members.remove("message");
    let mut told = AwsError::new(error.status_code(), code, error.to_string());
    *told.extra = members;
    told
}

/// The engine's ARNs become those of the account and the Region.
fn rename_arns(value: &mut Value, here: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(ENGINE_ARN) {
                *text = format!("{here}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_arns(item, here)),
        Value::Object(members) => {
            // Items are the caller's own data and are given back as they are.
            for (name, member) in members.iter_mut() {
                if !matches!(name.as_str(), "Item" | "Items" | "Responses" | "Attributes") {
                    rename_arns(member, here);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What another transaction on the same item does to this call; `None` for a call that cannot
/// meet one.
pub(crate) fn transaction_conflict(operation: &str, body: &[u8]) -> Option<AwsError> {
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {}
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            return Some(AwsError::new(
                400,
                "TransactionConflictException",
                "Transaction is ongoing for the item",
            ));
        }
        _ => return None,
    }
    let items = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| body.get("TransactItems")?.as_array().map(Vec::len))
        .unwrap_or(1)
        .max(1);
    let codes: Vec<&str> = (0..items)
        .map(|n| {
            if n == 0 {
                "TransactionConflict"
            } else {
                "None"
            }
        })
        .collect();
    let reasons: Vec<Value> = codes
        .iter()
        .map(|code| match *code {
            "None" => json!({ "Code": code }),
            _ => json!({ "Code": code, "Message": "Transaction is ongoing for the item" }),
        })
        .collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let mut error = AwsError::new(400, "TransactionCanceledException", message.clone());
    error
        .extra
        .insert("Message".to_owned(), Value::String(message));
    error
        .extra
        .insert("CancellationReasons".to_owned(), Value::Array(reasons));
    Some(error)
}

#[cfg(test)]
mod tests;
