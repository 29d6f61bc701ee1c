//! Recording a step: one transaction, or nothing.
//!
//! Every transaction carries a random token of its own, and its entries keep it. Where an answer is
//! lost, or a condition fails because an earlier try had taken effect, the token tells whether the
//! write that stands there is this one. The digest of the chain would not do: two calls that say
//! the same thing in the same millisecond make equal entries, and only one of them may go on to
//! call STS.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use rules::moment::Moment;
use rules::names::Identity;
use rules::status::StatusWord;
use rules::step::Step;

use super::fault::LedgerFault;
use super::idempotency::{Mark, REMEMBERED_FOR};
use super::item::{self, Item, Key, document, n, s};
use super::{Ledger, SERVICE, due};
use crate::fault::{AwsFault, AwsFaultKind};

const TRANSACT: &str = "TransactWriteItems";

/// How often a transaction that met another one on the same items is tried again.
const CONFLICT_TRIES: u32 = 6;

/// What one action of a transaction is about, to read the reasons of a refusal by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The request or one of its entries: somebody else was faster.
    Chain,
    /// The count of the requester's waiting requests.
    Count,
    /// The review that somebody owes.
    Glass,
    /// The idempotency key.
    Key,
    /// Something without a condition.
    Plain,
}

/// A transaction being put together.
#[derive(Debug)]
struct Draft {
    token: String,
    parts: Vec<Part>,
    actions: Vec<TransactWriteItem>,
}

/// What became of a transaction.
enum Written {
    Done,
    /// Refused because of these parts.
    Refused(Vec<Part>),
    /// Others were writing the same items at the same time.
    Conflict,
    /// DynamoDB failed.
    Fault(AwsFault),
}

impl Ledger {
    /// Records a step, and with it the mark of the call that led to it.
    ///
    /// A step whose write got no answer is looked for before it is given up, so that what has been
    /// recorded is not reported as failed. All tries have one token, so two cannot both take effect.
    ///
    /// # Errors
    /// Somebody else changed the request, or used the key; the person has too many requests
    /// waiting; DynamoDB failed.
    pub async fn record(
        &self,
        step: &Step,
        mark: Option<&Mark>,
        now: Moment,
    ) -> Result<(), LedgerFault> {
        self.begin(now).await?;
        let draft = self.draft(step, mark, now)?;
        for attempt in 0..CONFLICT_TRIES {
            if attempt > 0 {
                tokio::time::sleep(wait_before(attempt)).await;
            }
            match self.write(&draft).await {
                Written::Done => return Ok(()),
                Written::Conflict => {}
                Written::Refused(parts) => {
                    // Whoever has come to owe a review meanwhile is told so when judged again.
                    return if parts.contains(&Part::Chain) || parts.contains(&Part::Glass) {
                        self.ours_or(step, &draft, LedgerFault::LostRace).await
                    } else if parts.contains(&Part::Key) {
                        Err(LedgerFault::KeyTaken)
                    } else {
                        Err(LedgerFault::TooManyPending {
                            most: self.pace.most_pending,
                        })
                    };
                }
                Written::Fault(fault) if fault.kind == AwsFaultKind::Unreachable => {
                    return self.ours_or(step, &draft, fault.into()).await;
                }
                Written::Fault(fault) => return Err(fault.into()),
            }
        }
        self.ours_or(step, &draft, LedgerFault::LostRace).await
    }

    /// Whether this very transaction wrote the last entry of the step; otherwise the fault. A step
    /// without entries is never known to be written, and recording it again does no harm.
    async fn ours_or(
        &self,
        step: &Step,
        draft: &Draft,
        fault: LedgerFault,
    ) -> Result<(), LedgerFault> {
        let Some(last) = step.entries().last() else {
            return Err(fault);
        };
        match self.get(&Key::entry(last.request, last.n)).await {
            Ok(Some(found)) if item::text(&found, item::TOKEN) == Some(&draft.token) => Ok(()),
            Ok(_) | Err(_) => Err(fault),
        }
    }

    fn draft(&self, step: &Step, mark: Option<&Mark>, now: Moment) -> Result<Draft, LedgerFault> {
        let id = step.request().id();
        let mut draft = Draft {
            token: token()?,
            parts: Vec::new(),
            actions: Vec::new(),
        };
        draft.put(Part::Chain, self.request_put(step, now)?)?;
        for entry in step.entries() {
            let item = Key::entry(id, entry.n).with([
                (item::DOC, document(id, entry)?),
                (item::TOKEN, s(draft.token.as_str())),
            ]);
            draft.put(
                Part::Chain,
                self.put(item)
                    .condition_expression("attribute_not_exists(pk)"),
            )?;
        }
        for session in step.sessions() {
            let item = Key::session(id, &session.id).with([(item::DOC, document(id, session)?)]);
            draft.put(Part::Plain, self.put(item))?;
        }
        self.draft_waiting(step, &mut draft)?;
        self.draft_glass(step, &mut draft)?;
        self.draft_asker(step, &mut draft)?;
        if let Some(mark) = mark {
            let expires = now.plus(REMEMBERED_FOR).seconds();
            let item = Key::idempotency(&mark.person, &mark.key).with([
                (item::FINGERPRINT, s(mark.fingerprint.hex())),
                (item::REQUEST, s(id.to_string())),
                (item::EXPIRES, n(expires)),
            ]);
            let put = self
                .put(item)
                .condition_expression("attribute_not_exists(pk) OR expires <= :now")
                .expression_attribute_values(":now", n(now.seconds()));
            draft.put(Part::Key, put)?;
        }
        Ok(draft)
    }

    /// The request after the step, under the condition that nothing has changed since it was judged
    /// and, once more, that nobody answers their own request.
    fn request_put(
        &self,
        step: &Step,
        now: Moment,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, LedgerFault> {
        let request = step.request();
        let id = request.id();
        let parties = request.parties().flat_map(Identity::keys);
        let mut item = Key::request(id).with([
            (item::ID, s(id.to_string())),
            (item::DOC, document(id, request)?),
            (item::VERSION, n(request.version())),
            (item::REQUESTER, s(request.requester().key().hex())),
            (item::PARTIES, item::strings(parties)),
            (item::DAY, s(request.asked_at().day())),
        ]);
        if let Some(due_at) = request.due_at(&self.pace) {
            let place = due::place(id, due_at, now, &self.table);
            item.extend(place.map(|(name, value)| (name.to_owned(), value)));
        }
        let put = self.put(item);
        if step.before() == 0 {
            return Ok(put.condition_expression("attribute_not_exists(pk)"));
        }
        let put = put
            .expression_attribute_names("#version", item::VERSION)
            .expression_attribute_values(":before", n(step.before()));
        let Some(identity) = step.must_not_be_requested_by() else {
            return Ok(put.condition_expression("#version = :before"));
        };
        let keys: Vec<String> = identity.keys().map(|key| key.hex()).collect();
        let condition = (0..keys.len()).fold("#version = :before".to_owned(), |all, n| {
            format!("{all} AND NOT contains(parties, :key{n})")
        });
        Ok(keys
            .iter()
            .enumerate()
            .fold(put.condition_expression(condition), |put, (n, key)| {
                put.expression_attribute_values(format!(":key{n}"), s(key))
            }))
    }

    /// Whoever breaks the glass owes a review, under each key of theirs, and owes one at most.
    fn draft_glass(&self, step: &Step, draft: &mut Draft) -> Result<(), LedgerFault> {
        let request = step.request();
        let keys = request
            .parties()
            .flat_map(Identity::keys)
            .map(|key| Key::glass(&key));
        if step.breaks_glass() {
            for key in keys {
                let item = key.with([(item::REQUEST, s(request.id().to_string()))]);
                let put = self
                    .put(item)
                    .condition_expression("attribute_not_exists(pk)");
                draft.put(Part::Glass, put)?;
            }
        } else if step.reviews() {
            for key in keys {
                draft.delete(self.delete(&key)?);
            }
        }
        Ok(())
    }

    /// Whoever asked for somebody else finds it among what they asked for.
    fn draft_asker(&self, step: &Step, draft: &mut Draft) -> Result<(), LedgerFault> {
        let request = step.request();
        match request.asker() {
            Some(asker) if step.before() == 0 => {
                let item = Key::asker(request.id()).with([
                    (item::ID, s(request.id().to_string())),
                    (item::REQUESTER, s(asker.identity.person.key().hex())),
                ]);
                draft.put(Part::Plain, self.put(item))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// While a request waits for an answer it stands in the index of each group that may give one
    /// now, and counts for its requester.
    fn draft_waiting(&self, step: &Step, draft: &mut Draft) -> Result<(), LedgerFault> {
        let request = step.request();
        let id = request.id();
        let (before, after) = (step.waited_for(), request.waits_for());
        for group in after.difference(before) {
            let item = Key::wait(id, group).with([
                (item::ID, s(id.to_string())),
                (item::WAITING_GROUP, s(group.as_str())),
            ]);
            draft.put(Part::Plain, self.put(item))?;
        }
        for group in before.difference(&after) {
            draft.delete(self.delete(&Key::wait(id, group))?);
        }
        let waited = step.was() == Some(StatusWord::Pending);
        let waits = request.status().word() == StatusWord::Pending;
        if waits == waited {
            return Ok(());
        }
        let count = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Key::pending(request.counts_for()).attributes()))
            .update_expression("ADD waiting :one")
            .expression_attribute_values(":one", n(if waits { 1 } else { -1 }));
        let (part, count) = if waits {
            let count = count
                .condition_expression("attribute_not_exists(waiting) OR waiting < :most")
                .expression_attribute_values(":most", n(self.pace.most_pending));
            (Part::Count, count)
        } else {
            (Part::Plain, count)
        };
        let count = count
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT))?;
        draft.push(part, TransactWriteItem::builder().update(count).build());
        Ok(())
    }

    fn delete(&self, key: &Key) -> Result<Delete, LedgerFault> {
        Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT).into())
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
    }

    /// Sends a transaction. Every try carries its token, so a try after one that had taken effect
    /// is answered as done (AWS-FACTS 7.2).
    async fn write(&self, draft: &Draft) -> Written {
        let call = self
            .client
            .transact_write_items()
            .client_request_token(&draft.token)
            .set_transact_items(Some(draft.actions.clone()))
            .send();
        let error = match Box::pin(call).await {
            Ok(_) => return Written::Done,
            Err(error) => error,
        };
        let refused = error.as_service_error();
        if let Some(TransactWriteItemsError::TransactionInProgressException(_)) = refused {
            // An earlier try of this very transaction is still being worked on.
            return Written::Conflict;
        }
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = refused {
            let codes: Vec<&str> = canceled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or_default())
                .collect();
            let refused: Vec<Part> = draft
                .parts
                .iter()
                .zip(&codes)
                .filter(|(_, code)| **code == "ConditionalCheckFailed")
                .map(|(part, _)| *part)
                .collect();
            if !refused.is_empty() {
                return Written::Refused(refused);
            }
            if codes.contains(&"TransactionConflict") {
                return Written::Conflict;
            }
            if let Some(code) = codes
                .iter()
                .find(|code| !code.is_empty() && **code != "None")
            {
                return Written::Fault(AwsFault::of_code(SERVICE, TRANSACT, code));
            }
        }
        Written::Fault(AwsFault::of(SERVICE, TRANSACT, &error))
    }
}

impl Draft {
    fn delete(&mut self, delete: Delete) {
        let action = TransactWriteItem::builder().delete(delete).build();
        self.push(Part::Plain, action);
    }

    fn push(&mut self, part: Part, action: TransactWriteItem) {
        self.parts.push(part);
        self.actions.push(action);
    }

    fn put(
        &mut self,
        part: Part,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), LedgerFault> {
        let put = put
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT))?;
        self.push(part, TransactWriteItem::builder().put(put).build());
        Ok(())
    }
}

/// A token that no other transaction has, within the 36 characters of AWS-FACTS 7.2.
fn token() -> Result<String, LedgerFault> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT))?;
    Ok(hex::encode(bytes))
}

/// How long to wait before a transaction is tried again: longer each time, and never the same for
/// two that met.
fn wait_before(attempt: u32) -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness they may meet again, which costs an attempt.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    let [random] = byte;
    let most = 5_u64 << attempt.min(5);
    Duration::from_millis(most / 2 + most * u64::from(random) / 512)
}
