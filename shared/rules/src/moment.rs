//! Moments and lengths of time, as data.
//!
//! A [`Moment`] has whole milliseconds and one spelling, `2026-11-24T10:15:00.000Z`, so that equal
//! moments are equal strings and earlier ones sort first: the ledger's sort keys rest on that.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Written `2026-11-24T10:15:00.000Z`. Years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(i64);

/// 9999-12-30T22:00:00Z, the last second that is a moment in every time zone: later ones have no
/// four-digit year everywhere and would not sort.
const LAST: i64 = 253_402_207_200_000;

impl Moment {
    /// The moment that many milliseconds after the epoch, held between 1970 and the end of 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST))
    }

    /// The moment that many seconds after the epoch, held between 1970 and the end of 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This moment with its fraction of a second cut off.
    ///
    /// IAM compares `aws:CurrentTime` in whole seconds, so an end is always a whole second.
    #[must_use]
    pub fn whole_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// The moment that much later.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The moment that much earlier.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// How long after `earlier` this is; nothing where it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The spelling IAM policies use: `2026-11-24T10:15:00Z`, whole seconds.
    #[must_use]
    pub fn iso_seconds(self) -> String {
        let text = self.to_string();
        let (seconds, _) = text.rsplit_once('.').unwrap_or((&text, ""));
        format!("{seconds}Z")
    }

    /// The UTC day, `2026-11-24`.
    #[must_use]
    pub fn day(self) -> String {
        let text = self.to_string();
        text.split_once('T')
            .map_or(text.clone(), |(day, _)| day.to_owned())
    }

    /// The UTC hour, `2026-11-24T10`.
    #[must_use]
    pub fn hour(self) -> String {
        let text = self.to_string();
        text.split_once(':')
            .map_or(text.clone(), |(hour, _)| hour.to_owned())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // INVARIANT: `from_millis` keeps the value within jiff's range, so the default is not met.
        let stamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{stamp:.3}")
    }
}

/// A text that is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a moment such as `2026-11-24T10:15:00.000Z`")]
pub struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| NotAMoment(text.to_owned()))?;
        let millis = stamp.as_millisecond();
        if (0..=LAST).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(NotAMoment(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = NotAMoment;

    /// Reads the one spelling of [`Moment`]: another one of the same moment would be another text
    /// in an audit entry that nobody could tell from the true one.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
            .ok()
            .filter(|moment: &Self| moment.to_string() == text)
            .ok_or(NotAMoment(text))
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_spelling() {
        let moment: Moment = "2026-11-24T19:15:00+09:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-24T10:15:00.000Z");
        assert_eq!(moment.iso_seconds(), "2026-11-24T10:15:00Z");
        assert_eq!(moment.day(), "2026-11-24");
        assert_eq!(moment.hour(), "2026-11-24T10");
    }

    #[test]
    fn another_spelling_is_refused_in_json() {
        let read = |text: &str| serde_json::from_value::<Moment>(text.into());
        assert!(read("2026-11-24T10:15:00.000Z").is_ok());
        for other in [
            "2026-11-24T10:15:00Z",
            "2026-11-24t10:15:00.000z",
            "2026-11-24 10:15:00.000Z",
        ] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn spelling_sorts_as_time_does() {
        let texts: Vec<String> = [0, 1, 999, 1_000, 1_500, 1_764_000_000_000, i64::MAX]
            .into_iter()
            .map(|millis| Moment::from_millis(millis).to_string())
            .collect();
        let mut sorted = texts.clone();
        sorted.sort();
        assert_eq!(texts, sorted);
    }

    #[test]
    fn time_before_1970_and_after_9999_is_refused_in_text() {
        assert!("1969-12-31T23:59:59Z".parse::<Moment>().is_err());
        assert!("soon".parse::<Moment>().is_err());
    }

    #[test]
    fn since_is_never_negative() {
        let early = Moment::from_seconds(10);
        assert_eq!(early.since(Moment::from_seconds(20)), Duration::ZERO);
        assert_eq!(
            Moment::from_seconds(20).since(early),
            Duration::from_secs(10)
        );
    }
}
