//! The targets of a request, and how ready they are.

use std::fmt::Write as _;

use super::parts::{self, short_utc};
use crate::chat::blocks::{Block, SECTION, Text};
use crate::chat::text;
use crate::wire::{AnswerView, ReadinessView, TargetView};

/// The most characters that the tags of one target take.
const TAGS: usize = 300;

/// A target, with what tells it from others.
pub(super) fn target(target: &TargetView) -> Block {
    let name = target.name.as_deref().unwrap_or("no name");
    let mut lines = format!(
        "Target: {}\n{} ({}, agent {})",
        text::plain(name, 200),
        target.target,
        target.platform.word(),
        parts::ping(target.ping)
    );
    let tags: Vec<String> = target
        .tags
        .iter()
        .filter(|(key, _)| *key != "Name")
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if !tags.is_empty() {
        let _ = write!(lines, "\nTags: {}", text::plain(&tags.join(", "), TAGS));
    }
    if let Some(log) = &target.last_log {
        let (verdict, at) = (log.verdict.as_str(), short_utc(log.ended_at));
        let _ = write!(lines, "\nLog of the last session: {verdict}, {at}");
    }
    Block::section(Text::own(lines, SECTION))
}

/// What the doctor says of a target: two answers, and the first thing in the way.
pub(super) fn readiness(view: &ReadinessView) -> Block {
    let answer = |answer: &AnswerView| match answer {
        AnswerView::Yes {} => Some("yes"),
        AnswerView::No { .. } => Some("NO"),
        AnswerView::Unknown { .. } => Some("not known"),
        AnswerView::NotApplicable {} => None,
    };
    let mut line = format!("Readiness of {}", view.target.instance);
    for (question, found) in [
        ("reachable", &view.reachable),
        ("log lands", &view.log_lands),
    ] {
        if let Some(found) = answer(found) {
            let _ = write!(line, " · {question}: {found}");
        }
    }
    if let Some(finding) = view.findings.first() {
        let _ = write!(
            line,
            "\n{}: {}",
            finding.code,
            text::plain(&finding.says, 300)
        );
    }
    Block::section(Text::own(line, SECTION))
}
