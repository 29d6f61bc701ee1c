//! Names, parsed once at the edge.
//!
//! Inside Postern no `String` stands for an identifier. Each name has a private field and one
//! door, `FromStr`; `serde` goes through the same door, so a value that exists is well formed.

pub mod access_kind;
pub mod aws;
pub mod digest;
pub mod duration;
pub mod person;
pub mod request_id;
pub mod target;
pub mod text;

pub use access_kind::{AccessKind, CommandName, Host, KindWord};
pub use aws::{AccountId, Arn, DocumentName, ExternalId, KeyId, Partition, Region, RoleArn};
pub use digest::Digest;
pub use duration::GrantDuration;
pub use person::{Group, HumanId, Identity, Issuer, OsUser, Person, Subject};
pub use request_id::{RequestId, SessionId};
pub use target::{InstanceId, Target};
pub use text::{Comment, Reason, Ticket};

/// A text that is not the name it was read as.
///
/// The sentence names what was expected and shows the input, cut short and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not {expected}")]
pub struct BadName {
    input: String,
    expected: &'static str,
}

impl BadName {
    /// Shown input is capped, so that a hostile body does not come back whole in an error.
    const SHOWN: usize = 80;

    pub(crate) fn new(input: &str, expected: &'static str) -> Self {
        let mut shown: String = input
            .chars()
            .take(Self::SHOWN)
            .flat_map(char::escape_debug)
            .collect();
        if input.chars().nth(Self::SHOWN).is_some() {
            shown.push('…');
        }
        Self {
            input: shown,
            expected,
        }
    }

    /// What was expected, as a noun phrase.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

/// Gives a name over a private `String` its doors: `FromStr`, `TryFrom<String>`, `Display`,
/// `as_str` and `serde`. `$check` says whether a text is such a name.
macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::names::BadName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::names::BadName::new(text, $expected))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::names::BadName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_name;
/// Gives a name with structure its `serde` doors through `FromStr` and `Display`.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::names::BadName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    };
}
pub(crate) use serde_as_text;

/// Whether the text has `least` to `most` characters and all of them pass.
pub(crate) fn made_of(text: &str, least: usize, most: usize, allowed: fn(char) -> bool) -> bool {
    let length = text.chars().count();
    (least..=most).contains(&length) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_the_input_in_it() {
        let error = "nonsense".parse::<Target>().unwrap_err();
        assert!(error.to_string().starts_with("`nonsense` is not a target"));
    }
}
