//! The journal: every call that reached the world, in order, as tests read it afterwards.
//!
//! An entry is written when a call arrives and completed as it goes on, so that a call whose
//! caller died while waiting is seen too, with what had become of it by then. SDK retries are
//! calls of their own. Entries hold the parameters of a call, never its signature, and values of
//! members that are secrets by name are left out.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use crate::call::{Protocol, Service};
use crate::world::World;

/// How many entries are kept; older ones fall away, so that a long local run stays small.
const KEPT: usize = 100_000;

/// Members whose value never enters the journal.
const SECRET_MEMBERS: &[&str] = &[
    "secretaccesskey",
    "sessiontoken",
    "tokenvalue",
    "tokencode",
    "password",
    "webidentitytoken",
];

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Counts from 1 over the life of the world's process.
    pub n: u64,
    /// When the call arrived, in milliseconds since the Unix epoch by the world's clock.
    pub at_millis: i64,
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: String,
    /// The Region that the call was signed for.
    pub region: String,
    /// The ARN of the caller; `None` while the call is not known to be authentic.
    pub caller: Option<String>,
    /// The parameters: the JSON body, the form, or for S3 bucket, key and query.
    pub parameters: Value,
    /// What policy said.
    pub verdict: Verdict,
    /// Whether the service did what was asked.
    pub took_effect: bool,
    /// What the caller was told.
    pub outcome: Outcome,
}

/// What policy said of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Policy was not asked: the call failed before.
    Unasked,
    /// Every demand was allowed.
    Allowed,
    /// A demand was refused.
    Denied,
}

/// What the caller of a call was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing (yet): the call is under way, or its caller went away.
    Unanswered,
    /// The answer of the operation.
    Answered {
        /// The HTTP status.
        status: u16,
    },
    /// An error.
    Failed {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
    },
    /// Nothing, by a fault.
    TimedOut,
}

/// The entries so far.
#[derive(Default)]
pub(crate) struct State {
    last: u64,
    entries: VecDeque<JournalEntry>,
}

impl State {
    /// Opens the entry of a call that has just arrived and gives its number.
    pub(crate) fn open(&mut self, mut entry: JournalEntry) -> u64 {
        self.last = self.last.saturating_add(1);
        entry.n = self.last;
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last
    }

    /// Changes an entry, if it is still there.
    pub(crate) fn amend(&mut self, n: u64, change: impl FnOnce(&mut JournalEntry)) {
        // Amended entries are recent: look from the end.
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.n == n) {
            change(entry);
        }
    }
}

impl World {
    /// Every call so far, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.journal_state().entries.iter().cloned().collect()
    }

    /// The calls of one operation so far, oldest first.
    #[must_use]
    pub fn calls_of(&self, service: Service, operation: &str) -> Vec<JournalEntry> {
        self.journal_state()
            .entries
            .iter()
            .filter(|entry| entry.service == service && entry.operation == operation)
            .cloned()
            .collect()
    }

    /// Forgets the calls so far; numbers go on.
    pub fn clear_journal(&self) {
        self.journal_state().entries.clear();
    }
}

/// The parameters of a call without its secrets.
pub(crate) fn parameters(call: &CallView<'_>) -> Value {
    let mut value = match call.service.protocol() {
        Protocol::Json10 | Protocol::Json11 => {
            serde_json::from_slice(call.body).unwrap_or(Value::Null)
        }
        Protocol::Query | Protocol::Ec2 => Value::Object(
            call.query
                .iter()
                .cloned()
                .chain(url::form_urlencoded::parse(call.body).into_owned())
                .map(|(key, value)| (key, Value::String(value)))
                .collect(),
        ),
        Protocol::RestJson => serde_json::json!({
            "path": call.path,
            "body": serde_json::from_slice(call.body).unwrap_or(Value::Null),
        }),
        Protocol::RestXml => {
            let (bucket, key) = crate::s3::address(call.host, call.path);
            let query: Map<String, Value> = call
                .query
                .iter()
                .map(|(key, value)| (key.clone(), Value::String(value.clone())))
                .collect();
            serde_json::json!({ "bucket": bucket, "key": key, "query": query })
        }
    };
    redact(&mut value);
    value
}

/// What [`parameters`] needs to see of a call that is not yet known to be authentic.
pub(crate) struct CallView<'a> {
    pub(crate) service: Service,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if SECRET_MEMBERS.contains(&name.to_ascii_lowercase().as_str()) {
                    *member = Value::String("(left out)".to_owned());
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_enter_the_journal() {
        let body = br#"{"Item":{"pk":{"S":"a"}},"SessionToken":"x","Deep":[{"TokenValue":"y"}]}"#;
        let seen = parameters(&CallView {
            service: Service::DynamoDb,
            host: "h",
            path: "/",
            query: &[],
            body,
        });
        assert_eq!(
            seen,
            serde_json::json!({"Item": {"pk": {"S": "a"}}, "SessionToken": "(left out)",
                               "Deep": [{"TokenValue": "(left out)"}]})
        );
    }
}
