//! Checkpoints: the heads of all chains that have grown, put where nobody can change them.
//!
//! The object is written first, and only then is it the last one. A run that is killed in between
//! leaves an object that the next run finds in its way, reads, and takes for what it is.

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use rules::audit::checkpoint::{Checkpoint, CheckpointHead, RequestHead};

use super::EvidencePlan;
use super::site::Run;
use crate::fault::AwsFault;
use crate::ledger::LedgerFault;
use crate::s3::Kept;

/// The most heads of one shard that stand in one checkpoint; the others stand in the next.
const MOST: usize = 2_000;
/// How many heads are taken off at the same time.
const AT_ONCE: usize = 8;

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
enum NoCheckpoint {
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    #[error(transparent)]
    Bucket(#[from] AwsFault),
    #[error(
        "`{key}` in the evidence bucket does not follow from the checkpoint before it; \
         look who wrote it, and do not remove it"
    )]
    Foreign { key: String },
}

impl Run<'_> {
    /// Makes a checkpoint where it is time for one and any chain has grown.
    pub(super) async fn checkpoint(&self) {
        let Some(plan) = &self.sweeper.evidence else {
            return;
        };
        if self.is_over() {
            return;
        }
        match Box::pin(self.make_checkpoint(plan)).await {
            Ok(Some(number)) => self.tally(|tally| tally.checkpoint(number)),
            Ok(None) => {}
            Err(fault) => self.trouble(None, &fault),
        }
    }

    async fn make_checkpoint(&self, plan: &EvidencePlan) -> Result<Option<u64>, NoCheckpoint> {
        let ledger = &self.sweeper.ledger;
        let now = self.now();
        let (last, made_at) = ledger.last_checkpoint(&plan.deployment).await?;
        if made_at.is_some_and(|at| now.since(at) < plan.every) {
            return Ok(None);
        }
        let (heads, unreadable) = ledger.grown(MOST).await?;
        if unreadable > 0 {
            let what = format!("{unreadable} heads for the checkpoint cannot be read");
            self.trouble(None, &what);
        }
        let Some(next) = Checkpoint::next(last, &plan.deployment, heads, now) else {
            return Ok(None);
        };
        let kept = self.keep(plan, next, last).await?;
        let head = kept.head();
        ledger.set_checkpoint(head, kept.at).await?;
        // What is not taken off stands in the next one again, which does no harm.
        let heads = iter(kept.heads).map(|head| self.take_off(head));
        let mut off = heads.buffer_unordered(AT_ONCE);
        while off.next().await.is_some() {}
        Ok(Some(head.checkpoint))
    }

    /// Puts a checkpoint in the bucket. Gives the one that stands there.
    async fn keep(
        &self,
        plan: &EvidencePlan,
        next: Checkpoint,
        last: CheckpointHead,
    ) -> Result<Checkpoint, NoCheckpoint> {
        let key = Checkpoint::key(next.checkpoint);
        match plan.bucket.keep(&key, next.text()).await? {
            Kept::Now => Ok(next),
            Kept::Before => {
                let text = plan.bucket.read(&key).await?;
                serde_json::from_str(&text)
                    .ok()
                    .filter(|there: &Checkpoint| there.follows(last, &plan.deployment))
                    .ok_or(NoCheckpoint::Foreign { key })
            }
        }
    }

    async fn take_off(&self, head: RequestHead) {
        if let Err(fault) = self.sweeper.ledger.checkpointed(&head).await {
            self.trouble(Some(head.request), &fault);
        }
    }
}
