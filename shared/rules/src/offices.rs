//! Which groups hold an office: revoking anything, or reading everything.

use std::collections::BTreeSet;

use crate::caller::Caller;
use crate::names::Group;

/// The groups whose members hold an office. An empty set means nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offices {
    /// May see every request and revoke any grant.
    pub operators: BTreeSet<Group>,
    /// May see every request and its audit entries, and change nothing.
    pub auditors: BTreeSet<Group>,
}

impl Offices {
    /// Whether the caller may revoke any grant.
    #[must_use]
    pub fn is_operator(&self, caller: &Caller) -> bool {
        self.operators.iter().any(|group| caller.is_in(group))
    }

    /// Whether the caller may see every request.
    #[must_use]
    pub fn sees_all(&self, caller: &Caller) -> bool {
        self.is_operator(caller) || self.auditors.iter().any(|group| caller.is_in(group))
    }
}
