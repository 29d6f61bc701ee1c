//! The inline session policy: what the credentials of one grant can do, and until when.
//!
//! STS gives the credentials what the access role *and* this policy allow. The policy names exactly
//! the grant's instances and its one session document, and carries the end of the grant as a
//! condition, so it stops at that second even where the credentials live longer: STS gives none
//! shorter than 900 s (AWS-FACTS 1.8, 1.21).
//!
//! Every part is built from a parsed name and written by `serde`; no text of a person gets here.
//!
//! - `ssm:StartSession` is checked against target and document (AWS-FACTS 1.2). The condition
//!   `ssm:SessionDocumentAccessCheck` stands on the target statement only, and as `BoolIfExists`:
//!   with `Bool` even the allowed document was refused (AWS-FACTS 1.6).
//! - The grant's own sessions are named in both documented forms, by role session name and by
//!   `${aws:userid}`; which of them is evaluated is UNCONFIRMED (AWS-FACTS 1.10, 1.13).
//! - `ssm:TerminateSession` has no end: giving a session back is always allowed.

use serde::Serialize;

use crate::ask::Targets;
use crate::moment::Moment;
use crate::names::{Arn, DocumentName, KeyId, RequestId, Target};
use crate::place::DataChannel;

#[cfg(test)]
mod tests;

/// What a session policy is made for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The request; its id is the role session name.
    pub request: RequestId,
    /// The instances.
    pub targets: &'a Targets,
    /// The one session document.
    pub document: &'a DocumentName,
    /// When the grant ends, exclusive; a fraction of a second is cut off.
    pub ends_at: Moment,
    /// The key that session traffic is encrypted with, where the document names one.
    pub session_key: Option<&'a KeyId>,
    /// How `ssmmessages:OpenDataChannel` is limited.
    pub data_channel: DataChannel,
}

/// An inline session policy as STS takes it: JSON of at most [`SessionPolicy::LIMIT`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy(String);

/// A session policy that STS would not take.
///
/// Shells on ten EC2 instances fit in every commercial Region. Hybrid nodes, a partition with a
/// longer name, or a document with a long host in its name leave room for fewer, but always for
/// six. Whoever asks for too many is told so when they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the session policy would have {characters} characters, and STS takes {limit}",
    limit = SessionPolicy::LIMIT
)]
pub struct TooLong {
    /// How many characters it would have.
    pub characters: usize,
}

impl SessionPolicy {
    /// The most characters that STS takes (AWS-FACTS 1.18).
    pub const LIMIT: usize = 2_048;

    /// The policy of one grant.
    ///
    /// # Errors
    /// It would be longer than STS takes.
    pub fn of(scope: &Scope<'_>) -> Result<Self, TooLong> {
        Self::on(scope, scope.targets.iter())
    }

    fn on<'a>(
        scope: &Scope<'_>,
        targets: impl Iterator<Item = &'a Target>,
    ) -> Result<Self, TooLong> {
        let json = Document::of(scope, targets).to_json();
        // Every character is ASCII, because every name is: bytes are characters.
        if json.len() <= Self::LIMIT {
            Ok(Self(json))
        } else {
            Err(TooLong {
                characters: json.len(),
            })
        }
    }

    /// The policy as STS takes it.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// An IAM policy document. The order of the fields is the order of the text.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    /// Without this very version, `${aws:userid}` would be read literally (AWS-FACTS 1.1).
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Resource {
    These(Vec<Arn>),
    Any(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    bool_if_exists: Option<DocumentCheck>,
    date_less_than: CurrentTime,
}

#[derive(Serialize)]
struct DocumentCheck {
    #[serde(rename = "ssm:SessionDocumentAccessCheck")]
    checked: &'static str,
}

#[derive(Serialize)]
struct CurrentTime {
    #[serde(rename = "aws:CurrentTime")]
    end: String,
}

impl Document {
    fn of<'a>(scope: &Scope<'_>, targets: impl Iterator<Item = &'a Target>) -> Self {
        let (account, region) = (scope.targets.account(), scope.targets.region());
        let until = || CurrentTime {
            end: scope.ends_at.iso_seconds(),
        };
        let until_end = || Condition {
            bool_if_exists: None,
            date_less_than: until(),
        };
        let own_sessions = || {
            Resource::These(vec![
                Arn::of_sessions(account, region, scope.request),
                Arn::of_own_sessions(account, region),
            ])
        };

        let mut statement = vec![
            Statement::allow(
                &["ssm:StartSession"],
                Resource::These(targets.map(Arn::of_target).collect()),
                Some(Condition {
                    bool_if_exists: Some(DocumentCheck { checked: "true" }),
                    date_less_than: until(),
                }),
            ),
            Statement::allow(
                &["ssm:StartSession"],
                Resource::These(vec![Arn::of_document(account, region, scope.document)]),
                Some(until_end()),
            ),
        ];
        match scope.data_channel {
            DataChannel::Strict => statement.push(Statement::allow(
                &["ssm:ResumeSession", "ssmmessages:OpenDataChannel"],
                own_sessions(),
                Some(until_end()),
            )),
            DataChannel::Any => statement.extend([
                Statement::allow(&["ssm:ResumeSession"], own_sessions(), Some(until_end())),
                Statement::allow(
                    &["ssmmessages:OpenDataChannel"],
                    Resource::Any("*"),
                    Some(until_end()),
                ),
            ]),
        }
        statement.push(Statement::allow(
            &["ssm:TerminateSession"],
            own_sessions(),
            None,
        ));
        if let Some(key) = scope.session_key {
            statement.push(Statement::allow(
                &["kms:GenerateDataKey"],
                Resource::These(vec![Arn::of_key(account, region, key)]),
                Some(until_end()),
            ));
        }
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "the document holds strings and lists of them, under keys that are constants"
    )]
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and lists have a JSON form")
    }
}

impl Statement {
    fn allow(action: &[&'static str], resource: Resource, condition: Option<Condition>) -> Self {
        Self {
            effect: "Allow",
            action: action.to_vec(),
            resource,
            condition,
        }
    }
}
