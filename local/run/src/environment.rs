//! The settings of the local deployment, under the names that a deployed function reads.

use std::collections::BTreeMap;

use crate::account::{
    ACCESS_ROLE, ACCOUNT, CHAT_SECRETS, DOCTOR_FUNCTION, EVIDENCE_BUCKET, LOG_BUCKET, LOG_PREFIX,
    REGION, TABLE,
};
use crate::issuer::{AUDIENCE, CHAT_CLIENT};
use crate::slack::{APP, CHANNEL, Slack, TEAM};

/// The policy set: the one that Postern ships to start from.
const POLICY: &str = include_str!("../../../policies/starter.cedar");

/// What a function finds in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The settings of a deployment that believes this issuer.
    #[must_use]
    pub fn of(issuer: &str) -> Self {
        let places = serde_json::json!([{
            "account": ACCOUNT,
            "region": REGION,
            "access_role": ACCESS_ROLE,
            "log_bucket": LOG_BUCKET,
            "log_prefix": LOG_PREFIX,
            "kinds": crate::account::kinds(),
        }]);
        let settings = [
            ("POSTERN_HOME_ACCOUNT", ACCOUNT),
            ("POSTERN_PLACES", &places.to_string()),
            ("POSTERN_TABLE", TABLE),
            ("POSTERN_POLICY", POLICY),
            ("POSTERN_EVIDENCE_BUCKET", EVIDENCE_BUCKET),
            ("POSTERN_DOCTOR_FUNCTION", DOCTOR_FUNCTION),
            ("POSTERN_OPERATOR_GROUPS", "operators"),
            ("POSTERN_AUDITOR_GROUPS", "auditors"),
            ("POSTERN_ISSUER", issuer),
            ("POSTERN_AUDIENCES", AUDIENCE),
            ("POSTERN_ALGORITHMS", "ES256"),
            ("POSTERN_ALLOW_LOOPBACK_ISSUER", "true"),
        ];
        Self(
            settings
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }

    /// The same with a chat in this workspace, whose pages are at this address.
    #[must_use]
    pub fn chatting(self, slack: &Slack, pages: &str) -> Self {
        let origin = slack.origin().to_owned();
        [
            ("POSTERN_CHAT_TEAMS", TEAM),
            ("POSTERN_CHAT_APP", APP),
            ("POSTERN_CHAT_SECRETS", CHAT_SECRETS),
            ("POSTERN_CHAT_PAGES", pages),
            ("POSTERN_CHAT_CLIENT", CHAT_CLIENT),
            ("POSTERN_CHAT_CHANNEL", CHANNEL),
            ("POSTERN_CHAT_SLACK", &slack.api()),
            ("POSTERN_CHAT_HOOKS", &origin),
        ]
        .into_iter()
        .fold(self, |all, (name, value)| all.with(name, value))
    }

    /// The same with one setting changed.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Every setting, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}
