//! How long a grant lasts.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BadName, made_of};

/// How long a grant lasts from its activation: 15 seconds to 8 hours, in whole seconds.
///
/// There is no grant without an end. The longest is the highest rung of the session documents
/// (see [`session_document`](crate::session_document)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct GrantDuration(u32);

impl GrantDuration {
    /// The shortest grant, in seconds.
    pub const LEAST: u32 = 15;
    /// The longest grant, in seconds: 8 hours.
    pub const MOST: u32 = 8 * 60 * 60;

    /// A duration of that many seconds.
    ///
    /// # Errors
    /// Outside 15 to 28,800 seconds.
    pub fn from_seconds(seconds: u64) -> Result<Self, BadName> {
        u32::try_from(seconds)
            .ok()
            .filter(|seconds| (Self::LEAST..=Self::MOST).contains(seconds))
            .map(Self)
            .ok_or_else(|| {
                BadName::new(
                    &seconds.to_string(),
                    "a duration of 15 to 28800 seconds (8 hours)",
                )
            })
    }

    /// The longest there is.
    #[must_use]
    pub fn longest() -> Self {
        Self(Self::MOST)
    }

    /// Whole seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The same length for arithmetic with moments.
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl TryFrom<u64> for GrantDuration {
    type Error = BadName;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        Self::from_seconds(seconds)
    }
}

impl From<GrantDuration> for u64 {
    fn from(duration: GrantDuration) -> Self {
        u64::from(duration.0)
    }
}

impl fmt::Display for GrantDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        let parts = [(hours, "h"), (minutes, "m"), (seconds, "s")];
        let text: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count}{unit}"))
            .collect();
        f.write_str(&text.join(" "))
    }
}

/// A length such as `1h30m`, as annotations and settings spell it: whole numbers with the units
/// `d`, `h`, `m` and `s`, each at most once and the greater first.
#[must_use]
pub fn read_length(text: &str) -> Option<Duration> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let (mut rest, mut total) = (text, 0_u64);
    for (unit, seconds) in UNITS {
        if let Some((count, after)) = rest.split_once(unit) {
            // Six digits cannot overflow; a leading zero is a slip of the pen.
            if !made_of(count, 1, 6, |c| c.is_ascii_digit()) || count.starts_with('0') {
                return None;
            }
            total += count.parse::<u64>().ok()? * seconds;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_fifteen_seconds_and_eight_hours() {
        for (seconds, ok) in [
            (0, false),
            (14, false),
            (15, true),
            (28_800, true),
            (28_801, false),
        ] {
            assert_eq!(
                GrantDuration::from_seconds(seconds).is_ok(),
                ok,
                "{seconds}"
            );
        }
        assert!(GrantDuration::from_seconds(u64::MAX).is_err());
    }

    #[test]
    fn a_day_never_becomes_nothing() {
        // A peer turned 24 hours into 0: lengths are counted in seconds and never wrapped.
        assert!(GrantDuration::from_seconds(24 * 3600).is_err());
        assert_eq!(
            GrantDuration::from_seconds(5_415).unwrap().to_string(),
            "1h 30m 15s"
        );
    }

    #[test]
    fn a_length_is_read_in_one_spelling_only() {
        for (text, seconds) in [
            ("15s", 15),
            ("45m", 2_700),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("7d", 604_800),
            ("1d2h3m4s", 93_784),
            ("90m", 5_400),
        ] {
            assert_eq!(
                read_length(text),
                Some(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        for bad in [
            "", "0s", "1", "h", "30m1h", "1h1h", "1 h", "+1h", "-1h", "1.5h", "01h", "1H", "١h",
            "1h30", "9999999s", "1w",
        ] {
            assert_eq!(read_length(bad), None, "{bad}");
        }
    }
}
