//! An audit trail, checked by whoever has nothing but what the API answers.
//!
//! This shares no code with what wrote the trail: the encoding and the digests are worked out here
//! from their description, and an entry is whatever JSON was sent.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Where a trail of `GET /v1/requests/{id}/entries` breaks first; nothing where it is whole.
pub(crate) fn broken_at(trail: &Value) -> Option<usize> {
    let request = trail["request"].as_str().expect("a trail is of a request");
    let entries = trail["entries"].as_array().expect("a trail has entries");
    let mut previous = digest("postern.chain.v1", request);
    for (at, view) in entries.iter().enumerate() {
        let (n, entry) = (at + 1, &view["entry"]);
        let holds = entry["request"] == request
            && entry["n"] == n
            && entry["previous"] == previous.as_str()
            && view["digest"] == digest("postern.entry.v1", &canonical(entry)).as_str();
        if !holds {
            return Some(n);
        }
        previous = digest("postern.entry.v1", &canonical(entry));
    }
    (trail["head"] != previous.as_str()).then_some(entries.len())
}

/// SHA-256 of a domain, a zero byte and the text, in lower-case hexadecimal.
fn digest(domain: &str, text: &str) -> String {
    hex::encode(Sha256::digest(format!("{domain}\0{text}")))
}

/// JSON without white space, the members of every object sorted by key.
fn canonical(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, member)| format!("{}:{}", Value::from(key.as_str()), canonical(member)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}
