//! The targets of a request, and how ready they were when it was made.

use std::fmt::Write as _;

use super::parts::{self, short_utc};
use crate::chat::blocks::{Block, SECTION, Text};
use crate::chat::text;
use crate::readiness::Readiness;
use crate::wire::TargetView;

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

/// What the doctor said of a target when it was asked for, and the first thing in the way. None
/// where no doctor was asked.
pub(super) fn readiness(target: &TargetView) -> Option<Block> {
    let known = target.readiness.as_ref()?;
    let says = match known {
        Readiness::Ready {} => "it can be reached, and its log can land",
        Readiness::Unreachable { .. } => "⚠ NO session can be opened on it",
        Readiness::LogWillNotLand { .. } => "⚠ its log will NOT land",
        Readiness::Unknown { .. } => "not known",
    };
    let mut line = format!("Readiness of {}: {says}", target.target.instance);
    let (found, needed) = match known {
        Readiness::Unreachable { findings } | Readiness::LogWillNotLand { findings } => {
            let found = findings
                .iter()
                .map(|one| format!("{}: {}", one.code, one.says));
            (found.collect(), Vec::new())
        }
        Readiness::Unknown { because } => (Vec::new(), because.clone()),
        Readiness::Ready {} => (Vec::new(), Vec::new()),
    };
    for (label, those) in [("", found), ("needs ", needed)] {
        let Some((first, rest)) = those.split_first() else {
            continue;
        };
        let _ = write!(line, "\n{label}{}", text::plain(first, 300));
        if !rest.is_empty() {
            let _ = write!(line, " (and {} more)", rest.len());
        }
    }
    Some(Block::section(Text::own(line, SECTION)))
}
