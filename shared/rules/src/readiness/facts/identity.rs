//! Roles, and what they are allowed.

use super::Fact;
use crate::names::RoleArn;
use crate::readiness::ids::{Permission, ProfileName};

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// The role in it. A profile without one hands out no credentials.
    pub role: Option<Role>,
}

/// A role that an agent may act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: RoleArn,
    /// Whether its trust policy lets the service that hands out its credentials assume it: EC2 for
    /// an instance profile, Systems Manager for Default Host Management and hybrid nodes
    /// (`iam:GetRole`).
    pub trusted: Fact<bool>,
    /// What IAM says of the questions in [`to_simulate`](crate::readiness::to_simulate)
    /// (`iam:SimulatePrincipalPolicy`).
    pub simulated: Fact<Vec<Simulated>>,
}

/// IAM's answer to one question, from the policies of the role alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: Permission,
    /// The resource, or `*`.
    pub resource: String,
    /// The answer; not known where it hangs on a condition whose value the simulation lacks.
    pub decision: Fact<Decision>,
}

/// What the policies of a role say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// Nothing allows it. The policy of the resource still may.
    ImplicitDeny,
    /// A policy or a boundary denies it.
    ExplicitDeny,
}
