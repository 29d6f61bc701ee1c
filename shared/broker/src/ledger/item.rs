//! Items: their keys, and how values are written into them and read back.
//!
//! A value is kept as one JSON document, as the rules spell it. Beside it stand only the attributes
//! that conditions and indexes need. What is read back must say of itself what its key says;
//! anything else is a damaged record and never a guess.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use rules::bypass::Bypass;
use rules::facts::LastLog;
use rules::names::{Digest, Group, Person, RequestId, Target};
use rules::request::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::LedgerFault;
use super::idempotency::{IdempotencyKey, Remembered};

/// An item, or a key, as DynamoDB takes it.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const DOC: &str = "doc";
pub(super) const ID: &str = "id";
pub(super) const VERSION: &str = "version";
pub(super) const REQUESTER: &str = "requester";
/// Keys of everybody a request is about, by whatever account: none of them may answer it.
pub(super) const PARTIES: &str = "parties";
pub(super) const DAY: &str = "day";
pub(super) const DUE_BUCKET: &str = "due_bucket";
pub(super) const DUE_AT: &str = "due_at";
pub(super) const WAITING_GROUP: &str = "waiting_group";
pub(super) const WAITING: &str = "waiting";
pub(super) const EXPIRES: &str = "expires";
pub(super) const FINGERPRINT: &str = "fingerprint";
pub(super) const REQUEST: &str = "request";
pub(super) const HOUR: &str = "hour";
/// The first entry of a request that has not been put on the bus.
pub(super) const FROM: &str = "first_n";
/// The last entry of a request.
pub(super) const TO: &str = "last_n";
pub(super) const DIGEST: &str = "digest";
pub(super) const AT: &str = "made_at";
/// The token of the transaction that wrote an entry.
pub(super) const TOKEN: &str = "token";

/// How the sort keys of audit entries begin.
pub(super) const ENTRY: &str = "ENTRY#";
/// How the keys of sessions past Postern begin.
pub(super) const BYPASS: &str = "BYPASS#";
/// The partition of everybody who is linked.
pub(super) const LINKED: &str = "LINKED";
/// How the sort keys of sessions begin.
pub(super) const SESSION: &str = "SESSION#";

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pk: String,
    sk: String,
}

impl Key {
    pub(super) fn request(id: RequestId) -> Self {
        Self {
            pk: request_pk(id),
            sk: "REQ".to_owned(),
        }
    }

    /// Twelve digits keep the order of entries for longer than any chain grows.
    pub(super) fn entry(id: RequestId, n: u64) -> Self {
        Self {
            pk: request_pk(id),
            sk: format!("{ENTRY}{n:012}"),
        }
    }

    pub(super) fn session(id: RequestId, session: &impl ToString) -> Self {
        Self {
            pk: request_pk(id),
            sk: format!("{SESSION}{}", session.to_string()),
        }
    }

    pub(super) fn wait(id: RequestId, group: &Group) -> Self {
        Self {
            pk: request_pk(id),
            sk: format!("WAIT#{}", group.as_str()),
        }
    }

    /// By this key somebody else who asked finds what they asked for.
    pub(super) fn asker(id: RequestId) -> Self {
        Self {
            pk: request_pk(id),
            sk: "ASKER".to_owned(),
        }
    }

    /// That a human being owes a review, under one of their keys.
    pub(super) fn glass(human: &Digest) -> Self {
        Self {
            pk: format!("GLASS#{human}"),
            sk: "GLASS".to_owned(),
        }
    }

    pub(super) fn pending(person: &Person) -> Self {
        Self {
            pk: format!("PENDING#{}", person.key()),
            sk: "PENDING".to_owned(),
        }
    }

    pub(super) fn idempotency(person: &Person, key: &IdempotencyKey) -> Self {
        Self {
            pk: format!("IDEM#{}#{key}", person.key()),
            sk: "IDEM".to_owned(),
        }
    }

    /// That entries of a request have not been put on the bus.
    pub(super) fn unsent(shard: u8, id: RequestId) -> Self {
        Self {
            pk: unsent_pk(shard),
            sk: id.to_string(),
        }
    }

    /// That a session past Postern has not been put on the bus.
    pub(super) fn unsent_bypass(shard: u8, session: &str) -> Self {
        Self {
            pk: unsent_pk(shard),
            sk: format!("{BYPASS}{session}"),
        }
    }

    /// That a session past Postern has been told of.
    pub(super) fn bypass(bypass: &Bypass) -> Self {
        let Bypass {
            account,
            region,
            session,
            ..
        } = bypass;
        Self {
            pk: format!("{BYPASS}{account}/{region}/{session}"),
            sk: "BYPASS".to_owned(),
        }
    }

    /// What a chat system was told of a request.
    pub(super) fn board(id: RequestId, system: &str) -> Self {
        Self {
            pk: request_pk(id),
            sk: format!("CHAT#{system}"),
        }
    }

    /// That a chat system may have to be told of a request.
    pub(super) fn untold(shard: u8, id: RequestId, system: &str) -> Self {
        Self {
            pk: untold_pk(shard),
            sk: format!("{system}#{id}"),
        }
    }

    /// Whom a chat user was bound to by a login.
    pub(super) fn link(user: &str) -> Self {
        Self {
            pk: format!("CHAT#{user}"),
            sk: "LINK".to_owned(),
        }
    }

    /// That a chat user wants to be bound.
    pub(super) fn attempt(user: &str) -> Self {
        Self {
            pk: format!("CHAT#{user}"),
            sk: "ATTEMPT".to_owned(),
        }
    }

    /// That a chat user is bound to somebody, among all that are.
    pub(super) fn linked(user: &str) -> Self {
        Self {
            pk: LINKED.to_owned(),
            sk: user.to_owned(),
        }
    }

    /// A login that is under way, by the digest of what its bearer knows.
    pub(super) fn login(ticket: &Digest) -> Self {
        Self {
            pk: format!("LOGIN#{ticket}"),
            sk: "LOGIN".to_owned(),
        }
    }

    /// The head of a chain that has grown since the last checkpoint.
    pub(super) fn grown(shard: u8, id: RequestId) -> Self {
        Self {
            pk: grown_pk(shard),
            sk: id.to_string(),
        }
    }

    /// The last checkpoint.
    pub(super) fn checkpoint() -> Self {
        Self {
            pk: "CHECKPOINT".to_owned(),
            sk: "LAST".to_owned(),
        }
    }

    /// What became of the log of one session, with its instance. The last one sorts last.
    pub(super) fn log(target: &Target, last: &LastLog) -> Self {
        Self {
            pk: log_pk(target),
            sk: format!("{:015}#{}", last.ended_at.millis(), last.session),
        }
    }

    /// Who may write what nobody else may write at the same time.
    pub(super) fn lease(name: &str) -> Self {
        Self {
            pk: format!("LEASE#{name}"),
            sk: "LEASE".to_owned(),
        }
    }

    pub(super) fn cursor() -> Self {
        Self {
            pk: "DUE".to_owned(),
            sk: "CURSOR".to_owned(),
        }
    }

    pub(super) fn attributes(&self) -> Item {
        Item::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// An item under this key.
    pub(super) fn with(
        &self,
        attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Item {
        let mut item = self.attributes();
        item.extend(
            attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        item
    }
}

pub(super) fn request_pk(id: RequestId) -> String {
    format!("REQ#{id}")
}

pub(super) fn unsent_pk(shard: u8) -> String {
    format!("UNSENT#{shard:02}")
}

pub(super) fn untold_pk(shard: u8) -> String {
    format!("UNTOLD#{shard:02}")
}

pub(super) fn grown_pk(shard: u8) -> String {
    format!("GROWN#{shard:02}")
}

pub(super) fn log_pk(target: &Target) -> String {
    format!("LOG#{target}")
}

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A set of digests. DynamoDB knows no empty ones; there is none here.
pub(super) fn strings(digests: impl Iterator<Item = Digest>) -> AttributeValue {
    let texts: BTreeSet<String> = digests.map(|digest| digest.hex()).collect();
    AttributeValue::Ss(texts.into_iter().collect())
}

pub(super) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A value as its document.
///
/// # Errors
/// The value cannot be written as JSON; none of the rules' values is one.
pub(super) fn document<T: Serialize>(
    id: RequestId,
    value: &T,
) -> Result<AttributeValue, LedgerFault> {
    let corrupt = |_| LedgerFault::Corrupt { request: Some(id) };
    serde_json::to_string(value)
        .map(AttributeValue::S)
        .map_err(corrupt)
}

pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The document in an item of that request.
pub(super) fn read_document<T: DeserializeOwned>(
    id: RequestId,
    item: &Item,
) -> Result<T, LedgerFault> {
    text(item, DOC)
        .and_then(|doc| serde_json::from_str(doc).ok())
        .ok_or(LedgerFault::Corrupt { request: Some(id) })
}

/// The request in an item, which must be the one asked for, at the version it says.
pub(super) fn read_request(id: RequestId, item: &Item) -> Result<Request, LedgerFault> {
    let request: Request = read_document(id, item)?;
    let version = number(item, VERSION).and_then(|version| u64::try_from(version).ok());
    if request.id() == id && version == Some(request.version()) {
        Ok(request)
    } else {
        Err(LedgerFault::Corrupt { request: Some(id) })
    }
}

/// The id of the request that an item belongs to.
pub(super) fn request_id(item: &Item) -> Option<RequestId> {
    text(item, "pk")?.strip_prefix("REQ#")?.parse().ok()
}

pub(super) fn read_mark(item: &Item) -> Result<Remembered, LedgerFault> {
    let fingerprint = text(item, FINGERPRINT).and_then(|text| text.parse::<Digest>().ok());
    let request = text(item, REQUEST).and_then(|text| text.parse().ok());
    match (fingerprint, request) {
        (Some(fingerprint), Some(request)) => Ok(Remembered {
            fingerprint,
            request,
        }),
        (_, request) => Err(LedgerFault::Corrupt { request }),
    }
}
