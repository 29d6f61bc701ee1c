//! What a permit wants to be told with a request: a reason that says something, a ticket.

use std::fmt;
use std::str::FromStr;

use regex_lite::{Regex, RegexBuilder};

use crate::ask::Ask;
use crate::names::BadName;

use super::decision::Why;

/// A regular expression that the whole of a text must match.
///
/// Matching takes time in proportion to the text, whatever the pattern says, and a pattern that
/// would grow beyond bounds is refused when it is read.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// What reason and ticket must be like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The least characters of the reason; a reason has 3 at least in any case.
    pub reason_length: u16,
    /// What the reason must be like.
    pub reason: Option<Pattern>,
    /// What the ticket must be like; with it, there must be one.
    pub ticket: Option<Pattern>,
}

impl Wanted {
    /// What an ask falls short of.
    pub(super) fn missing(&self, ask: &Ask) -> Vec<Why> {
        let reason = ask.reason.as_str();
        let mut missing = Vec::new();
        if reason.trim().chars().count() < usize::from(self.reason_length) {
            missing.push(Why::ReasonTooShort {
                least: self.reason_length,
            });
        }
        if let Some(pattern) = &self.reason
            && !pattern.fits(reason)
        {
            missing.push(Why::ReasonUnlike {
                pattern: pattern.to_string(),
            });
        }
        if let Some(pattern) = &self.ticket
            && !ask
                .ticket
                .as_ref()
                .is_some_and(|ticket| pattern.fits(ticket.as_str()))
        {
            missing.push(Why::TicketUnlike {
                pattern: pattern.to_string(),
            });
        }
        missing
    }
}

impl Pattern {
    const MOST: usize = 200;
    const MOST_BYTES: usize = 1 << 18;

    fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = || {
            BadName::new(
                text,
                "a regular expression of 1 to 200 characters, such as `OPS-[0-9]+`",
            )
        };
        if text.is_empty() || text.chars().count() > Self::MOST {
            return Err(bad());
        }
        // By itself first: `a)(b` is a pattern only between the brackets put around it.
        Regex::new(text).map_err(|_| bad())?;
        RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(Self::MOST_BYTES)
            .build()
            .map(Self)
            .map_err(|_| bad())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.as_str();
        let text = whole
            .strip_prefix("^(?:")
            .and_then(|rest| rest.strip_suffix(")$"));
        f.write_str(text.unwrap_or(whole))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_held_against_the_whole_text() {
        let pattern: Pattern = "OPS-[0-9]+|HELP".parse().unwrap();
        assert_eq!(pattern.to_string(), "OPS-[0-9]+|HELP");
        for (text, fits) in [
            ("OPS-7", true),
            ("HELP", true),
            ("OPS-7x", false),
            ("xOPS-7", false),
            ("HELPOPS-7", false),
            ("ops-7", false),
            ("", false),
        ] {
            assert_eq!(pattern.fits(text), fits, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_or_would_grow_beyond_bounds_is_refused() {
        for bad in [
            "",
            "(",
            "a)(b",
            "[z-a]",
            "(?<n",
            r"\q",
            "(((a{999}){999}){999})",
        ] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
        assert!("a".repeat(201).parse::<Pattern>().is_err());
    }
}
