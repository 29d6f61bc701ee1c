//! A key set as the identity provider publishes it.
//!
//! Providers publish keys for encryption and for other algorithms in the same set, so a key that
//! may not be used is left out and the others stand. A document that is bad as a whole, or that
//! leaves nothing to verify with, is refused, and the keys that were known before stay in use as
//! long as they may.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::strict_json::{self, BadJson};
use serde_json::Value;

use super::DEEPEST;
use super::algorithm::Algorithm;
use super::key::{Key, KeyFault};

/// The most keys that a set may have.
const MOST_KEYS: usize = 50;

/// Why a key set is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(BadJson),
    /// It has no list of keys.
    #[error("it has no list `keys`")]
    NoList,
    /// It has more than 50 keys.
    #[error("it has more than 50 keys")]
    TooManyKeys,
    /// None of its keys may be used. The reason of the first one, where there is one.
    #[error("it has no key that may be used{}", .0.map(|first| format!(": {first}")).unwrap_or_default())]
    NoUsableKey(Option<KeyFault>),
}

/// The keys that may verify, by `kid`.
#[derive(Debug)]
pub(super) struct KeySet {
    by_id: BTreeMap<String, Arc<Key>>,
    /// Why the others were left out, in the order of the document.
    pub(super) left_out: Vec<KeyFault>,
}

impl KeySet {
    /// Reads a document.
    pub(super) fn read(document: &[u8], algorithms: &[Algorithm]) -> Result<Self, BadKeySet> {
        let document = strict_json::object(document, DEEPEST).map_err(BadKeySet::Unreadable)?;
        let listed = document
            .get("keys")
            .and_then(Value::as_array)
            .ok_or(BadKeySet::NoList)?;
        if listed.len() > MOST_KEYS {
            return Err(BadKeySet::TooManyKeys);
        }
        // Every key counts here, also one that is left out for another reason: a name that stands
        // for two keys is nobody's.
        let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
        for id in listed.iter().filter_map(key_id) {
            *holders.entry(id).or_default() += 1;
        }
        let mut set = Self {
            by_id: BTreeMap::new(),
            left_out: Vec::new(),
        };
        for jwk in listed {
            let shared = key_id(jwk).is_some_and(|id| holders.get(id) != Some(&1));
            let read = match jwk.as_object() {
                Some(_) if shared => Err(KeyFault::SharedKeyId),
                Some(jwk) => Key::read(jwk, algorithms),
                None => Err(KeyFault::Malformed),
            };
            match read {
                Ok(key) => {
                    set.by_id.insert(key.id.clone(), Arc::new(key));
                }
                Err(fault) => set.left_out.push(fault),
            }
        }
        if set.by_id.is_empty() {
            return Err(BadKeySet::NoUsableKey(set.left_out.first().copied()));
        }
        Ok(set)
    }

    /// The key of that name.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Key>> {
        self.by_id.get(id)
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

fn key_id(jwk: &Value) -> Option<&str> {
    jwk.get("kid")?.as_str()
}

#[cfg(test)]
mod tests;
