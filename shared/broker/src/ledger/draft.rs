//! Putting a transaction together: what a step changes, item by item, and on which conditions.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use rules::moment::Moment;
use rules::names::Identity;
use rules::status::StatusWord;
use rules::step::Step;

use super::fault::LedgerFault;
use super::idempotency::{Mark, REMEMBERED_FOR};
use super::item::{self, Item, Key, document, n, s};
use super::{Ledger, SERVICE, TRANSACT, due};
use crate::fault::AwsFault;

/// What one action of a transaction is about, to read the reasons of a refusal by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
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
pub(super) struct Draft {
    pub(super) token: String,
    pub(super) parts: Vec<Part>,
    pub(super) actions: Vec<TransactWriteItem>,
}

impl Ledger {
    pub(super) fn draft(
        &self,
        step: &Step,
        mark: Option<&Mark>,
        now: Moment,
    ) -> Result<Draft, LedgerFault> {
        let id = step.request().id();
        let mut draft = Draft::new()?;
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
        self.draft_judged_logs(step, &mut draft)?;
        self.draft_growth(step, &mut draft)?;
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

    /// What became of a log stands with the instance too, where whoever asks for it next is judged
    /// by it.
    fn draft_judged_logs(&self, step: &Step, draft: &mut Draft) -> Result<(), LedgerFault> {
        for (target, last) in step.judged_logs() {
            let doc = document(step.request().id(), &last)?;
            let item = Key::log(&target, &last).with([(item::DOC, doc)]);
            draft.put(Part::Plain, self.put(item))?;
        }
        Ok(())
    }

    /// A chain that has grown has entries to put on the bus and a head for the next checkpoint.
    fn draft_growth(&self, step: &Step, draft: &mut Draft) -> Result<(), LedgerFault> {
        let (Some(first), Some(last)) = (step.entries().first(), step.entries().last()) else {
            return Ok(());
        };
        let id = step.request().id();
        let shard = due::shard(id, &self.table);
        let unsent = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Key::unsent(shard, id).attributes()))
            .update_expression("SET #from = if_not_exists(#from, :first), #to = :last")
            .expression_attribute_names("#from", item::FROM)
            .expression_attribute_names("#to", item::TO)
            .expression_attribute_values(":first", n(first.n))
            .expression_attribute_values(":last", n(last.n))
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT))?;
        let unsent = TransactWriteItem::builder().update(unsent).build();
        draft.push(Part::Plain, unsent);
        let head = Key::grown(shard, id).with([
            (item::TO, n(last.n)),
            (item::DIGEST, s(last.digest().hex())),
        ]);
        draft.put(Part::Plain, self.put(head))
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

    pub(super) fn delete(&self, key: &Key) -> Result<Delete, LedgerFault> {
        Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT).into())
    }

    pub(super) fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
    }
}

impl Draft {
    /// A transaction of nothing yet.
    pub(super) fn new() -> Result<Self, LedgerFault> {
        Ok(Self {
            token: token()?,
            parts: Vec::new(),
            actions: Vec::new(),
        })
    }

    pub(super) fn delete(&mut self, delete: Delete) {
        let action = TransactWriteItem::builder().delete(delete).build();
        self.push(Part::Plain, action);
    }

    pub(super) fn push(&mut self, part: Part, action: TransactWriteItem) {
        self.parts.push(part);
        self.actions.push(action);
    }

    pub(super) fn put(
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
pub(super) fn token() -> Result<String, LedgerFault> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AwsFault::unsendable(SERVICE, TRANSACT))?;
    Ok(hex::encode(bytes))
}
