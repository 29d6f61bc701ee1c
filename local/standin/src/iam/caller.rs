//! Who signed a call.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::policy::Policy;

/// Who signed a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account of the principal.
    pub account: String,
    /// What the principal is.
    pub principal: Principal,
}

/// What a principal is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// The user `admin`, whom no identity policy binds. Trust policies bind even him.
    Admin,
    /// A session of a role.
    Role(Box<RoleSession>),
}

/// A session of a role: what `AssumeRole`, or the runtime of a function, made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSession {
    /// The name of the role.
    pub role_name: String,
    /// The ARN of the role, with its path.
    pub role_arn: String,
    /// The id of the role, `AROA…`.
    pub role_id: String,
    /// The name of the session.
    pub session_name: String,
    /// The session policies; none bounds nothing.
    pub policies: Vec<Policy>,
    /// Session tags, inherited ones included.
    pub tags: BTreeMap<String, String>,
    /// The keys of those tags that sessions assumed from this one inherit.
    pub transitive_keys: BTreeSet<String>,
    /// The source identity, which stays through every chain.
    pub source_identity: Option<String>,
    /// When the session was made, in milliseconds since the Unix epoch.
    pub issued_at_millis: i64,
}

impl RoleSession {
    /// The ARN of the session; the path of the role is not in it (AWS-FACTS 2.2).
    #[must_use]
    pub fn arn(&self, account: &str) -> String {
        format!(
            "arn:aws:sts::{account}:assumed-role/{}/{}",
            self.role_name, self.session_name
        )
    }

    /// The id of the session, `AROA…:<session name>`.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.role_id, self.session_name)
    }
}

impl Caller {
    /// A session of a role that no world needs to have.
    #[cfg(test)]
    pub(crate) fn of_role(account: &str, role_name: &str, session_name: &str) -> Self {
        let session = RoleSession {
            role_name: role_name.to_owned(),
            role_arn: format!("arn:aws:iam::{account}:role/{role_name}"),
            role_id: super::role::unique_id("AROA", account, role_name),
            session_name: session_name.to_owned(),
            policies: Vec::new(),
            tags: BTreeMap::new(),
            transitive_keys: BTreeSet::new(),
            source_identity: None,
            issued_at_millis: 0,
        };
        Self {
            account: account.to_owned(),
            principal: Principal::Role(Box::new(session)),
        }
    }

    /// The ARN of the caller, as `GetCallerIdentity` and messages tell it.
    #[must_use]
    pub fn arn(&self) -> String {
        match &self.principal {
            Principal::Admin => format!("arn:aws:iam::{}:user/admin", self.account),
            Principal::Role(session) => session.arn(&self.account),
        }
    }

    /// The ARN that policies know the caller by (`aws:PrincipalArn`): for a session, its role.
    #[must_use]
    pub fn principal_arn(&self) -> String {
        match &self.principal {
            Principal::Admin => self.arn(),
            Principal::Role(session) => session.role_arn.clone(),
        }
    }

    /// The unique id of the caller (`aws:userid`).
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Admin => super::role::unique_id("AIDA", &self.account, "admin"),
            Principal::Role(session) => session.user_id(),
        }
    }

    /// The session, if the caller is one: whoever is one and assumes a role is chaining.
    #[must_use]
    pub fn session(&self) -> Option<&RoleSession> {
        match &self.principal {
            Principal::Admin => None,
            Principal::Role(session) => Some(session),
        }
    }

    /// Writes what is known of the caller, and of the time, over whatever `context` said of it.
    ///
    /// Times are whole seconds, as AWS gives them. The tags of a session go before those of its
    /// role.
    pub(super) fn describe(
        &self,
        role_tags: &BTreeMap<String, String>,
        now_millis: i64,
        context: &mut Context,
    ) {
        for theirs in [
            "aws:Principal",
            "aws:TokenIssueTime",
            "aws:SourceIdentity",
            "aws:username",
        ] {
            context.clear(theirs);
        }
        context.set("aws:CurrentTime", iso(now_millis));
        context.set("aws:EpochTime", now_millis.div_euclid(1_000).to_string());
        context.set("aws:PrincipalAccount", &self.account);
        context.set("aws:PrincipalArn", self.principal_arn());
        context.set("aws:userid", self.user_id());
        match &self.principal {
            Principal::Admin => {
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", "admin");
            }
            Principal::Role(session) => {
                context.set("aws:PrincipalType", "AssumedRole");
                context.set("aws:TokenIssueTime", iso(session.issued_at_millis));
                context.set("aws:MultiFactorAuthPresent", "false");
                if let Some(source) = &session.source_identity {
                    context.set("aws:SourceIdentity", source);
                }
                for (key, value) in role_tags.iter().chain(&session.tags) {
                    context.set(&format!("aws:PrincipalTag/{key}"), value);
                }
            }
        }
    }
}

/// A time as condition keys and STS answers have it: whole seconds, ISO 8601.
pub(crate) fn iso(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}
