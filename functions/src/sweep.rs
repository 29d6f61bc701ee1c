//! What the scheduled function does with one invocation.
//!
//! The schedule wakes it every minute, and it looks a little more than a minute ahead, so that
//! whatever ends between two invocations is ended at its exact second by one of them. What the
//! schedule sends is not looked at: the window comes from the invocation's own deadline and the
//! work from the ledger, so an invocation that is late, doubled or made by hand does no harm.

use std::time::Duration;

use broker::clock::Clock;
use broker::sweeper::{Report, Sweeper};
use lambda_runtime::{Error, LambdaEvent};
use rules::moment::Moment;
use serde::de::IgnoredAny;

use crate::metrics::{Figure, Metrics};

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
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Report, Error> {
    let now = clock.now();
    let deadline = Moment::from_millis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
    let report = sweeper.run(until(now, deadline)).await;
    log(&report);
    metrics.tell(&figures(&report, clock.now().since(now)));
    Ok(report)
}

/// What alarms and dashboards are made of. Every figure is told by every run, so that an alarm on one
/// that is missing tells of a sweeper that does not run.
fn figures(report: &Report, took: Duration) -> Vec<Figure> {
    let events = |word: &str| report.events.get(word).copied().unwrap_or(0).into();
    let verdicts = |word: &str| report.verdicts.get(word).copied().unwrap_or(0).into();
    let foreign = u64::try_from(report.foreign).unwrap_or(u64::MAX);
    let troubles = u64::try_from(report.troubles.len()).unwrap_or(u64::MAX);
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let mut figures = vec![
        Figure::count("Ends", events("ended")),
        Figure::count("Closes", events("closed")),
        Figure::count("Terminations", report.terminated.into()),
        Figure::count("LogsLanded", verdicts("landed")),
        Figure::count("LogsLate", verdicts("late")),
        Figure::count("LogsMissing", verdicts("missing")),
        Figure::count("LogsEmpty", verdicts("empty")),
        Figure::count("LogsAltered", verdicts("altered")),
        Figure::count("Bypasses", foreign),
        Figure::count("Backlog", report.backlog.into()),
        Figure::count("Quarantined", report.quarantined.into()),
        Figure::count(
            "Troubles",
            troubles.saturating_add(report.more_troubles.into()),
        ),
        Figure::milliseconds("SweepDuration", &[took]),
    ];
    if !report.overruns_ms.is_empty() {
        figures.push(Figure::milliseconds("Overrun", &report.overruns_ms));
    }
    figures
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
    fn a_run_is_told_in_figures_whatever_it_did() {
        let quiet = figures(&Report::default(), Duration::from_millis(65_000));
        assert!(quiet.contains(&Figure::count("Ends", 0)));
        assert!(quiet.contains(&Figure::milliseconds("SweepDuration", &[65_000])));
        let report = Report {
            events: [("ended", 3)].into(),
            verdicts: [("missing", 2)].into(),
            overruns_ms: vec![40, 1_200],
            backlog: true,
            more_troubles: 7,
            ..Report::default()
        };
        let busy = figures(&report, Duration::ZERO);
        for told in [
            Figure::count("Ends", 3),
            Figure::count("LogsMissing", 2),
            Figure::count("Backlog", 1),
            Figure::count("Troubles", 7),
            Figure::milliseconds("Overrun", &[40, 1_200]),
        ] {
            assert!(busy.contains(&told), "{told:?}");
        }
        assert_eq!(busy.len(), quiet.len() + 1);
    }

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
