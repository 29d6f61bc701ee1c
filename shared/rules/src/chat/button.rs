//! What a button carries.
//!
//! A button says which verb, of which request, at which version, and the digest of exactly what was
//! shown beside it; all of it signed together with the workspace that it was put in. So nobody makes
//! a button, changes one or carries it elsewhere, and what is clicked is what was seen.
//!
//! A button is no permission: who clicks is judged by the same rules as in the API.

use std::fmt;

use super::names::TeamId;
use super::signature::{self, Secrets};
use crate::names::{Digest, RequestId};
use crate::refusal::Verb;
use crate::request::Request;
use crate::status::StatusWord;
use crate::wire::RequestView;

/// What goes before what is signed, so that a signature made for this purpose is never good for
/// another.
const DOMAIN: &[u8] = b"postern.button.v1\n";

/// What a button does, and what was shown beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button {
    /// What.
    pub verb: Verb,
    /// To which request.
    pub request: RequestId,
    /// As it was at this version.
    pub version: u64,
    /// The digest of what an approver was shown.
    pub shown: Digest,
}

/// It is no button of Postern's, or not of this workspace: made up, changed, carried here from
/// elsewhere, or signed with a secret that is no longer in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this button is not one of Postern's in this workspace")]
pub struct Foreign;

/// The request is no longer as it was when the button was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request has changed since; it is {status} now")]
pub struct Stale {
    /// Where it is now.
    pub status: StatusWord,
}

impl Button {
    /// The most characters of a value that Slack takes.
    pub const MOST: usize = 2_000;

    /// The button of that verb beside a request as it is shown.
    #[must_use]
    pub fn of(verb: Verb, view: &RequestView) -> Self {
        Self {
            verb,
            request: view.id,
            version: view.version,
            shown: view.shown,
        }
    }

    /// The value of the button in a workspace: about 180 characters.
    #[must_use]
    pub fn seal(&self, secrets: &Secrets, team: &TeamId) -> String {
        let plain = self.to_string();
        let signature = secrets.sign(&parts(team, &plain));
        format!("{plain} {}", hex::encode(signature))
    }

    /// Reads the value of a button that was clicked in a workspace.
    ///
    /// # Errors
    /// It is not one of Postern's there.
    pub fn open(value: &str, secrets: &Secrets, team: &TeamId) -> Result<Self, Foreign> {
        if value.len() > Self::MOST {
            return Err(Foreign);
        }
        let (plain, signature) = value.rsplit_once(' ').ok_or(Foreign)?;
        let bytes = signature::digits(signature.as_bytes()).ok_or(Foreign)?;
        if !secrets.verify(&parts(team, plain), &bytes) {
            return Err(Foreign);
        }
        Self::read(plain).ok_or(Foreign)
    }

    fn read(plain: &str) -> Option<Self> {
        let words: Vec<&str> = plain.split(' ').collect();
        let [verb, request, version, shown] = words.try_into().ok()?;
        let button = Self {
            verb: Verb::ALL.into_iter().find(|one| one.as_str() == verb)?,
            request: request.parse().ok()?,
            version: version.parse().ok()?,
            shown: shown.parse().ok()?,
        };
        // Credentials never go by way of chat, so there is no such button.
        (button.verb != Verb::Issue).then_some(button)
    }

    /// Whether the request still is what was seen.
    ///
    /// An answer is to exactly what was on the card, yeses so far included. What takes access away
    /// needs no more than the request: it must not be held up because credentials were issued in the
    /// meantime. Nor does asking for more: what is asked is judged as it is then.
    ///
    /// # Errors
    /// It has changed since.
    pub fn must_fit(&self, request: &Request) -> Result<(), Stale> {
        let as_seen = request.version() == self.version && request.shown() == self.shown;
        let fits = match self.verb {
            Verb::Approve | Verb::Deny | Verb::Review => as_seen,
            Verb::Withdraw | Verb::Revoke | Verb::Release | Verb::Extend | Verb::Issue => true,
        };
        if fits && request.id() == self.request {
            Ok(())
        } else {
            let status = request.status().word();
            Err(Stale { status })
        }
    }
}

/// What is signed. Neither a workspace nor a value holds a line break.
fn parts<'a>(team: &'a TeamId, plain: &'a str) -> [&'a [u8]; 4] {
    [DOMAIN, team.as_str().as_bytes(), b"\n", plain.as_bytes()]
}

impl fmt::Display for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = self.verb.as_str();
        write!(f, "{verb} {} {} {}", self.request, self.version, self.shown)
    }
}
