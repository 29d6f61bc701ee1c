//! Answering requests, and ending grants early.

use rules::caller::Caller;
use rules::life::extend::{self, Longer};
use rules::life::{answer, end, review};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::refusal::{Refusal, Verb};
use rules::request::Request;
use rules::step::Step;
use rules::wire::{Answer, Approve, Extend, Review};

use super::calling::{TRIES, in_time, mark};
use super::turned::Turned;
use super::{Desk, Filed, Recorded};
use crate::ledger::{IdempotencyKey, Mark};

/// What can be said to a request with no more than a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Somebody who may say yes says no.
    Deny,
    /// The requester takes the request back before it is approved.
    Withdraw,
    /// An approver or operator takes the grant back.
    Revoke,
    /// The requester hands the grant back early.
    Release,
}

impl From<Act> for Verb {
    fn from(act: Act) -> Self {
        match act {
            Act::Deny => Self::Deny,
            Act::Withdraw => Self::Withdraw,
            Act::Revoke => Self::Revoke,
            Act::Release => Self::Release,
        }
    }
}

impl Desk {
    /// Somebody says yes to what they were shown.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn approve(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Approve,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Approve.as_str(), Some(id), &body, key);
        let terms = &self.files.terms;
        let Approve { shown, comment } = &body;
        let rule = |request: &Request, now| {
            let (shown, comment) = (*shown, comment.clone());
            answer::approve(
                request,
                caller,
                shown,
                comment,
                &terms.offices,
                &terms.pace,
                now,
            )
        };
        in_time(self.load_judge_record(caller, id, mark.as_ref(), rule)).await
    }

    /// Somebody denies, withdraws, revokes or releases.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn act(
        &self,
        caller: &Caller,
        id: RequestId,
        act: Act,
        body: Answer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::from(act).as_str(), Some(id), &body, key);
        let offices = &self.files.terms.offices;
        let rule = |request: &Request, now| {
            let comment = body.comment.clone();
            match act {
                Act::Deny => answer::deny(request, caller, comment, offices, now),
                Act::Withdraw => answer::withdraw(request, caller, offices, now),
                Act::Revoke => end::revoke(request, caller, comment, offices, now),
                Act::Release => end::release(request, caller, offices, now),
            }
        };
        in_time(self.load_judge_record(caller, id, mark.as_ref(), rule)).await
    }

    /// Somebody says what became of an emergency.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn review(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Review,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Review.as_str(), Some(id), &body, key);
        let offices = &self.files.terms.offices;
        let rule = |request: &Request, now| {
            review::review(request, caller, body.comment.clone(), offices, now)
        };
        in_time(self.load_judge_record(caller, id, mark.as_ref(), rule)).await
    }

    /// The requester wants the grant to last longer.
    ///
    /// # Errors
    /// A rule or the policy says no or there is no policy set, the key was used for something else,
    /// or AWS failed.
    pub async fn extend(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Extend,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Extend.as_str(), Some(id), &body, key);
        in_time(async {
            if let Some(id) = self.files.remembered(mark.as_ref()).await? {
                return self.files.replay(caller, id).await;
            }
            // What is asked never changes, so its targets are looked up once.
            let request = self.files.load(caller, id).await?;
            let ruling = self.files.in_force.now().await?;
            let facts = self
                .files
                .facts(&self.inventory, &request.ask().targets)
                .await?;
            let terms = &self.files.terms;
            let rule = |request: &Request, now| {
                let longer = Longer {
                    by: body.longer_seconds.length(),
                    reason: body.reason.clone(),
                };
                let (facts, regime) = (facts.clone(), ruling.regime(terms, now));
                extend::extend(request, caller, longer, facts, regime, &terms.offices, now)
            };
            self.judge_and_record(caller, id, mark.as_ref(), rule).await
        })
        .await
    }

    async fn load_judge_record(
        &self,
        caller: &Caller,
        id: RequestId,
        mark: Option<&Mark>,
        rule: impl Fn(&Request, Moment) -> Result<Step, Refusal>,
    ) -> Result<Filed, Turned> {
        match self.files.remembered(mark).await? {
            Some(id) => self.files.replay(caller, id).await,
            None => self.judge_and_record(caller, id, mark, rule).await,
        }
    }

    /// The same for a call that is not known to have been taken before.
    async fn judge_and_record(
        &self,
        caller: &Caller,
        id: RequestId,
        mark: Option<&Mark>,
        rule: impl Fn(&Request, Moment) -> Result<Step, Refusal>,
    ) -> Result<Filed, Turned> {
        let files = &self.files;
        for _ in 0..TRIES {
            let request = files.load(caller, id).await?;
            let step = match rule(&request, files.now()) {
                Ok(step) => step,
                // The same call at the same time may just have done what is now refused.
                Err(refusal) => match files.remembered(mark).await? {
                    Some(id) => return files.replay(caller, id).await,
                    None => return Err(files.refused(refusal, &request, caller)),
                },
            };
            match files.record(&step, mark).await? {
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
        let request = files.load(caller, id).await?;
        Err(Turned::LostRace {
            request: Some(Box::new(files.view(&request, caller))),
        })
    }
}
