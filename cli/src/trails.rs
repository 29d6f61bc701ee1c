//! The forms in which audit trails are handed out.
//!
//! `GET /v1/requests/{id}/entries` answers with the trail of one request; an export has an entry
//! with its digest on each line; and an entry may stand by itself. Nothing is judged here: who reads
//! a trail says what of it must be there.

use serde_json::Value;

/// What one document holds.
#[derive(Debug)]
pub(crate) enum Held {
    /// The trail of a request, with what is said of it.
    Trail {
        request: Option<String>,
        head: Option<String>,
        entries: Vec<Stated>,
    },
    /// One entry, or something else.
    Entry(Stated),
}

/// An entry as it stands in a file.
#[derive(Debug, Clone)]
pub(crate) struct Stated {
    pub(crate) entry: Value,
    /// The digest that the file says it has, if it comes with one. Where that is no text it is
    /// empty, which is the digest of nothing.
    pub(crate) digest: Option<String>,
}

impl Held {
    /// What a document holds.
    pub(crate) fn of(mut document: Value) -> Self {
        let entries = document.get_mut("entries").and_then(Value::as_array_mut);
        let Some(entries) = entries.map(std::mem::take) else {
            return Self::Entry(Stated::of(document));
        };
        let text = |name: &str| document.get(name)?.as_str().map(str::to_owned);
        Self::Trail {
            request: text("request"),
            head: text("head"),
            entries: entries.into_iter().map(Stated::of).collect(),
        }
    }
}

impl Stated {
    fn of(mut document: Value) -> Self {
        let Some(entry) = document.get_mut("entry").map(Value::take) else {
            return Self {
                entry: document,
                digest: None,
            };
        };
        let digest = document.get("digest").and_then(Value::as_str);
        Self {
            entry,
            digest: Some(digest.unwrap_or_default().to_owned()),
        }
    }
}
