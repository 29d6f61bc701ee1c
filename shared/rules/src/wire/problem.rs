//! Errors as RFC 9457 problem details.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::Group;
use crate::refusal::Refusal;
use crate::wire::views::RequestView;

/// One error, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable name of the kind of error: `urn:postern:problem:` and the code.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "urn:postern:problem:self-approval")
    )]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, the last part of the type.
    #[cfg_attr(feature = "openapi", schema(example = "self-approval"))]
    pub code: String,
    /// What was the matter this time.
    pub detail: String,
    /// What to do next.
    pub next: String,
    /// The request as it stands now, where the error is about its state and the caller may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<RequestView>>,
    /// Facts that belong to the code, such as the policies that said no.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: Map<String, Value>,
}

impl Problem {
    /// A problem of that status and code.
    #[must_use]
    pub fn new(status: u16, code: &str, detail: String, next: String) -> Self {
        let title = code.replace('-', " ");
        Self {
            kind: format!("urn:postern:problem:{code}"),
            title,
            status,
            code: code.to_owned(),
            detail,
            next,
            request: None,
            facts: Map::new(),
        }
    }

    /// A rule's no, with that HTTP status.
    #[must_use]
    pub fn of(refusal: &Refusal, status: u16) -> Self {
        let mut problem = Self::new(status, refusal.code(), refusal.to_string(), refusal.next());
        match refusal {
            Refusal::Policy(denial) | Refusal::NoLongerAllowed(denial) => {
                if let Ok(value) = serde_json::to_value(denial) {
                    problem.facts.insert("denial".into(), value);
                }
            }
            Refusal::ShownChanged { current } => {
                problem.facts.insert("shown".into(), current.hex().into());
            }
            Refusal::NotAnApprover { groups } => {
                problem
                    .facts
                    .insert("approver_groups".into(), names(groups));
            }
            Refusal::NotAReviewer { groups } => {
                problem
                    .facts
                    .insert("reviewer_groups".into(), names(groups));
            }
            Refusal::ReviewOpen { request } => {
                let request = request.to_string().into();
                problem.facts.insert("unreviewed".into(), request);
            }
            Refusal::RequestNotFound
            | Refusal::TargetNotFound
            | Refusal::SelfApproval
            | Refusal::AlreadyApproved
            | Refusal::NotTheRequester
            | Refusal::MayNotRevoke
            | Refusal::MayNotListAll
            | Refusal::WrongStatus { .. }
            | Refusal::DeadlinePassed { .. }
            | Refusal::GrantOver { .. }
            | Refusal::IssueInProgress { .. }
            | Refusal::UserChanged { .. }
            | Refusal::ApprovalsVoid { .. }
            | Refusal::UnknownTarget(_)
            | Refusal::PlaceNotServed { .. }
            | Refusal::KindNotOffered { .. }
            | Refusal::AgentTooOld { .. }
            | Refusal::TooManyPending { .. }
            | Refusal::TooManyTargets
            | Refusal::TooEarly { .. }
            | Refusal::StartOutOfRange { .. }
            | Refusal::EmergencyLater
            | Refusal::OtherIssuer(_)
            | Refusal::NothingToReview
            | Refusal::AlreadyReviewed
            | Refusal::ExtensionWaiting
            | Refusal::ChatNeedsLogin
            | Refusal::NotInChat
            | Refusal::RunAsImpossible { .. } => {}
        }
        problem
    }
}

/// The groups' names, as a list.
fn names(groups: &[Group]) -> Value {
    groups.iter().map(Group::as_str).collect()
}
