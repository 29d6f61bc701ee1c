//! A person whose token was judged.
//!
//! A [`Caller`] is a witness: whoever holds one may rely on it. Its fields are private, and
//! [`claims::judge`](crate::claims::judge) is the only code that makes one, so no test, header or
//! event can put a caller together from parts:
//!
//! ```compile_fail
//! use std::collections::BTreeSet;
//! let anna = rules::caller::Caller {
//!     identity: serde_json::from_str(r#"{"person":{"iss":"https://login.example.com","sub":"anna"},"human":null}"#).unwrap(),
//!     groups: BTreeSet::new(),
//!     name: None,
//! };
//! ```

use std::collections::BTreeSet;

use crate::names::{Group, Identity, Person};

/// Who is calling, for as long as one call lasts. It is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    identity: Identity,
    groups: BTreeSet<Group>,
    name: Option<String>,
}

impl Caller {
    pub(crate) fn judged(
        identity: Identity,
        groups: BTreeSet<Group>,
        name: Option<String>,
    ) -> Self {
        Self {
            identity,
            groups,
            name,
        }
    }

    /// Who they are: what every rule compares.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.identity.person
    }

    /// Who they are, and who is behind the account: what is compared where nobody may act twice,
    /// or for themselves.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The groups that their token names, now.
    #[must_use]
    pub fn groups(&self) -> &BTreeSet<Group> {
        &self.groups
    }

    /// Whether their token names this group.
    #[must_use]
    pub fn is_in(&self, group: &Group) -> bool {
        self.groups.contains(group)
    }

    /// What they are called, for people to read: at most 80 plain characters.
    ///
    /// People may often choose this name themselves, so it identifies nobody.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
