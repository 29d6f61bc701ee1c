//! What callers are shown of requests.

mod parts;

use serde::{Deserialize, Serialize};

pub use self::parts::{ApprovalView, ExtensionView, PersonView, ReviewView, RouteView, TargetView};
use crate::ask::Ask;
use crate::caller::Caller;
use crate::life::{answer, end, review};
use crate::moment::Moment;
use crate::names::{Digest, Group, Person, RequestId};
use crate::offices::Offices;
use crate::pace::Pace;
use crate::request::Request;
use crate::status::{EndReason, LapseReason, Status, StatusWord};

/// A request, as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: RequestId,
    /// Where it is in its life.
    pub status: StatusWord,
    /// It rises with every audit entry.
    pub version: u64,
    /// Who the access is for.
    pub requester: Person,
    /// Their name, for people; not an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_name: Option<String>,
    /// Who asked, where the requester did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<PersonView>,
    /// What was asked.
    pub ask: Ask,
    /// What was known of the targets then.
    pub targets: Vec<TargetView>,
    /// Whether what is done can be logged at all.
    pub loggable: bool,
    /// The session document that sessions must use.
    pub document: String,
    /// The policy that offers the access, and what it asks for.
    pub route: RouteView,
    /// Who has said yes to what is asked now, or was asked last.
    pub approvals: Vec<ApprovalView>,
    /// A longer grant that is asked for, or was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ExtensionView>,
    /// What became of the review, where it is an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewView>,
    /// The digest of what an approver is shown; `approve` must name it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub shown: Digest,
    /// When it was asked.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Moment,
    /// What is true of it only in this status.
    pub state: StateView,
    /// What the caller may do to it now.
    #[cfg_attr(feature = "openapi", schema(example = json!(["approve", "deny"])))]
    pub you_may: Vec<String>,
}

/// What is true of a request in its present status; what does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateView {
    /// It lapses then, unanswered or not activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub lapses_at: Option<Moment>,
    /// The groups whose members may approve it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub waits_for: Vec<Group>,
    /// When its clock started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub activated_at: Option<Moment>,
    /// The end of the grant, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub ends_at: Option<Moment>,
    /// When it was over: ended, denied, withdrawn or lapsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub over_at: Option<Moment>,
    /// Why the grant ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<EndReason>,
    /// Why it lapsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed_because: Option<LapseReason>,
    /// How often credentials were issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<u32>,
}

/// A page of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestList {
    /// The requests, newest first.
    pub requests: Vec<RequestView>,
    /// Pass it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whether the function answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Always `ok`: a function that cannot start does not answer.
    pub status: String,
    /// The version of Postern.
    pub version: String,
}

impl RequestView {
    /// The request as the caller sees it at `now`.
    #[must_use]
    pub fn of(
        request: &Request,
        caller: &Caller,
        offices: &Offices,
        pace: &Pace,
        now: Moment,
    ) -> Self {
        Self {
            you_may: you_may(request, caller, offices, pace, now),
            ..Self::of_anybody(request)
        }
    }

    /// The request as it is put where several people read it: it says of nobody what they may.
    #[must_use]
    pub fn of_anybody(request: &Request) -> Self {
        let ask = request.ask();
        Self {
            id: request.id(),
            status: request.status().word(),
            version: request.version(),
            requester: request.requester().clone(),
            requester_name: request.requester_name().map(str::to_owned),
            asked_by: request.asker().map(|asker| PersonView {
                person: asker.identity.person.clone(),
                name: asker.name.clone(),
            }),
            ask: ask.clone(),
            targets: request.facts().iter().map(TargetView::from).collect(),
            loggable: ask.kind.loggable(),
            document: request.document().to_string(),
            route: RouteView::from(request.route()),
            approvals: request
                .current_approvals()
                .map(ApprovalView::from)
                .collect(),
            extension: ExtensionView::of(request),
            review: ReviewView::of(request),
            shown: request.shown(),
            asked_at: request.asked_at(),
            state: StateView::of(request),
            you_may: Vec::new(),
        }
    }
}

/// What stands in for the comment of a review, to see whether there may be one.
const REVIEWED: &str = "seen";

/// The verbs that the rules would take from the caller now. Issuing and extending are judged again
/// by policy when they are tried, so they are listed by status alone.
fn you_may(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
    pace: &Pace,
    now: Moment,
) -> Vec<String> {
    let shown = request.shown();
    let issue = request.is_of(caller)
        && match request.status() {
            Status::Approved { activate_by } => now < *activate_by,
            Status::Active { grant } => now < grant.ends_at,
            Status::Pending { .. }
            | Status::Ending { .. }
            | Status::Closed { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => false,
        };
    let extend = request.is_of(caller)
        && matches!(request.status(), Status::Active { grant } if now < grant.ends_at)
        && request.asked_extension().is_none()
        && request
            .route()
            .extendable_to
            .is_some_and(|most| most > request.total());
    let seen = REVIEWED.parse().ok();
    let may_review =
        seen.is_some_and(|seen| review::review(request, caller, seen, offices, now).is_ok());
    [
        (
            "approve",
            answer::approve(request, caller, shown, None, offices, pace, now).is_ok(),
        ),
        (
            "deny",
            answer::deny(request, caller, None, offices, now).is_ok(),
        ),
        (
            "withdraw",
            answer::withdraw(request, caller, offices, now).is_ok(),
        ),
        ("issue", issue),
        (
            "revoke",
            end::revoke(request, caller, None, offices, now).is_ok(),
        ),
        (
            "release",
            end::release(request, caller, offices, now).is_ok(),
        ),
        ("extend", extend),
        ("review", may_review),
    ]
    .into_iter()
    .filter(|(_, may)| *may)
    .map(|(verb, _)| verb.to_owned())
    .collect()
}

impl StateView {
    fn of(request: &Request) -> Self {
        let status = request.status();
        let mut view = Self {
            waits_for: request.waits_for().into_iter().collect(),
            ..Self::default()
        };
        if let Some(grant) = status.grant() {
            view.activated_at = Some(grant.activated_at);
            view.ends_at = Some(grant.ends_at);
            view.issues = Some(grant.issues);
        }
        match status {
            Status::Pending { answer_by: at } | Status::Approved { activate_by: at } => {
                view.lapses_at = Some(*at);
            }
            Status::Active { .. } => {}
            Status::Ending {
                ended_at: at, why, ..
            }
            | Status::Closed {
                closed_at: at, why, ..
            } => {
                view.over_at = Some(*at);
                view.ended_because = Some(*why);
            }
            Status::Denied { at } | Status::Withdrawn { at } => view.over_at = Some(*at),
            Status::Lapsed { at, why } => {
                view.over_at = Some(*at);
                view.lapsed_because = Some(*why);
            }
        }
        view
    }
}
