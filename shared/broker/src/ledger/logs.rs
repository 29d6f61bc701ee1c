//! What became of the log of the last session on an instance.

use futures_util::TryStreamExt as _;
use futures_util::stream::iter;
use rules::facts::{LastLog, TargetFacts};
use rules::names::Target;

use super::fault::LedgerFault;
use super::item::{self, log_pk, s};
use super::{Ledger, QUERY, SERVICE};
use crate::fault::AwsFault;

/// How many targets are looked up at the same time.
const AT_ONCE: usize = 16;

impl Ledger {
    /// Adds to what is known of targets what became of the last log on each.
    ///
    /// # Errors
    /// DynamoDB failed, or a record cannot be read.
    pub async fn add_last_logs(&self, facts: &mut [TargetFacts]) -> Result<(), LedgerFault> {
        // Somebody waits for the answer.
        iter(facts.iter_mut().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |known| async move {
                known.last_log = self.last_log(&known.target).await?;
                Ok(())
            })
            .await
    }

    async fn last_log(&self, target: &Target) -> Result<Option<LastLog>, LedgerFault> {
        let call = self
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(log_pk(target)))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(1)
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, QUERY, &error))?;
        let corrupt = LedgerFault::Corrupt { request: None };
        match answer.items().first() {
            Some(item) => item::text(item, item::DOC)
                .and_then(|doc| serde_json::from_str(doc).ok())
                .map(Some)
                .ok_or(corrupt),
            None => Ok(None),
        }
    }
}
