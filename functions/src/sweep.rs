//! What the scheduled function does with one invocation.
//!
//! The schedule wakes it every minute, and it looks a little more than a minute ahead, so that
//! whatever ends between two invocations is ended at its exact second by one of them. What the
//! schedule sends is not looked at: the window comes from the invocation's own deadline and the
//! work from the ledger, so an invocation that is late, doubled or made by hand does no harm.

use std::time::Duration;

use broker::sweeper::{Report, Sweeper};
use lambda_runtime::{Error, LambdaEvent};
use rules::moment::Moment;
use serde::de::IgnoredAny;

/// How far a run looks ahead: the minute to the next one, and what that one may be late by.
pub const AHEAD: Duration = Duration::from_secs(65);

/// What is left of the invocation for the round that is under way when the window is over.
pub const MARGIN: Duration = Duration::from_secs(20);

/// Until when an invocation sweeps: it ends with a margin before Lambda ends it.
#[must_use]
pub fn until(now: Moment, deadline: Moment) -> Moment {
    now.plus(AHEAD).min(deadline.minus(MARGIN)).max(now)
}

/// Sweeps once, and tells what it did.
///
/// # Errors
/// None: what went wrong stands in the report, and the next run meets it again.
pub async fn handle(
    sweeper: &Sweeper,
    event: LambdaEvent<IgnoredAny>,
    now: Moment,
) -> Result<Report, Error> {
    let deadline = Moment::from_millis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
    let report = sweeper.run(until(now, deadline)).await;
    log(&report);
    Ok(report)
}

/// One line for the run, and one for each trouble, which an alarm may count.
fn log(report: &Report) {
    for trouble in &report.troubles {
        let request = trouble.request.map(|id| id.to_string());
        tracing::error!(
            request.id = request.as_deref(),
            cause = trouble.what,
            "met trouble"
        );
    }
    let whole = serde_json::to_string(report).unwrap_or_default();
    tracing::info!(report = whole, troubles = report.troubles.len(), "swept");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_a_margin_before_lambda_ends_it() {
        let now = Moment::from_seconds(1_764_000_000);
        let in_seconds = |seconds| now.plus(Duration::from_secs(seconds));
        assert_eq!(until(now, in_seconds(120)), in_seconds(65));
        assert_eq!(until(now, in_seconds(60)), in_seconds(40));
        assert_eq!(until(now, in_seconds(5)), now);
        assert_eq!(until(now, Moment::from_seconds(0)), now);
    }
}
