//! Chains that have grown, and the last checkpoint of them.

use aws_sdk_dynamodb::types::AttributeValue;
use rules::audit::checkpoint::{CheckpointHead, RequestHead};
use rules::moment::Moment;

use super::fault::LedgerFault;
use super::item::{self, Item, Key, grown_pk, n, s};
use super::{CONDITION, Ledger, SERVICE, UPDATE, due};
use crate::fault::AwsFault;

impl Ledger {
    /// The heads of chains that have grown since the last checkpoint, up to `most` of each shard.
    /// What cannot be read is left where it is, and counted.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn grown(&self, most: usize) -> Result<(Vec<RequestHead>, usize), LedgerFault> {
        let (mut heads, mut unreadable) = (Vec::new(), 0);
        for shard in 0..self.table.shards {
            for item in self.items(&grown_pk(shard), None, most).await? {
                match read(&item) {
                    Some(head) => heads.push(head),
                    None => unreadable += 1,
                }
            }
        }
        Ok((heads, unreadable))
    }

    /// The head stands in a checkpoint. One that has grown again meanwhile stays for the next.
    ///
    /// # Errors
    /// DynamoDB failed; it will stand in the next checkpoint once more.
    pub async fn checkpointed(&self, head: &RequestHead) -> Result<(), LedgerFault> {
        let key = Key::grown(due::shard(head.request, &self.table), head.request);
        self.take_away(&key, Some(head.n)).await.map(|_| ())
    }

    /// The last checkpoint of this deployment, and when it was made, where there is one.
    ///
    /// # Errors
    /// DynamoDB failed, or the record cannot be read.
    pub async fn last_checkpoint(
        &self,
        deployment: &str,
    ) -> Result<(CheckpointHead, Option<Moment>), LedgerFault> {
        let Some(item) = self.get(&Key::checkpoint()).await? else {
            return Ok((CheckpointHead::empty(deployment), None));
        };
        let number = item::number(&item, item::TO).and_then(|n| u64::try_from(n).ok());
        let digest = item::text(&item, item::DIGEST).and_then(|text| text.parse().ok());
        let at = item::text(&item, item::AT).and_then(|text| text.parse().ok());
        match (number, digest, at) {
            (Some(checkpoint), Some(digest), Some(at)) => {
                Ok((CheckpointHead { checkpoint, digest }, Some(at)))
            }
            (_, _, _) => Err(LedgerFault::Corrupt { request: None }),
        }
    }

    /// Another checkpoint is the last. Of two runs at once the second changes nothing.
    ///
    /// # Errors
    /// DynamoDB failed; the checkpoint is found again by the next run.
    pub async fn set_checkpoint(
        &self,
        head: CheckpointHead,
        at: Moment,
    ) -> Result<(), LedgerFault> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::checkpoint().attributes()))
            .update_expression("SET #n = :n, #digest = :digest, #at = :at")
            .condition_expression("attribute_not_exists(pk) OR #n < :n")
            .expression_attribute_names("#n", item::TO)
            .expression_attribute_names("#digest", item::DIGEST)
            .expression_attribute_names("#at", item::AT)
            .expression_attribute_values(":n", n(head.checkpoint))
            .expression_attribute_values(":digest", s(head.digest.hex()))
            .expression_attribute_values(":at", AttributeValue::S(at.to_string()))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                fault if fault.code == CONDITION => Ok(()),
                fault => Err(fault.into()),
            },
        }
    }
}

fn read(item: &Item) -> Option<RequestHead> {
    Some(RequestHead {
        request: item::text(item, "sk")?.parse().ok()?,
        n: u64::try_from(item::number(item, item::TO)?).ok()?,
        digest: item::text(item, item::DIGEST)?.parse().ok()?,
    })
}
