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
//!     channel: rules::caller::Channel::Api,
//! };
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::names::{Group, Identity, Person};

/// The way by which somebody calls, from the one that proves most to the one that proves least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Channel {
    /// The API, with a token of their own.
    Api,
    /// The page that a message in chat leads to, with a token of their own.
    ChatLogin,
    /// A tap or a word in chat: their chat user was bound to them by a login, some time ago.
    ChatTap,
}

/// Who is calling, for as long as one call lasts. It is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    identity: Identity,
    groups: BTreeSet<Group>,
    name: Option<String>,
    channel: Channel,
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
            channel: Channel::Api,
        }
    }

    /// The same person, speaking by way of chat. No rule takes more from there than from the API,
    /// so anybody may say so of a caller.
    #[must_use]
    pub fn by(self, channel: Channel) -> Self {
        let channel = match (self.channel, channel) {
            (Channel::Api, channel) | (channel, Channel::Api) => channel,
            (Channel::ChatTap, _) | (_, Channel::ChatTap) => Channel::ChatTap,
            (Channel::ChatLogin, Channel::ChatLogin) => Channel::ChatLogin,
        };
        Self { channel, ..self }
    }

    /// The way by which they call.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
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
