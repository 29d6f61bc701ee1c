//! The instance and its agent: does it run, is it heard, is it new enough.
//!
//! A silent agent is a symptom. Where something that silences agents was found, that is the
//! reason; only where nothing was found is the silence a finding of its own.

use super::case::{Case, Seat};
use super::check::{Check, CheckName, Found};
use super::facts::{Fact, InstanceState, Machine, Service};
use super::finding::{AgentFault, Finding};
use crate::facts::Ping;
use crate::life::ask::forwards_safely;
use crate::names::AccessKind;

/// The instance exists and runs.
pub(super) fn state(case: Case<'_>) -> Check {
    let name = CheckName::InstanceState;
    let instance = || case.facts.target.instance.clone();
    match case.seat() {
        Seat::Hybrid => Check::not_applicable(name, "a hybrid node, which EC2 does not know"),
        Seat::Unread(need) => Check::judged(name, unread(need), "not read"),
        Seat::Nowhere => Check::judged(
            name,
            Found::broken(AgentFault::InstanceMissing {
                instance: instance(),
            }),
            "EC2 knows no such instance",
        ),
        Seat::Instance(seen) => {
            let found = match seen.state {
                InstanceState::Running => Found::default(),
                InstanceState::Pending
                | InstanceState::Stopping
                | InstanceState::Stopped
                | InstanceState::ShuttingDown
                | InstanceState::Terminated => Found::broken(AgentFault::InstanceNotRunning {
                    instance: instance(),
                    state: seen.state,
                }),
            };
            Check::judged(name, found, format!("state `{}`", seen.state.word()))
        }
    }
}

/// The metadata service, from which the agent has its credentials, is on.
pub(super) fn metadata(case: Case<'_>) -> Check {
    let name = CheckName::InstanceMetadata;
    match case.seat() {
        Seat::Hybrid => Check::not_applicable(name, "a hybrid node has its credentials elsewhere"),
        Seat::Nowhere => Check::not_applicable(name, "there is no instance"),
        Seat::Unread(need) => Check::judged(name, unread(need), "not read"),
        Seat::Instance(seen) if seen.metadata => Check::judged(name, Found::default(), "on"),
        Seat::Instance(_) => Check::judged(
            name,
            Found::broken(AgentFault::MetadataOff {
                instance: case.facts.target.instance.clone(),
            }),
            "off",
        ),
    }
}

/// Session Manager serves hybrid nodes of the advanced tier (AWS-FACTS 4.9).
pub(super) fn hybrid_tier(case: Case<'_>) -> Check {
    let name = CheckName::HybridTier;
    let Machine::Hybrid { advanced_tier, .. } = &case.facts.machine else {
        return Check::not_applicable(name, "not a hybrid node");
    };
    let mut found = Found::default();
    let evidence = match found.read(advanced_tier) {
        Some(true) => "the advanced-instances tier is on",
        Some(false) => {
            found.find(AgentFault::AdvancedTierOff {
                instance: case.facts.target.instance.clone(),
            });
            "the standard-instances tier is on"
        }
        None => "not read",
    };
    Check::judged(name, found, evidence)
}

/// The agent is registered, was heard and holds its channel; `others` are the checks made so far.
pub(super) fn answers(case: Case<'_>, others: &[Check]) -> Check {
    let causes: Vec<Finding> = others
        .iter()
        .filter(|check| silences(check.name))
        .flat_map(Check::findings)
        .cloned()
        .collect();
    let mut found = Found::default();
    let instance = || case.facts.target.instance.clone();
    let known = found.read(&case.facts.agent);
    let connected = found.read(&case.facts.connected);
    let (symptom, evidence) = match (known, connected) {
        (None, _) => (None, "not read".to_owned()),
        (Some(None), _) => {
            let fault = AgentFault::AgentNotRegistered {
                instance: instance(),
            };
            (Some(fault), "Session Manager does not know it".to_owned())
        }
        (Some(Some(agent)), connected) => {
            let version = &agent.version;
            match (agent.ping, connected) {
                (Ping::ConnectionLost | Ping::Inactive, _) => {
                    let fault = AgentFault::AgentSilent {
                        instance: instance(),
                    };
                    (
                        Some(fault),
                        format!("version `{version}`, not heard lately"),
                    )
                }
                (Ping::Online, Some(false)) => {
                    let fault = AgentFault::AgentNotConnected {
                        instance: instance(),
                    };
                    let evidence = format!("version `{version}`, heard lately, no channel");
                    (Some(fault), evidence)
                }
                (Ping::Online, Some(true)) => (
                    None,
                    format!("version `{version}`, heard lately, connected"),
                ),
                (Ping::Online, None) => (None, format!("version `{version}`, heard lately")),
            }
        }
    };
    match symptom {
        None => {}
        Some(symptom) if causes.is_empty() => found.find(symptom),
        Some(_) => causes.into_iter().for_each(|cause| found.find(cause)),
    }
    Check::judged(CheckName::AgentAnswers, found, evidence)
}

/// Whether what this check finds keeps an agent silent.
fn silences(name: CheckName) -> bool {
    match name {
        CheckName::InstanceState
        | CheckName::InstanceMetadata
        | CheckName::InstanceRole
        | CheckName::AgentPermissions
        | CheckName::NameResolution
        | CheckName::DnsHostnames
        | CheckName::Way(Service::Ssm | Service::SsmMessages | Service::Ec2Messages) => true,
        CheckName::HybridTier
        | CheckName::AgentAnswers
        | CheckName::AgentForwards
        | CheckName::Way(Service::Kms | Service::Logs | Service::S3)
        | CheckName::SessionDocuments
        | CheckName::SessionKey
        | CheckName::DocumentInputs
        | CheckName::LogBucket
        | CheckName::LogEncryption
        | CheckName::LogEncryptionRead
        | CheckName::LogWrite
        | CheckName::LogKey => false,
    }
}

/// The agent does not forward ports to the metadata service (THREATS E8).
pub(super) fn forwards(case: Case<'_>) -> Check {
    let name = CheckName::AgentForwards;
    let forwarded = case.kinds.iter().any(|kind| match kind {
        AccessKind::Port { .. } | AccessKind::Ssh {} => true,
        AccessKind::Shell {} | AccessKind::Command { .. } => false,
    });
    if !forwarded {
        return Check::not_applicable(name, "neither ports nor SSH are asked for");
    }
    let mut found = Found::default();
    let evidence = match &case.facts.agent {
        Fact::Unread(need) => {
            found.need(need.clone());
            "not read".to_owned()
        }
        Fact::Known(None) => {
            found.wonder("the agent's version, which it tells when it registers");
            "no version is known".to_owned()
        }
        Fact::Known(Some(agent)) => {
            if !forwards_safely(&agent.version) {
                found.find(AgentFault::AgentTooOldForPorts {
                    instance: case.facts.target.instance.clone(),
                    version: agent.version.clone(),
                });
            }
            format!("version `{}`", agent.version)
        }
    };
    Check::judged(name, found, evidence)
}

/// What is found where a fact could not be read.
pub(super) fn unread(need: &super::facts::Need) -> Found {
    let mut found = Found::default();
    found.need(need.clone());
    found
}
