//! What the values of annotations may be.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::names::duration::read_length;
use crate::names::{BadName, GrantDuration, Group};
use crate::route::{InChat, Stage, Stages};

pub(super) fn yes(text: &str) -> Result<(), BadName> {
    if text == "true" {
        Ok(())
    } else {
        Err(BadName::new(
            text,
            "`true`; where it does not hold, the annotation is left out",
        ))
    }
}

pub(super) fn approvals(text: &str) -> Result<u8, BadName> {
    match text.as_bytes() {
        [digit @ b'1'..=b'5'] => Ok(digit - b'0'),
        _ => Err(BadName::new(text, "a number of approvals, `1` to `5`")),
    }
}

pub(super) fn approvers(text: &str) -> Result<BTreeSet<Group>, BadName> {
    let bad = || BadName::new(text, "a list of distinct groups such as `leads,oncall`");
    let mut groups = BTreeSet::new();
    for name in text.split(',') {
        let group: Group = name.trim_matches(' ').parse().map_err(|_| bad())?;
        if !groups.insert(group) {
            return Err(bad());
        }
    }
    Ok(groups)
}

pub(super) fn stages(text: &str) -> Result<Stages, BadName> {
    let bad = || {
        BadName::new(
            text,
            "one to three stages such as `1 of leads; 2 of security, ops`",
        )
    };
    let stage = |text: &str| {
        let (needed, groups) = text.trim_matches(' ').split_once(" of ")?;
        Some(Stage {
            needed: approvals(needed).ok()?,
            groups: approvers(groups).ok()?,
        })
    };
    let stages: Option<Vec<Stage>> = text.split(';').map(stage).collect();
    stages
        .and_then(|stages| stages.try_into().ok())
        .ok_or_else(bad)
}

pub(super) fn max_duration(text: &str) -> Result<GrantDuration, BadName> {
    read_length(text)
        .and_then(|length| GrantDuration::from_seconds(length.as_secs()).ok())
        .ok_or_else(|| BadName::new(text, "a duration of `15s` to `8h`, such as `1h30m`"))
}

pub(super) fn answer_within(text: &str) -> Result<Duration, BadName> {
    const LEAST: Duration = Duration::from_secs(60);
    const MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    read_length(text)
        .filter(|length| (LEAST..=MOST).contains(length))
        .ok_or_else(|| BadName::new(text, "a duration of `1m` to `7d`, such as `2h30m`"))
}

/// How many characters a reason must have; fewer than four are no demand.
pub(super) fn reason_length(text: &str) -> Result<u16, BadName> {
    text.parse()
        .ok()
        .filter(|length| (4..=300).contains(length) && !text.starts_with(['+', '0']))
        .ok_or_else(|| BadName::new(text, "a number of characters, `4` to `300`"))
}

pub(super) fn chat(text: &str) -> Result<InChat, BadName> {
    InChat::ALL
        .into_iter()
        .find(|rung| rung.word() == text)
        .ok_or_else(|| BadName::new(text, "`tap`, `login` or `none`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_durations_are_kept() {
        assert!(max_duration("14s").is_err() && max_duration("15s").is_ok());
        assert!(max_duration("8h").is_ok() && max_duration("8h1s").is_err());
        assert!(max_duration("1d").is_err());
        assert!(answer_within("59s").is_err() && answer_within("1m").is_ok());
        assert!(answer_within("7d").is_ok() && answer_within("7d1s").is_err());
    }

    #[test]
    fn the_rungs_of_the_ladder_are_spelt_exactly() {
        for rung in InChat::ALL {
            assert_eq!(chat(rung.word()), Ok(rung));
        }
        for bad in ["", "Tap", "taps", "tap ", "yes", "true", "tap,login"] {
            assert!(chat(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn stages_are_read_in_their_order() {
        let read = stages("1 of leads; 2 of security, On Call").unwrap();
        let read: Vec<(u8, usize)> = read
            .iter()
            .map(|stage| (stage.needed, stage.groups.len()))
            .collect();
        assert_eq!(read, [(1, 1), (2, 2)]);
        for bad in [
            "",
            ";",
            "1 of leads;",
            "leads",
            "0 of leads",
            "6 of leads",
            "1 leads",
            "1 of ",
            "1 of leads,leads",
            "1 of a; 1 of b; 1 of c; 1 of d",
            "one of leads",
        ] {
            assert!(stages(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn approvers_are_distinct_groups_kept_as_they_are_written() {
        let groups = approvers("leads, On Call").unwrap();
        let names: Vec<&str> = groups.iter().map(Group::as_str).collect();
        assert_eq!(names, ["On Call", "leads"]);
        for bad in ["", ",", "leads,", "leads,leads", "leads, leads", "leads\n"] {
            assert!(approvers(bad).is_err(), "{bad:?}");
        }
    }
}
