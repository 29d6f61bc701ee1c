//! What the sweeper function does with one invocation.
//!
//! The schedule wakes it every minute, and it looks a little more than a minute ahead, so that
//! whatever ends between two invocations is ended at its exact second by one of them. What the
//! schedule sends is not looked at: the window comes from the invocation's own deadline and the
//! work from the ledger, so an invocation that is late, doubled or made by hand does no harm.
//!
//! S3 wakes it too, where EventBridge hands on what happens in the log bucket (AWS-FACTS 3.13): then
//! it looks at that one log, and at nothing else. That only makes a verdict come sooner.

use std::time::Duration;

use broker::clock::Clock;
use broker::sweeper::{Report, Sweeper};
use lambda_runtime::{Error, LambdaEvent};
use rules::moment::Moment;
use serde::Deserialize;
use serde_json::Value;

use crate::metrics::{Figure, Metrics};

/// Who says that something happened in a bucket.
const S3: &str = "aws.s3";

/// How far a run looks ahead: the minute to the next one, and what that one may be late by.
pub const AHEAD: Duration = Duration::from_secs(65);

/// What is left of the invocation for the round that is under way when the window is over.
pub const MARGIN: Duration = Duration::from_secs(20);

/// Until when an invocation sweeps: it ends with a margin before Lambda ends it.
#[must_use]
pub fn until(now: Moment, deadline: Moment) -> Moment {
    now.plus(AHEAD).min(deadline.minus(MARGIN)).max(now)
}

/// What S3 says, as EventBridge hands it on.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct InBucket {
    bucket: Named,
    object: Keyed,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Keyed {
    key: String,
}

/// Why an invocation came.
#[derive(Debug, PartialEq, Eq)]
enum Woken {
    /// It is time, or somebody wanted a sweep.
    Time,
    /// Something happened to an object.
    Object(InBucket),
    /// S3 said something that is about no object.
    Nothing,
}

impl Woken {
    fn by(mut event: Value) -> Self {
        if event.get("source").and_then(Value::as_str) != Some(S3) {
            return Self::Time;
        }
        let detail = event.get_mut("detail").map(Value::take).unwrap_or_default();
        serde_json::from_value(detail).map_or(Self::Nothing, Self::Object)
    }
}

/// Sweeps once, or looks at one log, and tells what it did.
///
/// # Errors
/// None: what went wrong stands in the report, and the next run meets it again.
pub async fn handle(
    sweeper: &Sweeper,
    event: LambdaEvent<Value>,
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Report, Error> {
    match Woken::by(event.payload) {
        Woken::Time => {}
        Woken::Object(InBucket { bucket, object }) => {
            let report = sweeper.log_stored(&bucket.name, &object.key).await;
            log(&report);
            metrics.tell(&seen(&report));
            return Ok(report);
        }
        Woken::Nothing => return Ok(Report::default()),
    }
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
    let new_bypasses = u64::try_from(report.new_bypasses.len()).unwrap_or(u64::MAX);
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let mut figures = vec![
        Figure::count("Due", report.due.into()),
        Figure::count("Waiting", report.waiting.into()),
        Figure::count("Failed", report.failed.into()),
        Figure::count("Backlog", report.backlog.into()),
        Figure::count("Ends", events("ended")),
        Figure::count("Closes", events("closed")),
        Figure::count("Terminations", report.terminated.into()),
        Figure::count("Bypasses", report.bypasses.into()),
        Figure::count("NewBypasses", new_bypasses),
        Figure::count("EventsPosted", report.posted),
        Figure::count("Checkpoints", report.checkpoint.is_some().into()),
        Figure::count("Quarantined", report.quarantined.into()),
        Figure::milliseconds("SweepDuration", &[took]),
    ];
    figures.extend(seen(report));
    if !report.overruns_ms.is_empty() {
        figures.push(Figure::milliseconds("Overrun", &report.overruns_ms));
    }
    figures
}

/// What was found out about logs, and what went wrong.
fn seen(report: &Report) -> Vec<Figure> {
    let verdicts = |word: &str| report.verdicts.get(word).copied().unwrap_or(0).into();
    let troubles = u64::try_from(report.troubles.len()).unwrap_or(u64::MAX);
    let troubles = troubles.saturating_add(report.more_troubles.into());
    vec![
        Figure::count("LogsLanded", verdicts("landed")),
        Figure::count("LogsLate", verdicts("late")),
        Figure::count("LogsMissing", verdicts("missing")),
        Figure::count("LogsEmpty", verdicts("empty")),
        Figure::count("LogsAltered", verdicts("altered")),
        Figure::count("LogsUnreadable", verdicts("unreadable")),
        Figure::count("Troubles", troubles),
    ]
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
    for bypass in &report.new_bypasses {
        tracing::error!(
            severity = "critical",
            session.id = bypass.session,
            session.owner = bypass.owner,
            session.access = ?bypass.access,
            instance.id = bypass.instance,
            started_at = %bypass.started_at,
            ended = bypass.ended,
            "met a session that no grant covers"
        );
    }
    let whole = serde_json::to_string(report).unwrap_or_default();
    tracing::info!(report = whole, troubles = report.troubles.len(), "swept");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            backlog: 1,
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
    fn s3_wakes_it_for_one_log_and_anything_else_for_a_sweep() {
        let stored = json!({
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": {
                "bucket": {"name": "logs"},
                "object": {"key": "sessions/x.log", "size": 9, "etag": "e"},
                "reason": "PutObject",
            },
        });
        let Woken::Object(InBucket { bucket, object }) = Woken::by(stored) else {
            panic!("it is about an object");
        };
        assert_eq!(
            (bucket.name.as_str(), object.key.as_str()),
            ("logs", "sessions/x.log")
        );
        let odd = json!({"source": "aws.s3", "detail": {"bucket": "logs"}});
        assert_eq!(Woken::by(odd), Woken::Nothing);
        for tick in [
            json!({}),
            json!(null),
            json!({"source": "aws.scheduler"}),
            json!("now"),
        ] {
            assert_eq!(Woken::by(tick), Woken::Time);
        }
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
