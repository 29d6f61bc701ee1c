//! The persons of the local run, as its identity provider knows them.

use std::fmt;
use std::str::FromStr;

/// Somebody who can have a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Person {
    /// An engineer, who asks.
    Anna,
    /// A lead, who answers; an engineer too.
    Ben,
    /// Another engineer.
    Cleo,
    /// An operator, who may revoke any grant.
    Omar,
    /// An auditor, who may read everything and change nothing.
    Ada,
}

impl Person {
    /// Everybody.
    pub const ALL: [Self; 5] = [Self::Anna, Self::Ben, Self::Cleo, Self::Omar, Self::Ada];

    /// The `sub` of their tokens, and what they are called where tokens are handed out.
    #[must_use]
    pub fn subject(self) -> &'static str {
        match self {
            Self::Anna => "anna",
            Self::Ben => "ben",
            Self::Cleo => "cleo",
            Self::Omar => "omar",
            Self::Ada => "ada",
        }
    }

    /// Their name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anna => "Anna",
            Self::Ben => "Ben",
            Self::Cleo => "Cleo",
            Self::Omar => "Omar",
            Self::Ada => "Ada",
        }
    }

    /// The groups that they are in.
    #[must_use]
    pub fn groups(self) -> &'static [&'static str] {
        match self {
            Self::Anna | Self::Cleo => &["engineers"],
            Self::Ben => &["engineers", "leads"],
            Self::Omar => &["operators"],
            Self::Ada => &["auditors"],
        }
    }

    /// What they do here, in a word.
    #[must_use]
    pub fn part(self) -> &'static str {
        match self {
            Self::Anna | Self::Cleo => "engineer",
            Self::Ben => "lead",
            Self::Omar => "operator",
            Self::Ada => "auditor",
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Nobody here is called that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody here is called that; there are anna, ben, cleo, omar and ada")]
pub struct Nobody;

impl FromStr for Person {
    type Err = Nobody;

    fn from_str(subject: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.subject() == subject)
            .ok_or(Nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_by_their_subject_and_nobody_else_is() {
        for person in Person::ALL {
            assert_eq!(person.subject().parse(), Ok(person));
            assert!(Nobody.to_string().contains(person.subject()));
        }
        for other in ["Anna", "", "mallory"] {
            assert_eq!(other.parse::<Person>(), Err(Nobody));
        }
    }
}
