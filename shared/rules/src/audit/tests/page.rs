//! Every event and every verdict has its row in `docs/audit.md`, with its severity.

use std::collections::BTreeMap;

use super::flips::events;
use super::*;
use crate::log_verdict::{LogObject, LogVerdict};

const PAGE: &str = include_str!("../../../../../docs/audit.md");

/// The rows of a table under a heading: what stands in its first and in its last column.
fn rows(heading: &str) -> BTreeMap<&'static str, &'static str> {
    let (_, below) = PAGE.split_once(heading).unwrap();
    let section = below.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let (word, more) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (_, last) = more.trim_end_matches(" |").rsplit_once(" | ")?;
        Some((word, last))
    });
    rows.collect()
}

fn severity(event: &Event) -> &'static str {
    match event.severity() {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

#[test]
fn every_event_is_on_the_page_with_its_severity() {
    let expected = events().map(|event| {
        let judged = matches!(event, Event::LogJudged { .. });
        let severity = if judged {
            "by the verdict"
        } else {
            severity(&event)
        };
        (event.word(), severity)
    });
    assert_eq!(rows("\n## The events\n"), expected.collect());
}

/// The verdict that is listed after this one. A new one finds its place here, or nothing compiles.
fn following(verdict: &LogVerdict) -> Option<LogVerdict> {
    let object = LogObject {
        key: "sessions/x.log".to_owned(),
        size: 0,
        etag: "e".to_owned(),
        version: None,
        stored_at: Moment::from_seconds(0),
    };
    Some(match verdict {
        LogVerdict::Pending {} => LogVerdict::Landed { object },
        LogVerdict::Landed { .. } => LogVerdict::Late { object },
        LogVerdict::Late { .. } => LogVerdict::Missing {},
        LogVerdict::Missing {} => LogVerdict::Empty { object },
        LogVerdict::Empty { .. } => LogVerdict::Altered {
            versions: 2,
            deleted: false,
        },
        LogVerdict::Altered { .. } => LogVerdict::Unreadable {
            code: "AccessDenied".to_owned(),
        },
        LogVerdict::Unreadable { .. } => LogVerdict::Unloggable {},
        LogVerdict::Unloggable {} => return None,
    })
}

#[test]
fn every_verdict_is_on_the_page_with_its_severity() {
    let verdicts = std::iter::successors(Some(LogVerdict::Pending {}), following);
    let expected = verdicts.map(|log| {
        let word = log.word().as_str();
        let session = format!("{ID}-07a16060613c408b5").parse().unwrap();
        (word, severity(&Event::LogJudged { session, log }))
    });
    let heading = "\n## What became of a session's log\n";
    assert_eq!(rows(heading), expected.collect());
}
