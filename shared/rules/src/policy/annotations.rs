//! The annotations of a policy: the route that a `permit` offers, the sentence of a `forbid`.
//!
//! Cedar leaves annotations to the application. Here they carry power, so they are read as
//! strictly as the policy itself: one that is unknown, malformed or missing is an error when the
//! set is loaded, never a default that nobody chose.
//!
//! | annotation | on | value |
//! |---|---|---|
//! | `@id` | both, required | unique; 1 to 64 letters, digits or `-_.` |
//! | `@max_duration` | permit, required | `15s` to `8h`, such as `1h30m` |
//! | `@auto` | permit | `true`: nobody has to approve; stands alone |
//! | `@approvals` | permit | `1` to `5` distinct people |
//! | `@approvers` | permit | groups, separated by commas; with `@approvals` |
//! | `@stages` | permit | `1 of leads; 2 of security, directors`: up to three stages, in order |
//! | `@answer_within` | permit | `1m` to `7d`; without it, four hours; not with `@auto` |
//! | `@because` | forbid | one sentence for the person who is refused |

use std::collections::BTreeSet;
use std::time::Duration;

use cedar_policy::{Effect, Policy};

use super::fault::{Fault, PolicyFault};
use crate::names::duration::read_length;
use crate::names::{BadName, Comment, GrantDuration, Group, made_of, text_name};
use crate::route::{Consent, Stage, Stages};

text_name!(
    /// The `@id` of a policy: 1 to 64 letters, digits or `-_.`.
    PolicyId,
    "a policy id of 1 to 64 letters, digits or `-_.`",
    |text| made_of(text, 1, 64, |c| c.is_ascii_alphanumeric() || "-_.".contains(c))
);

const ID: &str = "id";
const MAX_DURATION: &str = "max_duration";
const AUTO: &str = "auto";
const APPROVALS: &str = "approvals";
const APPROVERS: &str = "approvers";
const STAGES: &str = "stages";
const ANSWER_WITHIN: &str = "answer_within";
const BECAUSE: &str = "because";

const OF_A_PERMIT: [&str; 7] = [
    ID,
    MAX_DURATION,
    AUTO,
    APPROVALS,
    APPROVERS,
    STAGES,
    ANSWER_WITHIN,
];
const OF_A_FORBID: [&str; 2] = [ID, BECAUSE];

/// How long a request waits for an answer where the policy does not say.
const USUAL_ANSWER: Duration = Duration::from_secs(4 * 60 * 60);

/// What a policy's annotations say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// It offers a route.
    Permit(Terms),
    /// It closes every route, for this reason.
    Forbid(Option<Comment>),
}

/// The terms of the route that one permit offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who must say yes.
    pub consent: Consent,
    /// The longest grant.
    pub max_duration: GrantDuration,
    /// How long the request waits for an answer.
    pub answer_within: Duration,
}

/// Reads one policy's annotations. Nothing, where a fault was noted.
pub(super) fn read(
    policy: &Policy,
    label: &str,
    faults: &mut Vec<PolicyFault>,
) -> Option<(PolicyId, Rule)> {
    let mut notes = Notes {
        policy,
        label,
        faults,
    };
    let id = notes.required(ID, str::parse);
    let rule = match policy.effect() {
        Effect::Permit => {
            notes.refuse_unknown("permit", &OF_A_PERMIT);
            terms(&mut notes).map(Rule::Permit)
        }
        Effect::Forbid => {
            notes.refuse_unknown("forbid", &OF_A_FORBID);
            Some(Rule::Forbid(notes.optional(BECAUSE, str::parse)))
        }
    };
    Some((id?, rule?))
}

fn terms(notes: &mut Notes<'_>) -> Option<Terms> {
    let max_duration = notes.required(MAX_DURATION, max_duration);
    let answer_within = notes
        .optional(ANSWER_WITHIN, answer_within)
        .unwrap_or(USUAL_ANSWER);
    let consent = consent(notes);
    Some(Terms {
        consent: consent?,
        max_duration: max_duration?,
        answer_within,
    })
}

fn consent(notes: &mut Notes<'_>) -> Option<Consent> {
    if notes.has(AUTO) {
        notes.refuse_beside(AUTO, &[APPROVALS, APPROVERS, STAGES, ANSWER_WITHIN]);
        return notes.required(AUTO, yes).map(|()| Consent::Automatic);
    }
    if notes.has(STAGES) {
        notes.refuse_beside(STAGES, &[APPROVALS, APPROVERS]);
        let stages = notes.required(STAGES, stages)?;
        return Some(Consent::Approvals { stages });
    }
    if !notes.has(APPROVALS) && !notes.has(APPROVERS) {
        notes.note(APPROVALS, Fault::NoConsent);
        return None;
    }
    let needed = notes.required(APPROVALS, approvals);
    let groups = notes.required(APPROVERS, approvers);
    // INVARIANT: both were read within their bounds, so they make a stage.
    let stages = Stages::one(needed?, groups?).ok()?;
    Some(Consent::Approvals { stages })
}

/// One policy's annotations, and where its faults go.
struct Notes<'a> {
    policy: &'a Policy,
    label: &'a str,
    faults: &'a mut Vec<PolicyFault>,
}

impl Notes<'_> {
    fn has(&self, key: &str) -> bool {
        self.policy.annotation(key).is_some()
    }

    fn note(&mut self, key: &str, fault: Fault) {
        self.faults
            .push(PolicyFault::of_annotation(self.label, key, fault));
    }

    /// Notes what cannot stand beside an annotation.
    fn refuse_beside(&mut self, key: &'static str, others: &[&str]) {
        for other in others {
            if self.has(other) {
                self.note(other, Fault::Excluded(key));
            }
        }
    }

    /// The value; nothing where it is absent, or malformed and noted.
    fn optional<T>(&mut self, key: &str, read: fn(&str) -> Result<T, BadName>) -> Option<T> {
        match read(self.policy.annotation(key)?) {
            Ok(value) => Some(value),
            Err(bad) => {
                self.note(key, Fault::Malformed(bad));
                None
            }
        }
    }

    /// The value; nothing where it is absent or malformed, both noted.
    fn required<T>(&mut self, key: &str, read: fn(&str) -> Result<T, BadName>) -> Option<T> {
        if !self.has(key) {
            self.note(key, Fault::Missing);
        }
        self.optional(key, read)
    }

    fn refuse_unknown(&mut self, effect: &'static str, known: &[&str]) {
        for (key, _) in self
            .policy
            .annotations()
            .filter(|(key, _)| !known.contains(key))
        {
            let known: Vec<String> = known.iter().map(|key| format!("`@{key}`")).collect();
            let fault = Fault::Unknown {
                effect,
                known: known.join(", "),
            };
            self.faults
                .push(PolicyFault::of_annotation(self.label, key, fault));
        }
    }
}

fn yes(text: &str) -> Result<(), BadName> {
    if text == "true" {
        Ok(())
    } else {
        Err(BadName::new(
            text,
            "`true`; a permit that is not automatic leaves `@auto` out",
        ))
    }
}

fn approvals(text: &str) -> Result<u8, BadName> {
    match text.as_bytes() {
        [digit @ b'1'..=b'5'] => Ok(digit - b'0'),
        _ => Err(BadName::new(text, "a number of approvals, `1` to `5`")),
    }
}

fn approvers(text: &str) -> Result<BTreeSet<Group>, BadName> {
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

fn stages(text: &str) -> Result<Stages, BadName> {
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

fn max_duration(text: &str) -> Result<GrantDuration, BadName> {
    read_length(text)
        .and_then(|length| GrantDuration::from_seconds(length.as_secs()).ok())
        .ok_or_else(|| BadName::new(text, "a duration of `15s` to `8h`, such as `1h30m`"))
}

fn answer_within(text: &str) -> Result<Duration, BadName> {
    const LEAST: Duration = Duration::from_secs(60);
    const MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    read_length(text)
        .filter(|length| (LEAST..=MOST).contains(length))
        .ok_or_else(|| BadName::new(text, "a duration of `1m` to `7d`, such as `2h30m`"))
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
