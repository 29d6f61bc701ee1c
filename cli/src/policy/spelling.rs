//! How routes, lengths and counts are written for people.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use rules::names::Group;
use rules::route::{Consent, Stage, Stages};
use serde::Deserialize;

use super::terms::named;

/// Who must say yes: `automatic`, or stages as `@stages` spells them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Way(pub(super) Consent);

/// A text that is no way.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a route: `automatic`, or stages such as `1 of leads; 2 of security, ops`")]
pub(super) struct BadWay(String);

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Consent::Approvals { stages } = &self.0 else {
            return f.write_str("automatic");
        };
        for (n, stage) in stages.iter().enumerate() {
            let before = if n == 0 { "" } else { "; " };
            write!(f, "{before}{} of {}", stage.needed, named(&stage.groups))?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Way {
    type Error = BadWay;

    fn try_from(text: String) -> Result<Self, BadWay> {
        if text == "automatic" {
            return Ok(Self(Consent::Automatic));
        }
        let stages: Option<Vec<Stage>> = text.split(';').map(stage).collect();
        stages
            .and_then(|stages| Stages::try_from(stages).ok())
            .map(|stages| Self(Consent::Approvals { stages }))
            .ok_or(BadWay(text))
    }
}

fn stage(text: &str) -> Option<Stage> {
    let (needed, groups) = text.trim_matches(' ').split_once(" of ")?;
    let groups: Option<BTreeSet<Group>> = groups
        .split(',')
        .map(|group| group.trim_matches(' ').parse().ok())
        .collect();
    Some(Stage {
        needed: needed.parse().ok()?,
        groups: groups?,
    })
}

/// A length as policies spell it: `1h30m`.
pub(super) fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let text: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    text
}

#[cfg(test)]
mod tests {
    use rules::names::duration::read_length;

    use super::*;

    #[test]
    fn a_route_is_read_as_it_is_written() {
        for (text, written) in [
            ("automatic", "automatic"),
            ("2 of leads", "2 of leads"),
            (
                "1 of leads ;2 of security,  a b",
                "1 of leads; 2 of a b, security",
            ),
        ] {
            let way = Way::try_from(text.to_owned()).unwrap();
            assert_eq!(way.to_string(), written);
        }
        for bad in [
            "",
            "auto",
            "0 of leads",
            "6 of leads",
            "1 of ",
            "1 of a;",
            "leads",
        ] {
            assert!(Way::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_length_is_written_as_it_is_read() {
        for text in ["15s", "1h30m", "7d", "1d2h3m4s"] {
            assert_eq!(length(read_length(text).unwrap()), text);
        }
    }
}
