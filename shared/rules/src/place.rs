//! Where Postern gives access: accounts and Regions, each with its access role.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::names::{AccessKind, AccountId, ExternalId, KeyId, Region, RoleArn, Target};

/// Whether `ssmmessages:OpenDataChannel` is limited to the grant's own sessions.
///
/// Which resource AWS evaluates is UNCONFIRMED (AWS-FACTS 1.13), so both answers are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataChannel {
    /// Both documented forms of the grant's own session ARNs.
    #[default]
    Strict,
    /// Any resource. A data channel also needs the token of that very session.
    Any,
}

/// What becomes of sessions that were opened past Postern.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BypassWatch {
    /// What is done about them.
    #[serde(default)]
    pub then: Then,
    /// Only instances that carry this tag are watched; all, where there is none.
    #[serde(default)]
    pub tag: Option<WatchTag>,
}

/// What is done about a session that was opened past Postern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It is told.
    #[default]
    Tell,
    /// It is told and ended. The sweeper's role must be allowed to end any session of the place.
    End,
    /// Nothing: sessions past Postern are usual there.
    Ignore,
}

/// A tag of instances.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// One account and Region that Postern serves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The role that grants there are sessions of.
    pub access_role: RoleArn,
    /// The bucket that session logs of the place land in.
    pub log_bucket: String,
    /// The folder in the bucket, without slashes at its ends; may be empty.
    #[serde(default)]
    pub log_prefix: String,
    /// The key that session traffic is encrypted with, where the documents name one.
    #[serde(default)]
    pub session_key: Option<KeyId>,
    /// How data channels are limited.
    #[serde(default)]
    pub data_channel: DataChannel,
    /// The kinds of access whose session documents are deployed there; shells only, by default.
    #[serde(default = "shells")]
    pub kinds: Vec<AccessKind>,
    /// Whether the documents whose sessions run as another user are deployed there as well.
    #[serde(default)]
    pub run_as: bool,
    /// The role that Postern assumes to look at and end things there. In its own account it needs
    /// none; in every other one it does.
    #[serde(default)]
    pub operator_role: Option<RoleArn>,
    /// What the roles of the place want to hear before they are assumed: a protection for accounts
    /// that others too assume roles in (AWS-FACTS 1.26).
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// What becomes of sessions that were opened past Postern.
    #[serde(default)]
    pub bypass: BypassWatch,
}

fn shells() -> Vec<AccessKind> {
    vec![AccessKind::Shell {}]
}

impl Place {
    /// The S3 key of a session's log: exactly `<prefix>/<session id>.log` (AWS-FACTS 3.1).
    #[must_use]
    pub fn log_key(&self, session: &str) -> String {
        if self.log_prefix.is_empty() {
            format!("{session}.log")
        } else {
            format!("{}/{session}.log", self.log_prefix)
        }
    }
}

/// Every place that Postern serves. Nothing else is reachable: targets elsewhere are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Place>")]
pub struct Places(BTreeMap<(AccountId, Region), Place>);

/// A list of places that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPlaces {
    /// The list is empty.
    #[error("no place is named, so nothing could be reached; name at least one")]
    None,
    /// A place stands twice.
    #[error("account `{0}` in Region `{1}` is named twice")]
    Twice(AccountId, Region),
    /// A role belongs to another account than the place.
    #[error("role `{role}` is not in account `{account}`")]
    ForeignRole {
        /// The role named.
        role: RoleArn,
        /// The account of the place.
        account: AccountId,
    },
}

impl TryFrom<Vec<Place>> for Places {
    type Error = BadPlaces;

    fn try_from(list: Vec<Place>) -> Result<Self, Self::Error> {
        let mut places = BTreeMap::new();
        for place in list {
            let roles = [Some(&place.access_role), place.operator_role.as_ref()];
            let foreign = |role: &&RoleArn| role.account() != &place.account;
            if let Some(role) = roles.into_iter().flatten().find(foreign) {
                return Err(BadPlaces::ForeignRole {
                    role: role.clone(),
                    account: place.account,
                });
            }
            let key = (place.account.clone(), place.region.clone());
            if let Some(twin) = places.insert(key, place) {
                return Err(BadPlaces::Twice(twin.account, twin.region));
            }
        }
        if places.is_empty() {
            Err(BadPlaces::None)
        } else {
            Ok(Self(places))
        }
    }
}

impl Places {
    /// The place of an account and Region, where it is served.
    #[must_use]
    pub fn of(&self, account: &AccountId, region: &Region) -> Option<&Place> {
        self.0.get(&(account.clone(), region.clone()))
    }

    /// The place of a target, where it is served.
    #[must_use]
    pub fn of_target(&self, target: &Target) -> Option<&Place> {
        self.of(&target.account, &target.region)
    }

    /// All places, sorted by account and Region.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Places, String> {
        serde_json::from_str(json).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_role_of_another_account_is_refused() {
        let place = |role: &str| {
            format!(
                r#"[{{"account":"111122223333","region":"ap-northeast-2","access_role":"{role}","log_bucket":"logs"}}]"#
            )
        };
        assert!(read(&place("arn:aws:iam::111122223333:role/Access")).is_ok());
        let fault = read(&place("arn:aws:iam::444455556666:role/Access")).unwrap_err();
        assert!(fault.contains("is not in account"), "{fault}");
        assert!(read("[]").unwrap_err().contains("no place is named"));
    }

    #[test]
    fn a_place_may_name_an_operator_role_and_what_becomes_of_bypasses() {
        let place = |more: &str| {
            format!(
                r#"[{{"account":"444455556666","region":"us-east-1","log_bucket":"logs",
                "access_role":"arn:aws:iam::444455556666:role/Access"{more}}}]"#
            )
        };
        let places = read(&place("")).unwrap();
        let usual = places.iter().next().unwrap();
        assert_eq!(usual.bypass, BypassWatch::default());
        assert_eq!((&usual.operator_role, &usual.external_id), (&None, &None));
        let more = r#","operator_role":"arn:aws:iam::444455556666:role/Operator",
            "external_id":"postern-4f1c","bypass":{"then":"end","tag":{"key":"Env","value":"prod"}}"#;
        let places = read(&place(more)).unwrap();
        let watched = places.iter().next().unwrap();
        assert_eq!(watched.bypass.then, Then::End);
        for bad in [
            r#","operator_role":"arn:aws:iam::111122223333:role/Operator""#,
            r#","external_id":"x""#,
            r#","external_id":"two words""#,
            r#","bypass":{"then":"kill"}"#,
            r#","bypass":{"tags":[]}"#,
        ] {
            assert!(read(&place(bad)).is_err(), "{bad}");
        }
    }
}
