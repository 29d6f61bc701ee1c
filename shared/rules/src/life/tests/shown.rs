//! What an approver is shown is what is granted: nothing in it can be changed afterwards.

use serde_json::{Value, json};

use super::scene::{Scene, after};
use crate::request::Request;

/// The parts of a stored request that an approver is shown.
const SHOWN: [&str; 5] = ["/id", "/requester/person", "/ask", "/facts", "/route"];

/// The JSON pointer of every value in there that holds no others.
fn leaves(json: &Value, at: &str, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (key, member) in members {
                leaves(member, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.push(at.to_owned());
        }
    }
}

/// Other values that might stand in the place of one.
fn others(value: &Value) -> Vec<Value> {
    if value.is_null() {
        return vec![json!(7_200), json!("deploy"), json!(["leads"])];
    }
    if let Some(number) = value.as_u64() {
        return vec![json!(number + 1)];
    }
    let text = value.as_str().unwrap();
    let mut nearly = text.to_owned();
    nearly.pop();
    let moment = "2026-11-20T10:00:00.000Z";
    let words = [
        "ssh",
        "automatic",
        "windows",
        "inactive",
        "missing",
        "ready",
        "tap",
        moment,
    ]
    .map(str::to_owned);
    words
        .into_iter()
        .chain([
            format!("{text}x"),
            format!("{nearly}2"),
            format!("{nearly}3"),
        ])
        .filter(|other| other != text)
        .map(Value::from)
        .collect()
}

#[test]
fn whichever_value_of_it_is_changed_the_digest_is_another_and_nothing_is_issued() {
    let scene = Scene::new();
    let request = scene.approved();
    let anna = Scene::requester();
    assert!(scene.begin(&request, &anna, after(1)).is_ok());
    let stored = serde_json::to_value(&request).unwrap();
    let mut places = Vec::new();
    for part in SHOWN {
        leaves(stored.pointer(part).unwrap(), part, &mut places);
    }
    assert!(places.len() > 15, "{places:?}");
    for place in places {
        let mut changes = 0;
        for other in others(stored.pointer(&place).unwrap()) {
            let mut json = stored.clone();
            *json.pointer_mut(&place).unwrap() = other.clone();
            // Most of what is tried is no value of that place at all.
            let Ok(changed) = serde_json::from_value::<Request>(json) else {
                continue;
            };
            changes += 1;
            assert_ne!(changed.shown(), request.shown(), "{place} = {other}");
            let begun = scene.begin(&changed, &anna, after(1));
            assert!(begun.is_err(), "{place} = {other}");
        }
        assert!(changes > 0, "{place} was never changed");
    }
}
