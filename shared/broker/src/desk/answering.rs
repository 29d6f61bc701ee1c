//! Answering requests, and ending grants early.

use rules::caller::Caller;
use rules::life::{answer, end};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::refusal::{Refusal, Verb};
use rules::request::Request;
use rules::step::Step;
use rules::wire::{Answer, Approve};

use super::calling::{TRIES, in_time, mark};
use super::turned::Turned;
use super::{Desk, Filed, Recorded};
use crate::ledger::{IdempotencyKey, Mark};

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
        self.change(caller, id, mark, |request, now| {
            let (shown, comment) = (body.shown, body.comment.clone());
            answer::approve(
                request,
                caller,
                shown,
                comment,
                &terms.offices,
                &terms.pace,
                now,
            )
        })
        .await
    }

    /// Somebody who may say yes says no.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn deny(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Answer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Deny.as_str(), Some(id), &body, key);
        self.change(caller, id, mark, |request, now| {
            answer::deny(
                request,
                caller,
                body.comment.clone(),
                &self.files.terms.offices,
                now,
            )
        })
        .await
    }

    /// The requester takes the request back before it is approved.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn withdraw(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Answer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Withdraw.as_str(), Some(id), &body, key);
        self.change(caller, id, mark, |request, now| {
            answer::withdraw(request, caller, &self.files.terms.offices, now)
        })
        .await
    }

    /// An approver or operator takes the grant back.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn revoke(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Answer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Revoke.as_str(), Some(id), &body, key);
        self.change(caller, id, mark, |request, now| {
            end::revoke(
                request,
                caller,
                body.comment.clone(),
                &self.files.terms.offices,
                now,
            )
        })
        .await
    }

    /// The requester hands the grant back early.
    ///
    /// # Errors
    /// A rule says no, the key was used for something else, or AWS failed.
    pub async fn release(
        &self,
        caller: &Caller,
        id: RequestId,
        body: Answer,
        key: Option<&IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let mark = mark(caller, Verb::Release.as_str(), Some(id), &body, key);
        self.change(caller, id, mark, |request, now| {
            end::release(request, caller, &self.files.terms.offices, now)
        })
        .await
    }

    async fn change(
        &self,
        caller: &Caller,
        id: RequestId,
        mark: Option<Mark>,
        rule: impl Fn(&Request, Moment) -> Result<Step, Refusal>,
    ) -> Result<Filed, Turned> {
        in_time(self.load_judge_record(caller, id, mark.as_ref(), rule)).await
    }

    async fn load_judge_record(
        &self,
        caller: &Caller,
        id: RequestId,
        mark: Option<&Mark>,
        rule: impl Fn(&Request, Moment) -> Result<Step, Refusal>,
    ) -> Result<Filed, Turned> {
        let files = &self.files;
        if let Some(id) = files.remembered(mark).await? {
            return files.replay(caller, id).await;
        }
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
