//! The signed feed that tells who is on call.
//!
//! The document is JSON, `{"payload": "<JSON text>", "hmac_sha256": "<64 hexadecimal digits>"}`.
//! The payload is signed as the text that it is, so nothing has to be written the same way twice,
//! and nothing of it is read before its signature is known to be good.
//!
//! A feed says itself until when it is good, at most a day after it was made: a feed that nobody
//! renews, or that is withheld, comes to nothing. A bucket is no secret place and its writers are
//! many; whoever can write there and has no key can take people off call, and put nobody on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::keys::Keys;
use super::{OnCall, Rota};
use crate::moment::Moment;
use crate::names::Person;
use crate::strict_json::{self, BadJson};

/// Who is on call, as a feed with a good signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    issued_at: Moment,
    good_until: Moment,
    on_call: OnCall,
}

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFeed {
    /// It has more bytes than a feed may have.
    #[error("it is larger than 256 KiB")]
    TooLarge,
    /// The document is not JSON that two readers read the same.
    #[error("the document cannot be read: {0}")]
    Document(BadJson),
    /// The document has not exactly its two members.
    #[error("the document has other members than `payload` and `hmac_sha256`, both texts")]
    Members,
    /// The signature is of none of the keys.
    #[error("the signature is not of a key in use")]
    Signature,
    /// The payload is not JSON that two readers read the same.
    #[error("the payload cannot be read: {0}")]
    PayloadForm(BadJson),
    /// The payload is JSON of another shape.
    #[error("the payload cannot be read: {0}")]
    Payload(String),
    /// It would be good for no time at all.
    #[error("`good_until` is not after `issued_at`")]
    NeverGood,
    /// It would be good for so long that nobody would miss the next one.
    #[error("`good_until` is more than 24 hours after `issued_at`")]
    GoodTooLong,
}

/// The document as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    payload: String,
    hmac_sha256: String,
}

/// What is signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    #[serde(deserialize_with = "any_spelling")]
    issued_at: Moment,
    #[serde(deserialize_with = "any_spelling")]
    good_until: Moment,
    rotas: BTreeMap<Rota, BTreeSet<Person>>,
}

impl Feed {
    /// The largest document, in bytes.
    pub const LARGEST: usize = 256 * 1_024;

    /// How long a feed may say that it is good.
    pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// How far ahead of ours the clock of whoever makes feeds may be.
    pub const LEEWAY: Duration = Duration::from_secs(30);

    /// Objects and arrays in each other: a document around the payload where somebody forgot to
    /// make it a text, the payload, its rotas, a rota, a person.
    const DEEPEST: u8 = 5;

    /// Reads a document, and believes it if it is signed with one of the keys.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(document: &[u8], keys: &Keys) -> Result<Self, BadFeed> {
        if document.len() > Self::LARGEST {
            return Err(BadFeed::TooLarge);
        }
        strict_json::judge(document, Self::DEEPEST).map_err(BadFeed::Document)?;
        let document: Document = serde_json::from_slice(document).map_err(|_| BadFeed::Members)?;
        let signature = signature(&document.hmac_sha256).ok_or(BadFeed::Signature)?;
        if !keys.verify(&document.payload, &signature) {
            return Err(BadFeed::Signature);
        }
        Self::of_payload(&document.payload)
    }

    /// The document for a payload, signed with the first of the keys. The payload is read first, as
    /// whoever gets the document will.
    ///
    /// # Errors
    /// What is wrong with the payload.
    pub fn sign(payload: &str, keys: &Keys) -> Result<String, BadFeed> {
        Self::of_payload(payload)?;
        let document = Document {
            payload: payload.to_owned(),
            hmac_sha256: keys.sign(payload).map(hex::encode).unwrap_or_default(),
        };
        let document = serde_json::to_string(&document).unwrap_or_default();
        if document.len() > Self::LARGEST {
            return Err(BadFeed::TooLarge);
        }
        Ok(document)
    }

    fn of_payload(payload: &str) -> Result<Self, BadFeed> {
        strict_json::judge(payload.as_bytes(), Self::DEEPEST).map_err(BadFeed::PayloadForm)?;
        let Payload {
            issued_at,
            good_until,
            rotas,
        } = serde_json::from_str(payload).map_err(|error| BadFeed::Payload(error.to_string()))?;
        if good_until <= issued_at {
            return Err(BadFeed::NeverGood);
        }
        if good_until.since(issued_at) > Self::LONGEST {
            return Err(BadFeed::GoodTooLong);
        }
        Ok(Self {
            issued_at,
            good_until,
            on_call: OnCall::of(rotas),
        })
    }

    /// Who is on call at that time: nobody from the moment on at which the feed is over, and nobody
    /// by a feed from the future.
    #[must_use]
    pub fn at(&self, now: Moment) -> &OnCall {
        if now < self.good_until && self.issued_at <= now.plus(Self::LEEWAY) {
            &self.on_call
        } else {
            OnCall::nobody()
        }
    }

    /// When it was made.
    #[must_use]
    pub fn issued_at(&self) -> Moment {
        self.issued_at
    }

    /// The moment from which on nobody is on call by it.
    #[must_use]
    pub fn good_until(&self) -> Moment {
        self.good_until
    }
}

/// A signature has one spelling, so that a document cannot be changed and stay good.
fn signature(text: &str) -> Option<[u8; 32]> {
    let lower = !text.chars().any(|c| c.is_ascii_uppercase());
    let bytes = lower.then(|| hex::decode(text).ok())??;
    bytes.try_into().ok()
}

/// A moment with any offset: what is signed is the text, and nothing is chained to the spelling.
fn any_spelling<'de, D: Deserializer<'de>>(reader: D) -> Result<Moment, D::Error> {
    String::deserialize(reader)?
        .parse()
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests;
