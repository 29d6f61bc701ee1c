//! The role that the agent acts as, and what it is allowed.

use super::agent::unread;
use super::case::{Case, Seat};
use super::check::{Check, CheckName, Found};
use super::facts::{Decision, Fact, Instance, Machine, Need, Role};
use super::finding::{KeyUse, RoleFault};
use super::ids::{KeyArn, Permission};
use crate::life::ask::at_least;
use crate::names::Target;
use crate::place::Place;

/// What an agent does all the time (AWS-FACTS 4.6).
const AGENT: [&str; 5] = [
    UPDATE,
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];
const UPDATE: &str = "ssm:UpdateInstanceInformation";
/// What an old agent does besides (AWS-FACTS 4.1).
const OLD_AGENT: [&str; 6] = [
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
];
/// The first version that knows Default Host Management (AWS-FACTS 4.7).
const HOST_MANAGEMENT: [u64; 4] = [3, 2, 582, 0];

/// What is asked of IAM for a role: every action with the resource it is asked for.
///
/// `keys` are the bucket's key and the session's, as far as there are any.
#[must_use]
pub fn to_simulate(
    target: &Target,
    place: &Place,
    keys: &[(KeyUse, KeyArn)],
) -> Vec<(Permission, String)> {
    let agent = AGENT.iter().chain(&OLD_AGENT);
    let mut questions: Vec<(Permission, String)> =
        agent.map(|name| (action(name), "*".to_owned())).collect();
    for name in [PUT, PUT_ACL] {
        questions.push((action(name), log_object(target, place)));
    }
    questions.push((action(READ_ENCRYPTION), bucket_arn(target, place)));
    for (purpose, key) in keys {
        for name in purpose.actions() {
            questions.push((action(name), key.to_string()));
        }
    }
    questions
}

/// Writes a log.
pub(super) const PUT: &str = "s3:PutObject";
/// Hands a log over to the owner of another account's bucket (AWS-FACTS 3.11).
pub(super) const PUT_ACL: &str = "s3:PutObjectAcl";
/// Reads how a bucket encrypts.
pub(super) const READ_ENCRYPTION: &str = "s3:GetEncryptionConfiguration";

/// A log as one may be called.
pub(super) fn log_object(target: &Target, place: &Place) -> String {
    let key = place.log_key("req-01KAV3M0000123456789ABCDEF-0123456789abcdef0");
    format!("{}/{key}", bucket_arn(target, place))
}

/// The bucket.
pub(super) fn bucket_arn(target: &Target, place: &Place) -> String {
    let partition = target.region.partition().as_str();
    format!("arn:{partition}:s3:::{}", place.log_bucket)
}

#[expect(
    clippy::expect_used,
    reason = "only the literals of this crate come here; a test reads them all"
)]
pub(super) fn action(name: &'static str) -> Permission {
    name.parse().expect("the literal is an action")
}

/// How the agent comes by its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    Profile,
    HostManagement,
    Activation,
}

impl Through {
    /// The service that hands out the credentials.
    fn service(self) -> &'static str {
        match self {
            Self::Profile => "ec2.amazonaws.com",
            Self::HostManagement | Self::Activation => "ssm.amazonaws.com",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Profile => "its instance profile",
            Self::HostManagement => "Default Host Management",
            Self::Activation => "its activation",
        }
    }
}

/// The role that the agent acts as, or why there is none.
pub(super) fn acting(case: Case<'_>) -> Result<(&Role, Through), Found> {
    match &case.facts.machine {
        Machine::Hybrid { role, .. } => match role {
            Fact::Known(role) => Ok((role, Through::Activation)),
            Fact::Unread(need) => Err(unread(need)),
        },
        Machine::Ec2(Fact::Known(Some(instance))) => of_instance(case, instance),
        Machine::Ec2(Fact::Known(None)) => Err(Found::default()),
        Machine::Ec2(Fact::Unread(need)) => Err(unread(need)),
    }
}

/// An agent turns to Default Host Management where its profile's role does not let it register.
fn of_instance<'a>(case: Case<'a>, instance: &'a Instance) -> Result<(&'a Role, Through), Found> {
    let of_profile = match &instance.profile {
        None => Err(RoleFault::NoRole {
            instance: case.facts.target.instance.clone(),
        }),
        Some(Fact::Unread(need)) => return Err(unread(need)),
        Some(Fact::Known(profile)) => profile.role.as_ref().ok_or(RoleFault::ProfileEmpty {
            profile: profile.name.clone(),
        }),
    };
    if let Ok(role) = of_profile
        && !matches!(
            decision(role, UPDATE, "*"),
            Ok(Decision::ImplicitDeny | Decision::ExplicitDeny)
        )
    {
        return Ok((role, Through::Profile));
    }
    match (of_profile, &instance.host_management) {
        (_, Fact::Known(Some(role))) => Ok((role, Through::HostManagement)),
        (Ok(role), Fact::Known(None)) => Ok((role, Through::Profile)),
        (Err(fault), Fact::Known(None)) => Err(Found::broken(fault)),
        (_, Fact::Unread(need)) => Err(unread(need)),
    }
}

/// IAM's answer to one question.
pub(super) fn decision(
    role: &Role,
    action: &'static str,
    resource: &str,
) -> Result<Decision, Need> {
    let simulated = match &role.simulated {
        Fact::Known(simulated) => simulated,
        Fact::Unread(need) => return Err(need.clone()),
    };
    let answer = simulated
        .iter()
        .find(|one| one.action.as_str() == action && one.resource == resource);
    match answer.map(|one| &one.decision) {
        Some(Fact::Known(decision)) => Ok(*decision),
        Some(Fact::Unread(need)) => Err(need.clone()),
        None => Err(Need::Permission(self::action(
            "iam:SimulatePrincipalPolicy",
        ))),
    }
}

/// There is a role for the agent, which its credentials can be had for.
pub(super) fn instance_role(case: Case<'_>) -> Check {
    let name = CheckName::InstanceRole;
    if let Seat::Nowhere = case.seat() {
        return Check::not_applicable(name, "there is no instance");
    }
    let (role, through) = match acting(case) {
        Ok(acting) => acting,
        Err(found) => return Check::judged(name, found, "no role is known"),
    };
    let mut found = Found::default();
    if let Some(false) = found.read(&role.trusted) {
        found.find(RoleFault::NotTrusted {
            role: role.arn.clone(),
            service: through.service(),
        });
    }
    if through == Through::HostManagement {
        match found.read(&case.facts.agent) {
            Some(Some(agent)) if at_least(&agent.version, HOST_MANAGEMENT) => {}
            Some(Some(agent)) => found.find(RoleFault::TooOldForHostManagement {
                instance: case.facts.target.instance.clone(),
                version: agent.version.clone(),
            }),
            Some(None) => found.wonder("the agent's version, which it tells when it registers"),
            None => {}
        }
    }
    let evidence = format!("role `{}` through {}", role.arn, through.word());
    Check::judged(name, found, evidence)
}

/// The role may do what the agent does.
pub(super) fn agent_permissions(case: Case<'_>) -> Check {
    let name = CheckName::AgentPermissions;
    if let Seat::Nowhere = case.seat() {
        return Check::not_applicable(name, "there is no instance");
    }
    let (role, _) = match acting(case) {
        Ok(acting) => acting,
        Err(found) => return Check::judged(name, found, "no role is known"),
    };
    let old: &[&'static str] = match case.wants_ec2_messages() {
        Some(true) => &OLD_AGENT,
        Some(false) | None => &[],
    };
    let mut found = Found::default();
    let actions = AGENT.iter().chain(old);
    let asked = actions.clone().count();
    let mut lacking = Vec::new();
    for name in actions {
        match decision(role, name, "*") {
            Ok(Decision::Allowed) => {}
            Ok(Decision::ImplicitDeny | Decision::ExplicitDeny) => lacking.push(action(name)),
            Err(need) => found.need(need),
        }
    }
    let evidence = format!(
        "{} of {asked} actions are denied to `{}`",
        lacking.len(),
        role.arn
    );
    if !lacking.is_empty() {
        found.find(RoleFault::LacksAgentActions {
            role: role.arn.clone(),
            actions: lacking,
        });
    }
    Check::judged(name, found, evidence)
}

/// The actions of the agent that a service's endpoint has to let through.
pub(super) fn through_endpoint(service: super::facts::Service) -> &'static [&'static str] {
    use super::facts::Service;
    match service {
        Service::Ssm => AGENT.get(..1).unwrap_or_default(),
        Service::SsmMessages => AGENT.get(1..).unwrap_or_default(),
        Service::Ec2Messages => &OLD_AGENT,
        Service::Kms => &["kms:Decrypt"],
        Service::Logs => &["logs:CreateLogStream", "logs:PutLogEvents"],
        Service::S3 => &[PUT, READ_ENCRYPTION],
    }
}
