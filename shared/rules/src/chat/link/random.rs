//! What is random in a login: state, verifier and code.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::names::ChatUser;
use crate::names::{BadName, Digest};

/// Digits and letters of which none is taken for another (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Binds a login to the chat user who began it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct State(String);

/// The secret of PKCE (RFC 7636). `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Verifier(String);

/// What the page shows and the chat user says: eight letters and digits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl State {
    /// Of 32 random bytes.
    #[must_use]
    pub fn of(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// As it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By which its attempt is found.
    #[must_use]
    pub fn key(&self) -> Digest {
        Digest::of("postern.chat.state", self.0.as_bytes())
    }
}

impl FromStr for State {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One spelling for one state: base64url without padding, strictly.
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err(BadName::new("", "the state of a login")),
        }
    }
}

impl Verifier {
    /// Of 32 random bytes.
    #[must_use]
    pub fn of(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// As the token endpoint wants it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its `code_challenge` of the method `S256` (RFC 7636, section 4.2).
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl Code {
    /// Of 5 random bytes.
    #[must_use]
    pub fn of(random: [u8; 5]) -> Self {
        let bits = random
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let code = (0..8).rev().filter_map(|n| {
            let index = usize::try_from(bits >> (5 * n) & 31).ok()?;
            ALPHABET.get(index).copied().map(char::from)
        });
        Self(code.collect())
    }

    /// As people read it: two groups of four.
    #[must_use]
    pub fn for_people(&self) -> String {
        let (one, other) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        format!("{one}-{other}")
    }

    pub(super) fn digest(&self, user: &ChatUser) -> Digest {
        let text = format!("{}\n{}\n{}", user.team, user.user, self.0);
        Digest::of("postern.chat.code", text.as_bytes())
    }
}

impl FromStr for Code {
    type Err = BadName;

    /// Reads it as people type it: in small letters too, with or without what parts it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: String = text
            .chars()
            .filter(|c| *c != '-' && *c != ' ')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let known = |byte: u8| ALPHABET.contains(&byte);
        if code.len() == 8 && code.bytes().all(known) {
            Ok(Self(code))
        } else {
            Err(BadName::new("", "a code of eight letters and digits"))
        }
    }
}

macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )*};
}
hidden!(State Verifier Code);
