//! What is known of a request when it is weighed: condition keys and their values.

use std::collections::BTreeMap;

/// Condition keys with their values. Keys are compared without regard to case, that of a tag
/// (`aws:PrincipalTag/Team`) included, as IAM does.
///
/// A key without any value is the same as a key that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// A context that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value to a key, beside those that it has.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.add(key, [value.into()]);
        self
    }

    /// Adds values to a key, beside those that it has.
    pub(crate) fn add(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        self.keys
            .entry(key.to_lowercase())
            .or_default()
            .extend(values);
    }

    /// Sets a key to one value, whatever it had: what the caller is, no request can say.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.keys.insert(key.to_lowercase(), vec![value.into()]);
    }

    /// Forgets every key that starts with `prefix`.
    pub(crate) fn clear(&mut self, prefix: &str) {
        let prefix = prefix.to_lowercase();
        self.keys.retain(|key, _| !key.starts_with(&prefix));
    }

    /// The values of a key, of which there is at least one; `None` for a key that is not there.
    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        self.keys
            .get(&key.to_lowercase())
            .map(Vec::as_slice)
            .filter(|values| !values.is_empty())
    }

    /// The value of a key that has exactly one, as a policy variable needs it.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.values(key) {
            Some([one]) => Some(one),
            Some(_) | None => None,
        }
    }
}
