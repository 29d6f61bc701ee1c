//! What is being judged: the facts, the place, and the kinds of access that it is about.

use super::facts::{Agent, Fact, Facts, Instance, Machine, Need, Service};
use crate::facts::{Ping, Platform};
use crate::life::ask::at_least;
use crate::names::AccessKind;
use crate::place::Place;
use crate::readiness::cidr::PortRange;

/// What is being judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) facts: &'a Facts,
    pub(super) place: &'a Place,
    pub(super) kinds: &'a [AccessKind],
}

/// What the target turned out to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seat<'a> {
    /// An instance, in a network of Amazon's.
    Instance(&'a Instance),
    /// A hybrid node.
    Hybrid,
    /// Nothing.
    Nowhere,
    /// That could not be read.
    Unread(&'a Need),
}

/// The first version that needs no `ec2messages` (AWS-FACTS 4.1).
const WITHOUT_EC2_MESSAGES: [u64; 4] = [3, 3, 40, 0];

impl<'a> Case<'a> {
    pub(super) fn seat(self) -> Seat<'a> {
        match &self.facts.machine {
            Machine::Hybrid { .. } => Seat::Hybrid,
            Machine::Ec2(Fact::Unread(need)) => Seat::Unread(need),
            Machine::Ec2(Fact::Known(None)) => Seat::Nowhere,
            Machine::Ec2(Fact::Known(Some(instance))) => Seat::Instance(instance),
        }
    }

    /// Whether any of the kinds is logged.
    pub(super) fn loggable(self) -> bool {
        self.kinds.iter().any(AccessKind::loggable)
    }

    /// What Session Manager knows of the agent, where that was read and it knows it.
    pub(super) fn agent(self) -> Option<&'a Agent> {
        match &self.facts.agent {
            Fact::Known(agent) => agent.as_ref(),
            Fact::Unread(_) => None,
        }
    }

    /// Whether the agent is there this very moment, which proves its way to Session Manager.
    pub(super) fn is_connected(self) -> bool {
        self.agent().is_some_and(|agent| agent.ping == Ping::Online)
            && self.facts.connected == Fact::Known(true)
    }

    /// Whether the agent's being connected proves the way to a service, where it is in doubt.
    pub(super) fn vouches(self, service: Service) -> bool {
        let used = match service {
            Service::Ssm | Service::SsmMessages | Service::Ec2Messages => true,
            Service::Kms | Service::Logs | Service::S3 => false,
        };
        used && self.is_connected()
    }

    /// Whether the agent still takes messages by `ec2messages`; none where its version is not
    /// known.
    pub(super) fn wants_ec2_messages(self) -> Option<bool> {
        self.agent()
            .map(|agent| !at_least(&agent.version, WITHOUT_EC2_MESSAGES))
    }

    /// The ports that the instance's own side of a connection takes. Where the platform is not
    /// known, those that every platform takes.
    pub(super) fn own_ports(self) -> PortRange {
        let (first, last) = match self.agent().map(|agent| agent.platform) {
            Some(Platform::Linux) => (32_768, 60_999),
            Some(Platform::Windows | Platform::MacOs) => (49_152, 65_535),
            Some(Platform::Unknown) | None => (49_152, 60_999),
        };
        PortRange::new(first, last).unwrap_or(PortRange::ALL)
    }
}
