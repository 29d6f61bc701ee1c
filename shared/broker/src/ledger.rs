//! The ledger: every request, its audit trail and its sessions, in one DynamoDB table.
//!
//! | item | `pk` | `sk` | holds |
//! |---|---|---|---|
//! | request | `REQ#<id>` | `REQ` | the aggregate as one document, its version, and its index keys |
//! | audit entry | `REQ#<id>` | `ENTRY#<n>` | one entry of the chain; written once, never changed |
//! | session | `REQ#<id>` | `SESSION#<session id>` | what is recorded of one session |
//! | wait | `REQ#<id>` | `WAIT#<group>` | that the group may answer; there only while it may |
//! | asker | `REQ#<id>` | `ASKER` | who asked, where it is for somebody else: finds it for them |
//! | glass | `GLASS#<key of a human being>` | `GLASS` | the emergency whose review they owe; there only while they do |
//! | count | `PENDING#<person>` | `PENDING` | how many requests of a person wait for an answer |
//! | key | `IDEM#<person>#<key>` | `IDEM` | which call an idempotency key was used for |
//! | cursor | `DUE` | `CURSOR` | the oldest hour that may still hold work that is due |
//! | log | `LOG#<target>` | `<end>#<session id>` | the verdict on a session's log, where whoever asks for the instance next is judged by it |
//! | unsent | `UNSENT#<shard>` | `<id>` or `BYPASS#<session id>` | which entries of a request, or which bypass, have yet to be put on the bus |
//! | grown | `GROWN#<shard>` | `<id>` | the head of a chain that has grown since the last checkpoint |
//! | checkpoint | `CHECKPOINT` | `LAST` | number, digest and time of the last checkpoint |
//! | bypass | `BYPASS#<account>/<region>/<session id>` | `BYPASS` | that a session past Postern has been told of |
//! | link | `CHAT#<team>/<user>` | `LINK` | whom a chat user was bound to by a login |
//! | attempt | `CHAT#<team>/<user>` | `ATTEMPT` | that a chat user wants to be bound |
//! | linked | `LINKED` | `<team>/<user>` | the same, to list them all |
//! | login | `LOGIN#<digest>` | `LOGIN` | a login that is under way, by the digest of what its bearer knows |
//! | board | `REQ#<id>` | `CHAT#<system>` | what a chat system was told of a request, and which messages stand there |
//! | untold | `UNTOLD#<shard>` | `<system>#<id>` | that the system may have to be told of the request |
//! | lease | `LEASE#<role>` | `LEASE` | which run of the sweeper may write a role's deny list, and until when |
//!
//! **Every change is one `TransactWriteItems`**: the request under the condition that its version is
//! the one that the step was judged on, its new audit entries under the condition that they do not
//! exist, and whatever else the step changes. All of it happens or nothing does. Who is faster wins,
//! and the others are told [`LedgerFault::LostRace`].
//!
//! An approval carries the further condition that the stored requester is not the approver, so that
//! self-approval cannot be written even if a rule were wrong.
//!
//! Decisions are taken on consistent reads of the table. Indexes lag behind (AWS-FACTS 7.5); they
//! only find candidates, and whoever uses one loads what it found.
//!
//! The index of due work is sparse: a request that is over is not in it, and every other one is in it
//! exactly once, under the hour in which it is due and one of a few shards (AWS-FACTS 7.7). So the
//! cost of a sweep grows with the work that is due and never with the table.

mod boards;
mod bypasses;
mod checkpoints;
mod draft;
mod due;
mod fault;
mod idempotency;
mod item;
mod lease;
mod links;
mod logs;
mod outbox;
mod page;
mod record;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use rules::audit::Entry;
use rules::moment::Moment;
use rules::names::{Identity, Person, RequestId};
use rules::pace::Pace;
use rules::request::Request;
use rules::session::SessionRecord;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

pub use self::boards::{ChatSystem, Untold};
pub use self::due::{DueList, DueRow};
pub use self::fault::LedgerFault;
pub use self::idempotency::{BadKey, IdempotencyKey, Mark, Remembered};
use self::item::{Item, Key};
pub use self::lease::Lease;
pub use self::outbox::{Unsent, UnsentEntries};
pub use self::page::{BadDay, Day, Ids, Page};
pub use self::table::{EXPIRES, Index, PARTITION_KEY, SORT_KEY, Table, key_attributes};
use crate::fault::AwsFault;

pub(crate) const SERVICE: &str = "dynamodb";
const GET: &str = "GetItem";
const BATCH_GET: &str = "BatchGetItem";
const QUERY: &str = "Query";
const UPDATE: &str = "UpdateItem";
const DELETE: &str = "DeleteItem";
const PUT: &str = "PutItem";
const TRANSACT: &str = "TransactWriteItems";
/// The code of a condition that does not hold.
const CONDITION: &str = "ConditionalCheckFailedException";

/// The most keys of one `BatchGetItem`.
const BATCH: usize = 100;
/// How often keys that DynamoDB left out of a batch are asked for again.
const BATCH_TRIES: u32 = 6;

/// The ledger. Clones would share a client; there is one for each part of a function.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: Table,
    pace: Pace,
    /// Set once the index of due work is known to have a beginning.
    begun: OnceCell<()>,
}

/// A request with what is recorded of its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// The request.
    pub request: Request,
    /// Its sessions, by id.
    pub sessions: Vec<SessionRecord>,
}

impl Ledger {
    /// A ledger in a table of the configuration's account and Region.
    #[must_use]
    pub fn new(config: &SdkConfig, table: Table, pace: Pace) -> Self {
        Self {
            client: Client::new(config),
            table,
            pace,
            begun: OnceCell::new(),
        }
    }

    /// A request as it stands, read consistently.
    ///
    /// # Errors
    /// DynamoDB failed, or the record cannot be read.
    pub async fn load(&self, id: RequestId) -> Result<Option<Request>, LedgerFault> {
        match self.get(&Key::request(id)).await? {
            Some(item) => item::read_request(id, &item).map(Some),
            None => Ok(None),
        }
    }

    /// A request with its sessions.
    ///
    /// The request is read first. A session recorded in between belongs to a later version, and a
    /// step that was judged without it then fails on the version.
    ///
    /// # Errors
    /// DynamoDB failed, or a record cannot be read.
    pub async fn file(&self, id: RequestId) -> Result<Option<RequestFile>, LedgerFault> {
        let Some(request) = self.load(id).await? else {
            return Ok(None);
        };
        let sessions = self.documents(id, item::SESSION).await?;
        Ok(Some(RequestFile { request, sessions }))
    }

    /// The audit entries of a request, in order; none where there is no such request.
    ///
    /// # Errors
    /// DynamoDB failed, or an entry cannot be read.
    pub async fn entries(&self, id: RequestId) -> Result<Vec<Entry>, LedgerFault> {
        self.documents(id, item::ENTRY).await
    }

    /// These requests as they stand, in the same order. Those that do not exist are left out, and
    /// so is one that cannot be read, which must not hide the others; [`Ledger::load`] tells of it.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn load_all(&self, ids: &[RequestId]) -> Result<Vec<Request>, LedgerFault> {
        let found = self.load_each(ids).await?;
        let read = |id| found.get(id)?.as_ref().ok().cloned();
        Ok(ids.iter().filter_map(read).collect())
    }

    /// These requests as they stand, each for itself. Those that do not exist are left out.
    ///
    /// # Errors
    /// DynamoDB failed. What is wrong with one record stands in its place.
    pub async fn load_each(
        &self,
        ids: &[RequestId],
    ) -> Result<BTreeMap<RequestId, Result<Request, LedgerFault>>, LedgerFault> {
        let mut found = BTreeMap::new();
        // DynamoDB refuses a batch that names a key twice.
        let wanted: BTreeSet<RequestId> = ids.iter().copied().collect();
        let wanted: Vec<RequestId> = wanted.into_iter().collect();
        for batch in wanted.chunks(BATCH) {
            let mut keys: Vec<_> = batch
                .iter()
                .map(|id| Key::request(*id).attributes())
                .collect();
            let mut tries = 0;
            while !keys.is_empty() {
                if tries > 0 {
                    tokio::time::sleep(Duration::from_millis(25 << tries.min(5))).await;
                }
                tries += 1;
                if tries > BATCH_TRIES {
                    return Err(AwsFault::throttled(SERVICE, BATCH_GET).into());
                }
                keys = self.load_batch(keys, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// Reads some requests; gives the keys that DynamoDB has not got round to.
    async fn load_batch(
        &self,
        keys: Vec<Item>,
        found: &mut BTreeMap<RequestId, Result<Request, LedgerFault>>,
    ) -> Result<Vec<Item>, LedgerFault> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, BATCH_GET))?;
        let call = self
            .client
            .batch_get_item()
            .request_items(&self.table.name, wanted)
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, BATCH_GET, &error))?;
        for item in answer
            .responses
            .into_iter()
            .flatten()
            .flat_map(|(_, items)| items)
        {
            if let Some(id) = item::request_id(&item) {
                found.insert(id, item::read_request(id, &item));
            }
        }
        let left = answer.unprocessed_keys.into_iter().flatten();
        Ok(left.flat_map(|(_, left)| left.keys).collect())
    }

    /// What an idempotency key was used for, where it was and counts yet.
    ///
    /// # Errors
    /// DynamoDB failed, or the record cannot be read.
    pub async fn remembered(
        &self,
        person: &Person,
        key: &IdempotencyKey,
        now: Moment,
    ) -> Result<Option<Remembered>, LedgerFault> {
        match self.get(&Key::idempotency(person, key)).await? {
            // What has expired may stand for days before DynamoDB deletes it (AWS-FACTS 7.4).
            Some(item)
                if item::number(&item, item::EXPIRES).is_some_and(|at| at > now.seconds()) =>
            {
                item::read_mark(&item).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The emergency of a human being that nobody has reviewed yet, whichever of their accounts it
    /// was asked for by.
    ///
    /// # Errors
    /// DynamoDB failed, or the record cannot be read.
    pub async fn unreviewed(&self, identity: &Identity) -> Result<Option<RequestId>, LedgerFault> {
        for key in identity.keys() {
            if let Some(item) = self.get(&Key::glass(&key)).await? {
                let request = item::text(&item, item::REQUEST).and_then(|id| id.parse().ok());
                return request
                    .map(Some)
                    .ok_or(LedgerFault::Corrupt { request: None });
            }
        }
        Ok(None)
    }

    /// How many requests of a person wait for an answer.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn waiting_count(&self, person: &Person) -> Result<usize, LedgerFault> {
        let item = self.get(&Key::pending(person)).await?;
        let count = item
            .and_then(|item| item::number(&item, item::WAITING))
            .unwrap_or(0);
        Ok(usize::try_from(count).unwrap_or(0))
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, LedgerFault> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, GET, &error))?;
        Ok(answer.item)
    }

    /// The documents of one kind that belong to a request, by their sort key.
    async fn documents<T: DeserializeOwned>(
        &self,
        id: RequestId,
        prefix: &str,
    ) -> Result<Vec<T>, LedgerFault> {
        let items = self
            .items(&item::request_pk(id), Some(prefix), usize::MAX)
            .await?;
        items
            .iter()
            .map(|item| item::read_document(id, item))
            .collect()
    }

    /// Up to `most` items of one partition by their sort key, read consistently: of those whose sort
    /// key begins so.
    async fn items(
        &self,
        pk: &str,
        prefix: Option<&str>,
        most: usize,
    ) -> Result<Vec<Item>, LedgerFault> {
        let mut items = Vec::new();
        let mut from: Option<Item> = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table.name)
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let query = match prefix {
                Some(prefix) => query
                    .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                    .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
                None => query.key_condition_expression("pk = :pk"),
            };
            let left = most.saturating_sub(items.len());
            let query = match i32::try_from(left) {
                Ok(left) => query.limit(left),
                Err(_) => query,
            };
            let answer = Box::pin(query.send())
                .await
                .map_err(|error| AwsFault::of(SERVICE, QUERY, &error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() || items.len() >= most {
                return Ok(items);
            }
        }
    }
}
