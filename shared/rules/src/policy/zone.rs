//! The zone whose clock a policy goes by.
//!
//! The hour that a policy speaks of is that of somebody's wall clock, and two policies of one set
//! may mean two walls. So the zone stands on the policy, as `@time_zone`, and a set is evaluated
//! once for each zone in it. The rules of all zones are compiled in: a function and an author's
//! laptop must not disagree because their machines do.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::moment::Moment;
use crate::names::BadName;

/// A time zone by its name in the IANA database, such as `Asia/Seoul`.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    clock: TimeZone,
}

/// What a clock on the wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallClock {
    /// `monday` to `sunday`.
    pub(super) weekday: &'static str,
    /// 0 to 23.
    pub(super) hour: i8,
    /// 0 to 59.
    pub(super) minute: i8,
}

impl Zone {
    /// The zone of a policy that names none.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            clock: TimeZone::UTC,
        }
    }

    /// What the clocks there show at a moment.
    pub(super) fn at(&self, moment: Moment) -> WallClock {
        // INVARIANT: every moment is within jiff's range, so the default is not met.
        let stamp = Timestamp::from_millisecond(moment.millis()).unwrap_or_default();
        let there = self.clock.to_datetime(stamp);
        WallClock {
            weekday: match there.weekday() {
                Weekday::Monday => "monday",
                Weekday::Tuesday => "tuesday",
                Weekday::Wednesday => "wednesday",
                Weekday::Thursday => "thursday",
                Weekday::Friday => "friday",
                Weekday::Saturday => "saturday",
                Weekday::Sunday => "sunday",
            },
            hour: there.hour(),
            minute: there.minute(),
        }
    }
}

impl FromStr for Zone {
    type Err = BadName;

    /// Reads the exact name: another spelling of it would be another zone to whoever compares.
    fn from_str(text: &str) -> Result<Self, BadName> {
        if text == "UTC" {
            return Ok(Self::utc());
        }
        // It keeps what it has read, and many policies name the same few zones.
        static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
        ZONES
            .get(text)
            .ok()
            .filter(|clock| clock.iana_name() == Some(text))
            .map(|clock| Self {
                name: text.to_owned(),
                clock,
            })
            .ok_or_else(|| BadName::new(text, "a time zone such as `Asia/Seoul` or `UTC`"))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(zone: &str, moment: &str) -> (&'static str, i8, i8) {
        let zone: Zone = zone.parse().unwrap();
        let WallClock {
            weekday,
            hour,
            minute,
        } = zone.at(moment.parse().unwrap());
        (weekday, hour, minute)
    }

    #[test]
    fn a_clock_shows_the_time_of_its_place() {
        for (zone, moment, there) in [
            ("UTC", "2026-11-25T23:59:59Z", ("wednesday", 23, 59)),
            ("Asia/Seoul", "2026-11-25T23:59:59Z", ("thursday", 8, 59)),
            ("Asia/Kolkata", "2026-11-25T00:00:00Z", ("wednesday", 5, 30)),
            (
                "America/New_York",
                "2026-11-25T04:00:00Z",
                ("tuesday", 23, 0),
            ),
            // Clocks go forward at one in the morning, UTC, and back again in October.
            ("Europe/Berlin", "2026-03-29T00:59:59Z", ("sunday", 1, 59)),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", ("sunday", 3, 0)),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", ("sunday", 2, 0)),
        ] {
            assert_eq!(shows(zone, moment), there, "{zone} at {moment}");
        }
    }

    #[test]
    fn a_zone_has_one_spelling() {
        for bad in [
            "",
            "asia/seoul",
            "Seoul",
            "+09:00",
            "KST",
            "Asia/Seoul ",
            "utc",
        ] {
            assert!(bad.parse::<Zone>().is_err(), "{bad:?}");
        }
    }
}
