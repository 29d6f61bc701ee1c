//! What was read about an instance and its surroundings.
//!
//! Each fact is known, or says why it could not be read. A fact that does not exist in a set-up,
//! such as the state of a NAT gateway where no route leads to one, has no place there either: it
//! hangs on what makes it exist.

mod identity;
mod log;
mod network;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::ids::{Permission, SubnetId, VpcId};
use crate::facts::{Ping, Platform};
use crate::names::{DocumentName, Target};

pub use identity::{Decision, Profile, Role, Simulated};
pub use log::{BadDocument, Bucket, DocumentInputs, Encryption, Key};
pub use network::{
    AclEntry, Direction, Endpoint, EndpointForm, EndpointState, GroupPeer, GroupRule, Interface,
    Nat, Network, NetworkAcl, Resolver, Route, RouteDestination, RouteTable, RouteTarget,
    SecurityGroup, Service, Traffic,
};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It was read.
    Known(T),
    /// It could not be read.
    Unread(Need),
}

/// What has to be there before a fact can be read, or a check be decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// An IAM permission that the doctor's own role lacks in the account.
    Permission(Permission),
    /// Something else, as a noun phrase.
    Other(String),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(permission) => write!(f, "permission `{permission}`"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// Everything that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The instance.
    pub target: Target,
    /// What it is, and what surrounds it.
    pub machine: Machine,
    /// What Session Manager knows of its agent; none where it has never registered, or the
    /// instance is stopped (`ssm:DescribeInstanceInformation`, AWS-FACTS 4.8).
    pub agent: Fact<Option<Agent>>,
    /// Whether its agent holds a control channel (`ssm:GetConnectionStatus`).
    pub connected: Fact<bool>,
    /// The bucket of the place; none where there is no such bucket (`s3:HeadBucket` and others).
    pub bucket: Fact<Option<Bucket>>,
    /// The key that session traffic is encrypted with, where the place names one
    /// (`kms:DescribeKey`, `kms:GetKeyPolicy`).
    pub session_key: Option<Fact<Key>>,
    /// The session documents, by name; none where there is no such document (`ssm:GetDocument`).
    pub documents: BTreeMap<DocumentName, Fact<Option<DocumentInputs>>>,
}

/// What Session Manager knows of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Whether it was heard.
    pub ping: Ping,
    /// Its version, such as `3.3.5226.0`.
    pub version: String,
    /// The operating system.
    pub platform: Platform,
}

/// The sort of machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Machine {
    /// An EC2 instance; none where there is no such instance (`ec2:DescribeInstances`).
    Ec2(Fact<Option<Box<Instance>>>),
    /// A hybrid node. Its network is not Amazon's, so nothing of it is read.
    Hybrid {
        /// Whether the advanced-instances tier is on in the account and Region
        /// (`ssm:GetServiceSetting`, AWS-FACTS 4.9).
        advanced_tier: Fact<bool>,
        /// The role of its activation (`ssm:DescribeInstanceInformation`).
        role: Fact<Role>,
    },
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its state.
    pub state: InstanceState,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its subnet.
    pub subnet: SubnetId,
    /// Its private address.
    pub private_address: IpAddr,
    /// Its public IPv4 address, where it has one.
    pub public_address: Option<IpAddr>,
    /// Whether its metadata service answers; credentials of a role come from there.
    pub metadata: bool,
    /// Its instance profile, where it has one (`iam:GetInstanceProfile`).
    pub profile: Option<Fact<Profile>>,
    /// The role of Default Host Management in the account and Region; none where it is off
    /// (`ssm:GetServiceSetting`, AWS-FACTS 4.7).
    pub host_management: Fact<Option<Role>>,
    /// What surrounds it.
    pub network: Network,
}

/// The state of an EC2 instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceState {
    /// It is being started.
    Pending,
    /// It runs.
    Running,
    /// It is being stopped.
    Stopping,
    /// It is stopped.
    Stopped,
    /// It is being terminated.
    ShuttingDown,
    /// It is terminated.
    Terminated,
}

impl InstanceState {
    /// As EC2 spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }
}
