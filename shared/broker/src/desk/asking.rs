//! Asking for access, and what may be asked for.

use rules::ask::Ask;
use rules::caller::Caller;
use rules::facts::TargetFacts;
use rules::life::ask::{self, Asking};
use rules::life::explain::{self, Explanation};
use rules::life::offer;
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
use rules::wire::TargetsView;

use super::calling::{TRIES, in_time, mark};
use super::turned::{Cause, Turned};
use super::{Desk, Filed, Recorded};
use crate::ledger::IdempotencyKey;

/// The most targets of one place that are listed.
const MOST_TARGETS: usize = 1_000;

/// What would come of asking.
#[derive(Debug)]
pub struct Explained {
    /// The explanation.
    pub explanation: Explanation,
    /// The policy set by which it was explained.
    pub policy_set: Digest,
    /// When.
    pub now: Moment,
}

impl Desk {
    /// Somebody asks for access.
    ///
    /// # Errors
    /// The place or a target is not known, the policy says no or there is none, or too many
    /// requests of theirs wait; the key was used for something else; AWS failed.
    pub async fn ask(
        &self,
        caller: &Caller,
        ask: Ask,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        in_time(self.file(caller, ask, key)).await
    }

    /// Explains what would come of asking. Nothing is recorded.
    ///
    /// # Errors
    /// There is no policy set, or AWS failed.
    pub async fn explain(&self, caller: &Caller, ask: Ask) -> Result<Explained, Turned> {
        in_time(async {
            let ruling = self.files.in_force.now().await?;
            let facts = self.looked_at(&ask).await?;
            let asking = self.asking(caller, ask, facts).await?;
            let now = self.files.now();
            let regime = ruling.regime(&self.files.terms, now);
            Ok(Explained {
                policy_set: regime.policy.digest(),
                explanation: explain::explain(asking, regime, now),
                now,
            })
        })
        .await
    }

    /// Somebody asking, with what the ledger knows of them.
    async fn asking<'a>(
        &self,
        caller: &'a Caller,
        ask: Ask,
        facts: Vec<TargetFacts>,
    ) -> Result<Asking<'a>, Turned> {
        let ledger = &self.files.ledger;
        let unreviewed = match ask.break_glass {
            true => ledger.unreviewed(caller.identity()).await?,
            false => None,
        };
        Ok(Asking {
            waiting: ledger.waiting_count(caller.person()).await?,
            id: RequestId::new(self.files.now(), entropy()?),
            caller,
            ask,
            facts,
            unreviewed,
        })
    }

    async fn file(
        &self,
        caller: &Caller,
        ask: Ask,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let files = &self.files;
        let mark = mark(caller, "ask", None, &ask, key);
        if let Some(id) = files.remembered(mark.as_ref()).await? {
            return files.replay(caller, id).await;
        }
        let ruling = files.in_force.now().await?;
        let facts = self.looked_at(&ask).await?;
        for _ in 0..TRIES {
            let asking = self.asking(caller, ask.clone(), facts.clone()).await?;
            let now = files.now();
            let step =
                ask::ask(asking, ruling.regime(&files.terms, now), now).map_err(|refusal| {
                    Turned::Refused {
                        refusal,
                        request: None,
                    }
                })?;
            match files.record(&step, mark.as_ref()).await? {
                Some(Recorded::Now) => {
                    return Ok(Filed {
                        request: files.view(step.request(), caller),
                        replayed: false,
                    });
                }
                Some(Recorded::Before(id)) => return files.replay(caller, id).await,
                None => {}
            }
        }
        Err(Turned::LostRace { request: None })
    }

    /// What the caller may ask for now: every target that a policy offers them something on.
    ///
    /// # Errors
    /// There is no policy set, or AWS failed.
    pub async fn targets(&self, caller: &Caller) -> Result<TargetsView, Turned> {
        in_time(async {
            let ruling = self.files.in_force.now().await?;
            let mut offers = Vec::new();
            let mut complete = true;
            for place in self.files.terms.places.iter() {
                let mut facts = self.inventory.all(place, MOST_TARGETS).await?;
                self.files.ledger.add_last_logs(&mut facts).await?;
                complete &= facts.len() < MOST_TARGETS;
                let now = self.files.now();
                let regime = ruling.regime(&self.files.terms, now);
                offers.extend(offer::offers(&facts, caller, place, regime, now));
            }
            Ok(TargetsView {
                targets: offers,
                complete,
            })
        })
        .await
    }
}

/// The random part of a new id.
fn entropy() -> Result<[u8; 10], Turned> {
    let mut bytes = [0; 10];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Turned::Unavailable {
        cause: Cause::Entropy,
        retry_after: std::time::Duration::from_secs(1),
    })?;
    Ok(bytes)
}
