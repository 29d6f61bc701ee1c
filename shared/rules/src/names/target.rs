//! What can be reached: instances.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AccountId, BadName, Region, made_of, serde_as_text};

/// An instance that Session Manager knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum InstanceId {
    /// An EC2 instance, `i-` and 8 or 17 hexadecimal digits.
    Ec2(String),
    /// A hybrid node, `mi-` and 17 hexadecimal digits.
    Hybrid(String),
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec2(id) | Self::Hybrid(id) => f.write_str(id),
        }
    }
}

impl FromStr for InstanceId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |rest: &str, length: usize| {
            made_of(rest, length, length, |c| {
                c.is_ascii_digit() || ('a'..='f').contains(&c)
            })
        };
        if text
            .strip_prefix("i-")
            .is_some_and(|rest| digits(rest, 17) || digits(rest, 8))
        {
            Ok(Self::Ec2(text.to_owned()))
        } else if text
            .strip_prefix("mi-")
            .is_some_and(|rest| digits(rest, 17))
        {
            Ok(Self::Hybrid(text.to_owned()))
        } else {
            Err(BadName::new(
                text,
                "an instance id such as `i-0123456789abcdef0` or `mi-…`",
            ))
        }
    }
}

serde_as_text!(InstanceId);

/// An instance in its account and Region, written `111122223333/ap-northeast-2/i-…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The account the instance lives in.
    pub account: AccountId,
    /// The Region the instance lives in.
    pub region: Region,
    /// The instance.
    pub instance: InstanceId,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.region, self.instance)
    }
}

impl FromStr for Target {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || {
            BadName::new(
                text,
                "a target: account, Region and instance id, such as `111122223333/ap-northeast-2/i-0123456789abcdef0`",
            )
        };
        let [account, region, instance] = text
            .split('/')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| bad())?;
        Ok(Self {
            account: account.parse().map_err(|_| bad())?,
            region: region.parse().map_err(|_| bad())?,
            instance: instance.parse().map_err(|_| bad())?,
        })
    }
}

serde_as_text!(Target);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_are_read_strictly() {
        for good in ["i-0123456789abcdef0", "i-1234abcd", "mi-0123456789abcdef0"] {
            assert_eq!(good.parse::<InstanceId>().unwrap().to_string(), good);
        }
        for bad in [
            "i-*",
            "i-",
            "*",
            "I-0123456789abcdef0",
            "i-0123456789abcdeg0",
            "mi-1234abcd",
        ] {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_target_names_account_region_and_instance() {
        let text = "111122223333/ap-northeast-2/i-0123456789abcdef0";
        assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        for bad in [
            "i-0123456789abcdef0",
            "111122223333/ap-northeast-2",
            "a/b/c",
            "//",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
