//! What comes to a request in the course of its life.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::caller::Channel;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{Comment, Digest, GrantDuration, Group, Identity, Reason};
use crate::policy::PolicyId;
use crate::route::Route;

/// Who asked in the name of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Who.
    pub identity: Identity,
    /// Their name, for people.
    pub name: Option<String>,
}

/// A longer grant: what was asked and shown, and by which route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// How long the grant lasts in all.
    pub total: GrantDuration,
    /// The end of the grant with it, exclusive: a whole second.
    pub ends_at: Moment,
    /// Why.
    pub reason: Reason,
    /// When it was asked.
    pub asked_at: Moment,
    /// What was known of the targets then.
    pub facts: Vec<TargetFacts>,
    /// The way that the policy offered.
    pub route: Route,
}

/// An issue that policy refused, as it stands in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The code of the refusal.
    pub code: String,
    /// The policies that changed the answer.
    pub policies: Vec<PolicyId>,
    /// The set they stand in.
    pub policy_set: Digest,
}

/// What became of the review of an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who reviewed it.
    pub by: Identity,
    /// Their name, for people.
    pub name: Option<String>,
    /// What they say of it.
    pub comment: Comment,
    /// When.
    pub at: Moment,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who said it.
    pub by: Identity,
    /// Their name, for people.
    pub name: Option<String>,
    /// The groups by which they may.
    pub groups: BTreeSet<Group>,
    /// The digest of what they were shown.
    pub shown: Digest,
    /// When.
    pub at: Moment,
    /// By which way.
    pub channel: Channel,
}
