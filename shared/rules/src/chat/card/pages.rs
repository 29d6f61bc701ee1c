//! Where a card leads to.

use crate::chat::inbound::Origin;
use crate::chat::link::State;
use crate::names::{BadName, RequestId};

/// The address under which Postern's own pages are, such as `https://access.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages(String);

impl std::str::FromStr for Pages {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "an address such as `https://access.example.com`");
        let begins = text.find("://").map_or(0, |at| at + 3);
        let (scheme, rest) = text.split_at_checked(begins).ok_or_else(bad)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        format!("{scheme}{host}").parse::<Origin>()?;
        let plain = path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c));
        if text.len() <= 500 && plain && !text.ends_with('/') {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad())
        }
    }
}

impl Pages {
    /// Where a yes is said with a login.
    #[must_use]
    pub fn approve(&self, request: RequestId) -> String {
        format!("{}/chat/approve?request={request}", self.0)
    }

    /// Where a chat user is bound to a person.
    #[must_use]
    pub fn link(&self, state: &State) -> String {
        format!("{}/chat/link?state={}", self.0, state.as_str())
    }

    /// Where the identity provider sends people back to.
    #[must_use]
    pub fn callback(&self) -> String {
        format!("{}/chat/link/callback", self.0)
    }
}
