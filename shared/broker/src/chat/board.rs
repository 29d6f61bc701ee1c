//! The boards of one request: what of it was said in each chat system, and which cards stand there.

use std::collections::BTreeSet;

use rules::chat::card::Audience;
use rules::names::Digest;
use serde::{Deserialize, Serialize};

use crate::slack::{Posted, Spot};

/// What was said about a request in Slack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Board {
    /// All that the entries up to this one come to has been said.
    pub(super) done_to: u64,
    /// What was said of those after it, and which reminders, by their keys.
    pub(super) said: BTreeSet<Digest>,
    /// What is being said. Whoever finds it does not know whether it was.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) saying: Option<Saying>,
    /// The cards that stand somewhere.
    pub(super) cards: Vec<Standing>,
}

/// What another chat system has taken of what was said about a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Taken {
    /// All that the entries up to this one come to.
    pub(super) done_to: u64,
    /// Of those after it, and which reminders, by their keys.
    pub(super) keys: BTreeSet<Digest>,
}

/// A message that was about to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saying {
    /// What it is known again by.
    pub(super) key: Digest,
    /// The conversation.
    pub(super) channel: String,
    /// Under which message.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) under: Option<String>,
}

/// A card that stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    /// Its key.
    pub(super) key: Digest,
    /// Whether it is the requester's.
    pub(super) of_requester: bool,
    /// The conversation.
    pub(super) channel: String,
    /// Which message.
    pub(super) ts: String,
    /// The digest of what it shows.
    pub(super) shows: Digest,
}

impl Saying {
    /// Where it is to stand.
    pub(super) fn spot(&self) -> Spot<'_> {
        Spot {
            channel: &self.channel,
            under: self.under.as_deref(),
        }
    }
}

impl Standing {
    /// For whom it is.
    pub(super) fn audience(&self) -> Audience {
        match self.of_requester {
            true => Audience::Requester,
            false => Audience::Approvers,
        }
    }

    /// The message in Slack.
    pub(super) fn posted(&self) -> Posted {
        Posted {
            channel: self.channel.clone(),
            ts: self.ts.clone(),
        }
    }
}
