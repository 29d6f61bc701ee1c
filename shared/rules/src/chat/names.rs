//! The names that chat systems give.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{made_of, text_name};

/// Whether it is an id as Slack makes them: one of these letters, then upper-case letters and
/// digits.
fn is_slack_id(text: &str, first: &str) -> bool {
    made_of(text, 3, 32, |c| {
        c.is_ascii_uppercase() || c.is_ascii_digit()
    }) && text.starts_with(|c| first.contains(c))
}

fn is_hook(text: &str) -> bool {
    text.strip_prefix("hook-").is_some_and(|name| {
        made_of(name, 1, 32, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        })
    })
}

text_name!(
    /// Where a chat user is at home: a workspace of Slack, `T…`, or another chat system behind a
    /// webhook, `hook-` and its name here. None of one kind is one of the other.
    TeamId,
    "a workspace such as `T0123ABCD`, or `hook-` and the name of a webhook",
    |text| is_slack_id(text, "T") || is_hook(text)
);

text_name!(
    /// A user of a chat system: `U…` or `W…` of Slack, or what another system calls them; 1 to 64
    /// letters, digits or `._-`.
    UserId,
    "a chat user of 1 to 64 letters, digits or `._-`",
    |text| made_of(text, 1, 64, |c| c.is_ascii_alphanumeric() || "._-".contains(c))
);

text_name!(
    /// An organisation of Slack that has several workspaces.
    EnterpriseId,
    "an organisation such as `E0123ABCD`",
    |text| is_slack_id(text, "E")
);

text_name!(
    /// The app that a call of Slack is for.
    AppId,
    "an app such as `A0123ABCD`",
    |text| is_slack_id(text, "A")
);

text_name!(
    /// A channel or direct message of Slack.
    ChannelId,
    "a channel such as `C0123ABCD`",
    |text| is_slack_id(text, "CDG")
);

text_name!(
    /// A message in a channel, or the moment of an action, by Slack's time: `1764000000.123456`.
    Stamp,
    "a time of Slack such as `1764000000.123456`",
    |text| text.split_once('.').is_some_and(|(seconds, fraction)| {
        let digits = |text: &str, most| made_of(text, 1, most, |c| c.is_ascii_digit());
        digits(seconds, 12) && digits(fraction, 8)
    })
);

text_name!(
    /// What opens a modal, for three seconds.
    TriggerId,
    "a trigger: 1 to 128 letters, digits or `._-`",
    |text| made_of(text, 1, 128, |c| c.is_ascii_alphanumeric() || "._-".contains(c))
);

text_name!(
    /// An open modal.
    ViewId,
    "a view such as `V0123ABCD`",
    |text| is_slack_id(text, "V")
);

/// A user of a chat system, where they are at home. A user name is no part of it: anybody may take
/// one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatUser {
    /// Where.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "T0123ABCD"))]
    pub team: TeamId,
    /// Who.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "U0123ABCD"))]
    pub user: UserId,
}

impl UserId {
    /// Whether it is a user of Slack.
    #[must_use]
    pub fn is_of_slack(&self) -> bool {
        is_slack_id(self.as_str(), "UW")
    }
}

impl TeamId {
    /// Whether it is a workspace of Slack.
    #[must_use]
    pub fn is_of_slack(&self) -> bool {
        is_slack_id(self.as_str(), "T")
    }
}

impl fmt::Display for ChatUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.user, self.team)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_no_webhook_and_the_other_way_round() {
        for (text, slack) in [("T0123ABCD", true), ("hook-matrix", false)] {
            assert_eq!(text.parse::<TeamId>().unwrap().is_of_slack(), slack);
        }
        for bad in [
            "",
            "T",
            "t0123abcd",
            "hook-",
            "hook-T0123",
            "hook-a b",
            "T0123#",
            "E0123ABCD",
        ] {
            assert!(bad.parse::<TeamId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_read_strictly() {
        assert!("1764000000.123456".parse::<Stamp>().is_ok());
        for bad in [
            "",
            "1764000000",
            ".1",
            "1.",
            "1.2.3",
            "-1.2",
            "1e9.1",
            " 1.2",
        ] {
            assert!(bad.parse::<Stamp>().is_err(), "{bad}");
        }
        for bad in ["", "a b", "a#b", "a/b", "ü", "a\n"] {
            assert!(bad.parse::<UserId>().is_err(), "{bad}");
        }
        assert!("D0123ABCD".parse::<ChannelId>().is_ok());
        assert!("X0123ABCD".parse::<ChannelId>().is_err());
    }
}
