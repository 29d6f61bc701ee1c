//! What callers are shown of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::caller::Caller;
use crate::facts::{Ping, Platform, TargetFacts};
use crate::life::{answer, end};
use crate::moment::Moment;
use crate::names::{Digest, Group, Person, RequestId, Target};
use crate::offices::Offices;
use crate::pace::Pace;
use crate::request::Request;
use crate::route::{Consent, Route, Stage};
use crate::session_document::SessionDocument;
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
    /// Who asked.
    pub requester: Person,
    /// Their name, for people; not an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_name: Option<String>,
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
    /// Who has said yes.
    pub approvals: Vec<ApprovalView>,
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

/// A target as it was when access was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetView {
    /// Account, Region and instance.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub target: Target,
    /// Its `Name` tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All its tags.
    pub tags: BTreeMap<String, String>,
    /// Its operating system.
    pub platform: Platform,
    /// Whether its agent answered.
    pub ping: Ping,
    /// Its agent's version, where it has reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
}

/// What a policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteView {
    /// The policy.
    pub policy: String,
    /// The digest of the policy set it stands in.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub policy_set: Digest,
    /// Whether the policy says yes by itself.
    pub automatic: bool,
    /// Who must say yes, stage after stage; empty where the policy does.
    pub stages: Vec<Stage>,
    /// The longest grant it allows, in seconds.
    pub max_duration_seconds: u32,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalView {
    /// Who.
    pub by: Person,
    /// Their name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Moment,
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
        let ask = request.ask();
        Self {
            id: request.id(),
            status: request.status().word(),
            version: request.version(),
            requester: request.requester().clone(),
            requester_name: request.requester_name().map(str::to_owned),
            ask: ask.clone(),
            targets: request.facts().iter().map(TargetView::from).collect(),
            loggable: ask.kind.loggable(),
            document: SessionDocument::for_ask(&ask.kind, ask.duration_seconds).to_string(),
            route: RouteView::from(request.route()),
            approvals: request
                .approvals()
                .iter()
                .map(|yes| ApprovalView {
                    by: yes.by.clone(),
                    name: yes.name.clone(),
                    at: yes.at,
                })
                .collect(),
            shown: request.shown(),
            asked_at: request.asked_at(),
            state: StateView::of(request),
            you_may: you_may(request, caller, offices, pace, now),
        }
    }
}

/// The verbs that the rules would take from the caller now. Issuing is judged again by policy when
/// it is tried, so it is listed by status alone.
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

impl From<&TargetFacts> for TargetView {
    fn from(facts: &TargetFacts) -> Self {
        Self {
            target: facts.target.clone(),
            name: facts.name().map(str::to_owned),
            tags: facts.tags.clone(),
            platform: facts.platform,
            ping: facts.ping,
            agent_version: facts.agent_version.clone(),
        }
    }
}

impl From<&Route> for RouteView {
    fn from(route: &Route) -> Self {
        let (automatic, stages): (bool, Vec<Stage>) = match &route.consent {
            Consent::Automatic => (true, Vec::new()),
            Consent::Approvals { stages } => (false, stages.iter().cloned().collect()),
        };
        Self {
            policy: route.policy.clone(),
            policy_set: route.policy_set,
            automatic,
            stages,
            max_duration_seconds: route.max_duration.seconds(),
        }
    }
}
