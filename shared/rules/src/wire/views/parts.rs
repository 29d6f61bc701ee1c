//! The parts that a shown request is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::caller::Channel;
use crate::facts::{LastLog, Ping, Platform, TargetFacts};
use crate::moment::Moment;
use crate::names::{Comment, Digest, GrantDuration, Group, OsUser, Person, Reason, Target};
use crate::readiness::Readiness;
use crate::request::{Approval, Request};
use crate::route::{Consent, InChat, Route, Stage};

/// A person, with their name for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonView {
    /// Who.
    pub person: Person,
    /// Their name; not an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
    /// What became of the log of the last session on it that has a verdict.
    pub last_log: Option<LastLog>,
    /// Its readiness for the kind of access asked for, as the doctor saw it when it was asked for;
    /// none where no doctor was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
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
    /// The longest that a grant may become by extension, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extendable_to_seconds: Option<u32>,
    /// The operating system's user that sessions run as, where not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub run_as: Option<OsUser>,
    /// The groups that review it afterwards; empty where it is no emergency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub reviewers: Vec<Group>,
    /// How far people may say yes from chat.
    pub chat: InChat,
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
    /// By which way.
    pub channel: Channel,
}

/// A longer grant that is asked for, or was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExtensionView {
    /// Whether it is granted; it waits for an answer otherwise.
    pub granted: bool,
    /// How long the grant lasts in all with it, in seconds.
    pub total_seconds: u32,
    /// The end of the grant with it, exclusive.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ends_at: Moment,
    /// Why.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub reason: Reason,
    /// When it was asked.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Moment,
    /// What the policy asks for.
    pub route: RouteView,
}

/// The review of an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewView {
    /// Whether it has yet to be made. Until then the requester cannot break the glass again.
    pub open: bool,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonView>,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub comment: Option<Comment>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Moment>,
}

impl ExtensionView {
    /// The one that waits, or else the one in force.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let asked = request.asked_extension();
        asked.or(request.extension()).map(|extension| Self {
            granted: asked.is_none(),
            total_seconds: extension.total.seconds(),
            ends_at: extension.ends_at,
            reason: extension.reason.clone(),
            asked_at: extension.asked_at,
            route: RouteView::from(&extension.route),
        })
    }
}

impl ReviewView {
    pub(super) fn of(request: &Request) -> Option<Self> {
        request.route().reviewers.as_ref()?;
        let review = request.review();
        Some(Self {
            open: review.is_none(),
            by: review.map(|review| PersonView {
                person: review.by.person.clone(),
                name: review.name.clone(),
            }),
            comment: review.map(|review| review.comment.clone()),
            at: review.map(|review| review.at),
        })
    }
}

impl From<&Approval> for ApprovalView {
    fn from(approval: &Approval) -> Self {
        Self {
            by: approval.by.person.clone(),
            name: approval.name.clone(),
            at: approval.at,
            channel: approval.channel,
        }
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
            last_log: facts.last_log.clone(),
            readiness: facts.readiness.clone(),
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
            policy: route.policy.to_string(),
            policy_set: route.policy_set,
            automatic,
            stages,
            max_duration_seconds: route.max_duration.seconds(),
            extendable_to_seconds: route.extendable_to.map(GrantDuration::seconds),
            run_as: route.run_as.clone(),
            reviewers: route.reviewers.iter().flatten().cloned().collect(),
            chat: route.chat,
        }
    }
}
