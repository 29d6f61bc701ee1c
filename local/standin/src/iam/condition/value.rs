//! Comparing one value of a request with one value of a policy.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::iam::template::Pattern;

/// What an operator compares, and how; negations are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
    Number(Order),
    Moment(Order),
    Bool,
    Address,
    Arn,
}

/// How the value of the request must stand to that of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Same,
    Less,
    LessOrSame,
    Greater,
    GreaterOrSame,
}

impl Order {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Same,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrSame,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrSame,
            _ => return None,
        })
    }

    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Same => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrSame => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrSame => ordering.is_ge(),
        }
    }
}

impl Comparison {
    /// The comparison of an operator and whether the operator negates it.
    pub(super) fn named(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "StringEquals" => (Self::Equal, false),
            "StringNotEquals" => (Self::Equal, true),
            "StringEqualsIgnoreCase" => (Self::EqualIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Self::EqualIgnoringCase, true),
            "StringLike" => (Self::Like, false),
            "StringNotLike" => (Self::Like, true),
            "NumericNotEquals" => (Self::Number(Order::Same), true),
            "DateNotEquals" => (Self::Moment(Order::Same), true),
            "Bool" => (Self::Bool, false),
            "IpAddress" => (Self::Address, false),
            "NotIpAddress" => (Self::Address, true),
            // The two pairs are the same thing by two names, both with wildcards.
            "ArnEquals" | "ArnLike" => (Self::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Self::Arn, true),
            _ => match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
                (Some(order), _) => (Self::Number(Order::named(order)?), false),
                (None, Some(order)) => (Self::Moment(Order::named(order)?), false),
                (None, None) => return None,
            },
        })
    }

    pub(super) fn takes_variables(self) -> bool {
        match self {
            Self::Equal | Self::EqualIgnoringCase | Self::Like | Self::Arn => true,
            Self::Number(_) | Self::Moment(_) | Self::Bool | Self::Address => false,
        }
    }

    /// Whether a text of a policy is something that this compares with.
    pub(super) fn can_read(self, text: &str) -> bool {
        match self {
            Self::Equal | Self::EqualIgnoringCase | Self::Like | Self::Arn => true,
            Self::Number(_) => number(text).is_some(),
            Self::Moment(_) => moment(text).is_some(),
            Self::Bool => boolean(text).is_some(),
            Self::Address => Network::read(text).is_some(),
        }
    }

    /// Whether `actual` stands to `wanted` as it should; `None` when one cannot be read.
    pub(super) fn holds(self, actual: &str, wanted: &Pattern) -> Option<bool> {
        match self {
            Self::Equal => Some(wanted.text() == actual),
            Self::EqualIgnoringCase => Some(wanted.text().to_lowercase() == actual.to_lowercase()),
            Self::Like => Some(wanted.covers(actual)),
            Self::Arn => Some(wanted.covers_arn(actual)),
            Self::Number(order) => number(actual)?
                .partial_cmp(&number(&wanted.text())?)
                .map(|ordering| order.admits(ordering)),
            Self::Moment(order) => {
                Some(order.admits(moment(actual)?.cmp(&moment(&wanted.text())?)))
            }
            Self::Bool => Some(boolean(actual)? == boolean(&wanted.text())?),
            Self::Address => Some(Network::read(&wanted.text())?.holds(actual.parse().ok()?)),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A decimal number; the words for infinity and the like are none.
fn number(text: &str) -> Option<f64> {
    let decimal = text.chars().all(|character| {
        character.is_ascii_digit() || matches!(character, '.' | '-' | '+' | 'e' | 'E')
    });
    if decimal {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    } else {
        None
    }
}

/// A moment: ISO 8601 with a time zone, a day (its midnight, UTC), or seconds since the epoch.
fn moment(text: &str) -> Option<Timestamp> {
    if text
        .chars()
        .all(|character| character.is_ascii_digit() || character == '.')
    {
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        let whole = seconds.parse::<i64>().ok()?.checked_mul(1_000)?;
        return Timestamp::from_millisecond(whole.checked_add(millis)?).ok();
    }
    match text.parse::<Timestamp>() {
        Ok(timestamp) => Some(timestamp),
        Err(_) => {
            let day: Date = text.parse().ok()?;
            // A date parser takes the day out of a whole date and time; here that would make a
            // moment without a zone look like a midnight.
            if text.contains(['T', 't', ' ']) {
                return None;
            }
            TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
        }
    }
}

/// An address, or a block of them.
struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().ok()?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= width)?,
            None => width,
        };
        Some(Self { base, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let beyond = 32_u32.saturating_sub(self.bits);
                let differing = base.to_bits() ^ address.to_bits();
                differing.checked_shr(beyond).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let beyond = 128_u32.saturating_sub(self.bits);
                let differing = base.to_bits() ^ address.to_bits();
                differing.checked_shr(beyond).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}
