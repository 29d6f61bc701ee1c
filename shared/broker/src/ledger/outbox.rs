//! What has happened and has not been put on the event bus yet.
//!
//! An item is written in the transaction of the change itself, so nothing that is recorded can be
//! forgotten, and it is taken away once the bus has what it stands for. For a request it names the
//! first and the last entry that are due; entries that are recorded meanwhile move the last, and
//! then only what was sent is taken off.

use rules::bypass::Bypass;
use rules::names::RequestId;

use super::fault::LedgerFault;
use super::item::{self, BYPASS, Item, Key, n, unsent_pk};
use super::{CONDITION, DELETE, Ledger, SERVICE, UPDATE, due};
use crate::fault::AwsFault;

/// Something that has not been put on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// Entries of a request.
    Entries(UnsentEntries),
    /// A session that was opened past Postern.
    Bypass(Box<Bypass>),
}

/// Entries of a request that have not been put on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsentEntries {
    /// The request.
    pub request: RequestId,
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

impl Ledger {
    /// Up to `most` things of each shard that have not been put on the bus. What cannot be read is
    /// left where it is, and counted.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn unsent(&self, most: usize) -> Result<(Vec<Unsent>, usize), LedgerFault> {
        let (mut unsent, mut unreadable) = (Vec::new(), 0);
        for shard in 0..self.table.shards {
            for item in self.items(&unsent_pk(shard), None, most).await? {
                match read(&item) {
                    Some(one) => unsent.push(one),
                    None => unreadable += 1,
                }
            }
        }
        Ok((unsent, unreadable))
    }

    /// The bus has it.
    ///
    /// # Errors
    /// DynamoDB failed; it will be put on the bus once more.
    pub async fn sent(&self, unsent: &Unsent) -> Result<(), LedgerFault> {
        match unsent {
            Unsent::Entries(entries) => self.sent_entries(entries).await,
            Unsent::Bypass(bypass) => {
                let key = Key::unsent_bypass(self.shard_of(&bypass.session), &bypass.session);
                self.take_away(&key, None).await.map(|_| ())
            }
        }
    }

    async fn sent_entries(&self, entries: &UnsentEntries) -> Result<(), LedgerFault> {
        let shard = due::shard(entries.request, &self.table);
        let key = Key::unsent(shard, entries.request);
        if self.take_away(&key, Some(entries.to)).await? {
            return Ok(());
        }
        // Others were recorded meanwhile. A run that was slower must not put the mark back.
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .update_expression("SET #from = :next")
            .condition_expression("#from < :next")
            .expression_attribute_names("#from", item::FROM)
            .expression_attribute_values(":next", n(entries.to.saturating_add(1)))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                fault if fault.code == CONDITION => Ok(()),
                fault => Err(fault.into()),
            },
        }
    }

    /// Takes an item away where its last entry is still this one; gives whether it was.
    pub(super) async fn take_away(&self, key: &Key, to: Option<u64>) -> Result<bool, LedgerFault> {
        let mut call = self
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()));
        if let Some(to) = to {
            call = call
                .condition_expression("#to = :to")
                .expression_attribute_names("#to", item::TO)
                .expression_attribute_values(":to", n(to));
        }
        match Box::pin(call.send()).await {
            Ok(_) => Ok(true),
            Err(error) => match AwsFault::of(SERVICE, DELETE, &error) {
                fault if fault.code == CONDITION => Ok(false),
                fault => Err(fault.into()),
            },
        }
    }
}

fn read(item: &Item) -> Option<Unsent> {
    let sk = item::text(item, "sk")?;
    if sk.starts_with(BYPASS) {
        let bypass = serde_json::from_str(item::text(item, item::DOC)?).ok()?;
        return Some(Unsent::Bypass(bypass));
    }
    let number = |name| u64::try_from(item::number(item, name)?).ok();
    Some(Unsent::Entries(UnsentEntries {
        request: sk.parse().ok()?,
        from: number(item::FROM)?,
        to: number(item::TO)?,
    }))
}
