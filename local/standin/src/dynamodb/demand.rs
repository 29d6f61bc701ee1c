//! Which IAM actions a call needs, on which tables and indexes, for which partition keys.

use serde_json::Value;

use crate::call::{AwsError, Call, Demand};
use crate::world::World;

/// What a call needs to be allowed.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let body = call.json()?;
    let scope = Scope {
        world,
        region: &call.region,
    };
    let operation = call.operation.as_str();
    let mut demands = match operation {
        "ListTables" => vec![Demand::new("dynamodb:ListTables", "*")],
        "TransactWriteItems" => of_transaction(&scope, &body, |kind| match kind {
            "Put" => Some("PutItem"),
            "Update" => Some("UpdateItem"),
            "Delete" => Some("DeleteItem"),
            "ConditionCheck" => Some("ConditionCheckItem"),
            _ => None,
        }),
        "TransactGetItems" => {
            of_transaction(&scope, &body, |kind| (kind == "Get").then_some("GetItem"))
        }
        "BatchGetItem" | "BatchWriteItem" => members(body.get("RequestItems"))
            .map(|(table, _)| {
                Demand::new(format!("dynamodb:{operation}"), scope.table(table, None))
            })
            .collect(),
        "TagResource" | "UntagResource" | "ListTagsOfResource" => {
            let arn = text(&body, "ResourceArn").unwrap_or_default();
            vec![Demand::new(format!("dynamodb:{operation}"), arn)]
        }
        _ => vec![scope.single(operation, &body)],
    };
    let mut seen: Vec<Demand> = Vec::with_capacity(demands.len());
    demands.retain(|demand| {
        let fresh = !seen.contains(demand);
        if fresh {
            seen.push(demand.clone());
        }
        fresh
    });
    Ok(demands)
}

fn of_transaction(
    scope: &Scope<'_>,
    body: &Value,
    action: impl Fn(&str) -> Option<&'static str>,
) -> Vec<Demand> {
    body.get("TransactItems")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .flat_map(|item| members(Some(item)))
        .filter_map(|(kind, part)| Some(scope.single(action(kind)?, part)))
        .collect()
}

/// Where ARNs of tables are made.
struct Scope<'a> {
    world: &'a World,
    region: &'a str,
}

impl Scope<'_> {
    fn table(&self, table: &str, index: Option<&str>) -> String {
        let account = self.world.account();
        let arn = match table.starts_with("arn:") {
            true => table.to_owned(),
            false => format!("arn:aws:dynamodb:{}:{account}:table/{table}", self.region),
        };
        match index {
            None => arn,
            Some(index) => format!("{arn}/index/{index}"),
        }
    }

    /// The demand of an operation on one table or index.
    fn single(&self, operation: &str, body: &Value) -> Demand {
        let named = text(body, "TableName").unwrap_or_default();
        let index = text(body, "IndexName");
        let demand = Demand::new(format!("dynamodb:{operation}"), self.table(named, index));
        let table = named.rsplit_once(":table/").map_or(named, |(_, name)| name);
        match self.leading_key(table, index, body) {
            Some(value) => demand.with("dynamodb:LeadingKeys", value),
            None => demand,
        }
    }

    /// The value of the partition key that a request names, where it names one.
    fn leading_key(&self, table: &str, index: Option<&str>, body: &Value) -> Option<String> {
        let keyed = body.get("Key").or_else(|| body.get("Item"));
        let by_expression = text(body, "KeyConditionExpression");
        if keyed.is_none() && by_expression.is_none() {
            return None;
        }
        let name = self.world.tables().partition_key(table, index)?;
        let value = match (keyed, by_expression) {
            (Some(keyed), _) => keyed.get(&name)?.clone(),
            (None, Some(expression)) => key_equality(expression, &name, body)?,
            (None, None) => return None,
        };
        members(Some(&value)).find_map(|(_, scalar)| Some(scalar.as_str()?.to_owned()))
    }
}

/// The value that a key condition puts equal to the attribute `name`.
fn key_equality(expression: &str, name: &str, body: &Value) -> Option<Value> {
    let spaced = expression.replace('=', " = ").replace(['(', ')'], " ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let placeholder = tokens.windows(3).find_map(|window| match window {
        [left, "=", right] => {
            let named = match body
                .get("ExpressionAttributeNames")
                .and_then(|n| n.get(left))
            {
                Some(real) => real.as_str() == Some(name),
                None => *left == name,
            };
            named.then_some(*right)
        }
        _ => None,
    })?;
    body.get("ExpressionAttributeValues")?
        .get(placeholder)
        .cloned()
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, member)| (name.as_str(), member))
}
