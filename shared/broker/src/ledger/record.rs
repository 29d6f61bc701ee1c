//! Recording a step: one transaction, or nothing.
//!
//! Every transaction carries a random token of its own, and its entries keep it. Where an answer is
//! lost, or a condition fails because an earlier try had taken effect, the token tells whether the
//! write that stands there is this one. The digest of the chain would not do: two calls that say
//! the same thing in the same millisecond make equal entries, and only one of them may go on to
//! call STS.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use rules::moment::Moment;
use rules::step::Step;

use super::draft::{Draft, Part};
use super::fault::LedgerFault;
use super::idempotency::Mark;
use super::item::{self, Key};
use super::{Ledger, SERVICE, TRANSACT};
use crate::fault::{AwsFault, AwsFaultKind};

/// How often a transaction that met another one on the same items is tried again.
const CONFLICT_TRIES: u32 = 6;

/// What became of a transaction.
pub(super) enum Written {
    Done,
    /// Refused because of these parts.
    Refused(Vec<Part>),
    /// Others were writing the same items at the same time.
    Conflict,
    /// DynamoDB failed.
    Fault(AwsFault),
}

impl Ledger {
    /// Records a step, and with it the mark of the call that led to it.
    ///
    /// A step whose write got no answer is looked for before it is given up, so that what has been
    /// recorded is not reported as failed. All tries have one token, so two cannot both take effect.
    ///
    /// # Errors
    /// Somebody else changed the request, or used the key; the person has too many requests
    /// waiting; DynamoDB failed.
    pub async fn record(
        &self,
        step: &Step,
        mark: Option<&Mark>,
        now: Moment,
    ) -> Result<(), LedgerFault> {
        self.begin(now).await?;
        let draft = self.draft(step, mark, now)?;
        for attempt in 0..CONFLICT_TRIES {
            if attempt > 0 {
                tokio::time::sleep(wait_before(attempt)).await;
            }
            match self.write(&draft).await {
                Written::Done => return Ok(()),
                Written::Conflict => {}
                Written::Refused(parts) => {
                    // Whoever has come to owe a review meanwhile is told so when judged again.
                    return if parts.contains(&Part::Chain) || parts.contains(&Part::Glass) {
                        self.ours_or(step, &draft, LedgerFault::LostRace).await
                    } else if parts.contains(&Part::Key) {
                        Err(LedgerFault::KeyTaken)
                    } else {
                        Err(LedgerFault::TooManyPending {
                            most: self.pace.most_pending,
                        })
                    };
                }
                Written::Fault(fault) if fault.kind == AwsFaultKind::Unreachable => {
                    return self.ours_or(step, &draft, fault.into()).await;
                }
                Written::Fault(fault) => return Err(fault.into()),
            }
        }
        self.ours_or(step, &draft, LedgerFault::LostRace).await
    }

    /// Whether this very transaction wrote the last entry of the step; otherwise the fault. A step
    /// without entries is never known to be written, and recording it again does no harm.
    async fn ours_or(
        &self,
        step: &Step,
        draft: &Draft,
        fault: LedgerFault,
    ) -> Result<(), LedgerFault> {
        let Some(last) = step.entries().last() else {
            return Err(fault);
        };
        match self.get(&Key::entry(last.request, last.n)).await {
            Ok(Some(found)) if item::text(&found, item::TOKEN) == Some(&draft.token) => Ok(()),
            Ok(_) | Err(_) => Err(fault),
        }
    }

    /// Sends a transaction. Every try carries its token, so a try after one that had taken effect
    /// is answered as done (AWS-FACTS 7.2).
    pub(super) async fn write(&self, draft: &Draft) -> Written {
        let call = self
            .client
            .transact_write_items()
            .client_request_token(&draft.token)
            .set_transact_items(Some(draft.actions.clone()))
            .send();
        let error = match Box::pin(call).await {
            Ok(_) => return Written::Done,
            Err(error) => error,
        };
        let refused = error.as_service_error();
        if let Some(TransactWriteItemsError::TransactionInProgressException(_)) = refused {
            // An earlier try of this very transaction is still being worked on.
            return Written::Conflict;
        }
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = refused {
            let codes: Vec<&str> = canceled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or_default())
                .collect();
            let refused: Vec<Part> = draft
                .parts
                .iter()
                .zip(&codes)
                .filter(|(_, code)| **code == "ConditionalCheckFailed")
                .map(|(part, _)| *part)
                .collect();
            if !refused.is_empty() {
                return Written::Refused(refused);
            }
            if codes.contains(&"TransactionConflict") {
                return Written::Conflict;
            }
            if let Some(code) = codes
                .iter()
                .find(|code| !code.is_empty() && **code != "None")
            {
                return Written::Fault(AwsFault::of_code(SERVICE, TRANSACT, code));
            }
        }
        Written::Fault(AwsFault::of(SERVICE, TRANSACT, &error))
    }
}

/// How long to wait before a transaction is tried again: longer each time, and never the same for
/// two that met.
fn wait_before(attempt: u32) -> Duration {
    let mut byte = [0_u8; 1];
    // Without randomness they may meet again, which costs an attempt.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    let [random] = byte;
    let most = 5_u64 << attempt.min(5);
    Duration::from_millis(most / 2 + most * u64::from(random) / 512)
}
