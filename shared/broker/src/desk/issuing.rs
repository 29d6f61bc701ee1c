//! Handing credentials out: recorded ahead, minted, recorded, and only then given away.

use std::sync::Arc;

use rules::caller::Caller;
use rules::life::issue::{self, NotBegun};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::refusal::{Refusal, Verb};
use rules::request::Request;
use rules::step::Step;
use rules::wire::Credentials;

use super::calling::{TRIES, in_time, mark};
use super::turned::Turned;
use super::{Files, Recorded};
use crate::clock::Clock;
use crate::in_force::InForce;
use crate::inventory::Inventory;
use crate::ledger::{IdempotencyKey, Ledger, Mark};
use crate::sts::{Minted, Sts};
use crate::terms::Terms;

/// Hands credentials out. The only part of Postern with a client for STS.
#[derive(Debug)]
pub struct Issuer {
    files: Files,
    inventory: Inventory,
    sts: Sts,
}

/// An issue that is on record and has its credentials in hand.
struct InHand {
    request: Request,
    issue: u32,
    /// The end that stands in the credentials. The grant may have been extended since.
    ends_at: Moment,
    minted: Minted,
}

impl Issuer {
    /// An issuer over a ledger, an inventory and STS.
    #[must_use]
    pub fn new(
        terms: Arc<Terms>,
        in_force: InForce,
        ledger: Ledger,
        inventory: Inventory,
        sts: Sts,
        clock: Clock,
    ) -> Self {
        Self {
            files: Files {
                terms,
                in_force,
                ledger,
                clock,
            },
            inventory,
            sts,
        }
    }

    /// The requester has credentials issued; the first time activates the grant.
    ///
    /// The same idempotency key gives new credentials of the same grant: a secret is never kept,
    /// so none can be given twice. It still tells this call from another one.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed. Then no credentials
    /// have left, whether or not STS made some.
    pub async fn issue(
        &self,
        caller: &Caller,
        id: RequestId,
        key: Option<&IdempotencyKey>,
    ) -> Result<Credentials, Turned> {
        let mark = mark(caller, Verb::Issue.as_str(), Some(id), &(), key);
        in_time(async {
            let known = self.files.remembered(mark.as_ref()).await?.is_some();
            let mark = mark.filter(|_| !known);
            let in_hand = self.mint(caller, id, mark).await?;
            self.give_away(caller, in_hand).await
        })
        .await
    }

    /// Records the issue, then mints; a refusal by STS is recorded too.
    async fn mint(
        &self,
        caller: &Caller,
        id: RequestId,
        mut mark: Option<Mark>,
    ) -> Result<InHand, Turned> {
        let files = &self.files;
        for _ in 0..TRIES {
            let request = files.load(caller, id).await?;
            let ruling = files.in_force.now().await?;
            let facts = files.facts(&self.inventory, &request.ask().targets).await?;
            let now = files.now();
            let begun = issue::begin(
                &request,
                caller,
                &facts,
                ruling.regime(&files.terms, now),
                &files.terms.offices,
                now,
            );
            let begun = match begun {
                Ok(begun) => begun,
                Err(not) => {
                    let NotBegun { refusal, step } = *not;
                    return Err(self.not_begun(caller, request, refusal, step).await);
                }
            };
            match files.record(&begun.step, mark.as_ref()).await? {
                Some(Recorded::Now) => {}
                // The twin of this call holds the key; this one has credentials of its own issued.
                Some(Recorded::Before(_)) => {
                    mark = None;
                    continue;
                }
                None => continue,
            }
            let (request, issue) = (begun.step.request().clone(), begun.permit.issue());
            let ends_at = begun.permit.ends_at();
            return match self.sts.mint(begun.permit).await {
                Ok(minted) => Ok(InHand {
                    request,
                    issue,
                    ends_at,
                    minted,
                }),
                Err(fault) => {
                    // Where even this cannot be recorded, the sweeper closes the issue as orphaned.
                    let code = fault.code.clone();
                    let failed =
                        |request: &Request| issue::fail(request, issue, &code, self.files.now());
                    self.settle(caller, request, failed).await?;
                    Err(fault.into())
                }
            };
        }
        Err(self.lost(caller, id).await)
    }

    /// A refusal to begin, recorded where the policy has changed its answer. It stands whether or
    /// not it can be recorded: another call may just have done so, or changed the request.
    async fn not_begun(
        &self,
        caller: &Caller,
        mut request: Request,
        refusal: Refusal,
        step: Option<Step>,
    ) -> Turned {
        if let Some(step) = step
            && let Ok(Some(_)) = self.files.record(&step, None).await
        {
            request = step.request().clone();
        }
        self.files.refused(refusal, &request, caller)
    }

    /// Records that the credentials exist; only then do they leave. Where the grant has ended
    /// meanwhile they are dropped.
    async fn give_away(&self, caller: &Caller, in_hand: InHand) -> Result<Credentials, Turned> {
        let InHand {
            request,
            issue,
            ends_at,
            minted,
        } = in_hand;
        let complete = |request: &Request| {
            let now = self.files.now();
            issue::complete(
                request,
                issue,
                &minted.access_key_id,
                minted.expires_at,
                now,
            )
        };
        let request = self.settle(caller, request, complete).await?;
        let ask = request.ask();
        Ok(Credentials {
            request: request.id(),
            issue,
            access_key_id: minted.access_key_id,
            secret_access_key: minted.secret,
            session_token: minted.token,
            expires_at: minted.expires_at.min(ends_at),
            ends_at,
            region: ask.targets.region().clone(),
            document: request.document().to_string(),
            targets: ask.targets.iter().cloned().collect(),
        })
    }

    /// Records how an issue came out, on the request as it stands: a sweep may have noted a session
    /// in between, which changes nothing for the issue.
    async fn settle(
        &self,
        caller: &Caller,
        mut request: Request,
        outcome: impl Fn(&Request) -> Result<Step, Refusal>,
    ) -> Result<Request, Turned> {
        for _ in 0..TRIES {
            let step = outcome(&request)
                .map_err(|refusal| self.files.refused(refusal, &request, caller))?;
            if self.files.record(&step, None).await?.is_some() {
                return Ok(step.request().clone());
            }
            request = self.files.load(caller, request.id()).await?;
        }
        Err(self.lost(caller, request.id()).await)
    }

    async fn lost(&self, caller: &Caller, id: RequestId) -> Turned {
        let request = self.files.load(caller, id).await.ok();
        Turned::LostRace {
            request: request.map(|request| Box::new(self.files.view(&request, caller))),
        }
    }
}
