//! The heads of many chains at one moment, kept where nobody can change them.
//!
//! A chain shows that none of its entries was changed, but whoever may write the whole table could
//! write a whole chain anew. So the heads of all chains that have grown are written, every few
//! minutes, to a bucket that keeps objects locked. Checkpoints are a chain of their own: each names
//! the digest of the one before, and the first that of the deployment's name.

use serde::{Deserialize, Serialize};

use super::Head;
use crate::canonical;
use crate::moment::Moment;
use crate::names::{Digest, RequestId};

/// The heads of all chains that have grown since the checkpoint before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its number, from 1.
    pub checkpoint: u64,
    /// The deployment: its account and table.
    pub deployment: String,
    /// When it was made.
    pub at: Moment,
    /// The digest of the checkpoint before; for the first, that of the deployment's name.
    pub previous: Digest,
    /// The heads, by request; each request once, and never none.
    pub heads: Vec<RequestHead>,
}

/// The end of one request's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestHead {
    /// The request.
    pub request: RequestId,
    /// How many entries its chain has.
    pub n: u64,
    /// The digest of the last.
    pub digest: Digest,
}

/// The end of the chain of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointHead {
    /// The number of the last; 0 where there is none yet.
    pub checkpoint: u64,
    /// Its digest.
    pub digest: Digest,
}

impl CheckpointHead {
    /// The head of a deployment that has no checkpoint yet.
    #[must_use]
    pub fn empty(deployment: &str) -> Self {
        Self {
            checkpoint: 0,
            digest: Digest::of("postern.checkpoints.v1", deployment.as_bytes()),
        }
    }
}

impl Checkpoint {
    /// The checkpoint after `last`; nothing where no chain has grown.
    #[must_use]
    pub fn next(
        last: CheckpointHead,
        deployment: &str,
        mut heads: Vec<RequestHead>,
        now: Moment,
    ) -> Option<Self> {
        // Of a request that is named twice the longer chain counts: it holds the other.
        heads.sort_by(|one, other| (one.request, other.n).cmp(&(other.request, one.n)));
        heads.dedup_by_key(|head| head.request);
        (!heads.is_empty()).then(|| Self {
            checkpoint: last.checkpoint.saturating_add(1),
            deployment: deployment.to_owned(),
            at: now,
            previous: last.digest,
            heads,
        })
    }

    /// Whether it is the one that follows `last` in a deployment.
    #[must_use]
    pub fn follows(&self, last: CheckpointHead, deployment: &str) -> bool {
        self.deployment == deployment
            && self.checkpoint == last.checkpoint.saturating_add(1)
            && self.previous == last.digest
    }

    /// The end of the chain of checkpoints with this one.
    #[must_use]
    pub fn head(&self) -> CheckpointHead {
        let text = self.text();
        CheckpointHead {
            checkpoint: self.checkpoint,
            digest: Digest::of("postern.checkpoint.v1", text.as_bytes()),
        }
    }

    /// Its canonical text: what is stored, and what its digest is taken of.
    #[must_use]
    pub fn text(&self) -> String {
        canonical::encode(self)
    }

    /// The key of the object that a checkpoint is stored as. Keys sort as numbers do.
    #[must_use]
    pub fn key(number: u64) -> String {
        format!("checkpoints/{number:012}.json")
    }
}

impl From<(RequestId, Head)> for RequestHead {
    fn from((request, Head { n, digest }): (RequestId, Head)) -> Self {
        Self { request, n, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(request: u8, n: u64) -> RequestHead {
        let request = RequestId::new(Moment::from_seconds(1_795_510_800), [request; 10]);
        let digest = Digest::of("test", &[request.to_string().len().to_le_bytes()[0]]);
        RequestHead { request, n, digest }
    }

    #[test]
    fn checkpoints_are_a_chain_of_one_deployment() {
        let now = Moment::from_seconds(1_795_510_800);
        let none = CheckpointHead::empty("111122223333/postern");
        let next = |last, heads| Checkpoint::next(last, "111122223333/postern", heads, now);
        assert_eq!(next(none, Vec::new()), None);
        let first = next(none, vec![head(1, 3)]).unwrap();
        let second = next(first.head(), vec![head(1, 4)]).unwrap();
        assert!(first.follows(none, "111122223333/postern"));
        assert!(second.follows(first.head(), "111122223333/postern"));
        assert!(!second.follows(none, "111122223333/postern"));
        assert!(!first.follows(none, "111122223333/other"));
        assert_eq!(
            serde_json::from_str::<Checkpoint>(&second.text()).unwrap(),
            second
        );
        assert_eq!(Checkpoint::key(7), "checkpoints/000000000007.json");
    }

    #[test]
    fn heads_stand_by_request_and_each_request_once() {
        let none = CheckpointHead::empty("x");
        let heads = vec![head(2, 5), head(1, 2), head(1, 7), head(1, 3)];
        let made = Checkpoint::next(none, "x", heads, Moment::from_seconds(1)).unwrap();
        let short: Vec<_> = made.heads.iter().map(|head| head.n).collect();
        assert_eq!(short, [7, 5]);
    }
}
