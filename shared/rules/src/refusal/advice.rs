//! What to do after a no.

use std::time::Duration;

use super::Refusal;
use crate::names::Group;
use crate::status::StatusWord;

impl Refusal {
    /// What to do next, in one sentence.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::RequestNotFound => {
                "Check the id; `GET /v1/requests` lists the requests that you may see.".into()
            }
            Self::SelfApproval => "Ask somebody of the approver groups to answer it.".into(),
            Self::NotAnApprover { groups } => {
                let groups: Vec<&str> = groups.iter().map(Group::as_str).collect();
                if groups.is_empty() {
                    "The policy answers this request by itself; there is nothing to approve.".into()
                } else {
                    format!("Members of {} may answer it now.", groups.join(", "))
                }
            }
            Self::AlreadyApproved => "Another person must give the next approval.".into(),
            Self::ShownChanged { .. } => {
                "Read the request again, and approve with the `shown` it has now.".into()
            }
            Self::NotTheRequester => "Ask the requester, or an operator to revoke it.".into(),
            Self::MayNotRevoke => "Ask an approver of the request or an operator.".into(),
            Self::MayNotListAll => "List with `view=mine` or `view=waiting`.".into(),
            Self::WrongStatus { status, .. } => match status {
                StatusWord::Pending => "Wait until it is approved, or withdraw it.".into(),
                StatusWord::Approved | StatusWord::Active => {
                    "It is decided already; an approver can revoke it, the requester release it."
                        .into()
                }
                StatusWord::Ending
                | StatusWord::Closed
                | StatusWord::Denied
                | StatusWord::Withdrawn
                | StatusWord::Lapsed => "It is over; make a new request.".into(),
            },
            Self::DeadlinePassed { .. } | Self::GrantOver { .. } => "Make a new request.".into(),
            Self::IssueInProgress { retry_after } => {
                format!("Try again in {} seconds.", retry_after.as_secs().max(1))
            }
            Self::Policy(denial) => denial.next(),
            Self::NoLongerAllowed(_) | Self::UserChanged { .. } | Self::ApprovalsVoid { .. } => {
                "Make a new request, so that it is decided by the policy now in force.".into()
            }
            Self::UnknownTarget(_) => {
                "Check account, Region and instance; `GET /v1/targets` lists what you may ask for."
                    .into()
            }
            Self::PlaceNotServed { .. } => {
                "Ask the people who run Postern to add the account and Region.".into()
            }
            Self::KindNotOffered { .. } => {
                "`GET /v1/targets` lists the kinds that each target offers.".into()
            }
            Self::TargetNotFound => {
                "Check account, Region and instance; `GET /v1/targets` lists what you may ask for."
                    .into()
            }
            Self::AgentTooOld { .. } => {
                "Update SSM Agent to 3.3.4851.0 or later, or ask for a shell.".into()
            }
            Self::TooManyPending { .. } => "Withdraw one, or wait until one is answered.".into(),
            Self::TooManyTargets => "Ask for fewer targets at once.".into(),
            Self::TooEarly { .. } => "Come back then; it stays approved for a while after.".into(),
            Self::StartOutOfRange { .. } => {
                "Name a `starts_at` within that time, or none to begin at once.".into()
            }
            Self::EmergencyLater => "Leave out `starts_at`, or `break_glass`.".into(),
            Self::OtherIssuer(_) => {
                "Name the person by the issuer and subject of their own tokens.".into()
            }
            Self::ReviewOpen { request } => {
                format!("Have `{request}` reviewed; in an emergency, somebody else asks.")
            }
            Self::NotAReviewer { groups } => {
                let groups: Vec<&str> = groups.iter().map(Group::as_str).collect();
                format!("Members of {} may review it.", groups.join(", "))
            }
            Self::NothingToReview => "Review what was asked for with `break_glass`.".into(),
            Self::AlreadyReviewed => "Read the review; it stands in the audit trail.".into(),
            Self::ExtensionWaiting => {
                "Wait until it is answered, or withdraw it and ask again.".into()
            }
            Self::ChatNeedsLogin => {
                "Follow the link of the message, sign in, and answer there.".into()
            }
            Self::NotInChat => "Do it in the API.".into(),
            Self::RunAsImpossible { .. } => {
                "Tell the operators of Postern: it takes Linux or macOS, and the documents for it."
                    .into()
            }
        }
    }

    /// After how long it is worth trying the very same thing again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::IssueInProgress { retry_after } => Some(*retry_after),
            Self::TooManyPending { .. } => Some(Duration::from_secs(60)),
            Self::RequestNotFound
            | Self::TargetNotFound
            | Self::SelfApproval
            | Self::NotAnApprover { .. }
            | Self::AlreadyApproved
            | Self::ShownChanged { .. }
            | Self::NotTheRequester
            | Self::MayNotRevoke
            | Self::MayNotListAll
            | Self::WrongStatus { .. }
            | Self::DeadlinePassed { .. }
            | Self::GrantOver { .. }
            | Self::Policy(_)
            | Self::NoLongerAllowed(_)
            | Self::UserChanged { .. }
            | Self::ApprovalsVoid { .. }
            | Self::UnknownTarget(_)
            | Self::PlaceNotServed { .. }
            | Self::KindNotOffered { .. }
            | Self::AgentTooOld { .. }
            | Self::TooManyTargets
            | Self::TooEarly { .. }
            | Self::StartOutOfRange { .. }
            | Self::EmergencyLater
            | Self::OtherIssuer(_)
            | Self::ReviewOpen { .. }
            | Self::NotAReviewer { .. }
            | Self::NothingToReview
            | Self::AlreadyReviewed
            | Self::ExtensionWaiting
            | Self::ChatNeedsLogin
            | Self::NotInChat
            | Self::RunAsImpossible { .. } => None,
        }
    }
}
