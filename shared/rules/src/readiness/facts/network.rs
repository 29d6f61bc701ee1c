//! The network of an EC2 instance.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::Fact;
use crate::names::Region;
use crate::readiness::cidr::{Cidr, PortRange};
use crate::readiness::ids::{
    AclId, EndpointId, GroupId, NatId, PrefixListId, RouteTableId, RouteTargetId, SubnetId,
};

/// What surrounds an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `enableDnsSupport` of the VPC (`ec2:DescribeVpcAttribute`).
    pub dns_support: Fact<bool>,
    /// `enableDnsHostnames` of the VPC (`ec2:DescribeVpcAttribute`).
    pub dns_hostnames: Fact<bool>,
    /// Whom the VPC has instances ask for names (`ec2:DescribeVpcs`, `ec2:DescribeDhcpOptions`).
    pub resolver: Fact<Resolver>,
    /// The endpoints in the VPC (`ec2:DescribeVpcEndpoints`).
    pub endpoints: Fact<Vec<Endpoint>>,
    /// The route table that the instance's subnet uses (`ec2:DescribeRouteTables`).
    pub routes: Fact<RouteTable>,
    /// The security groups of the instance; those of endpoints stand with the endpoints.
    pub groups: Vec<GroupId>,
    /// The rules of all these groups (`ec2:DescribeSecurityGroups`).
    pub rules: Fact<BTreeMap<GroupId, SecurityGroup>>,
    /// The network ACL of each subnet: the instance's, and those of endpoints
    /// (`ec2:DescribeNetworkAcls`).
    pub acls: Fact<BTreeMap<SubnetId, NetworkAcl>>,
}

/// Whom instances ask for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolver {
    /// Amazon's own resolver in the VPC.
    Amazon,
    /// Servers of somebody's own.
    Own(Vec<IpAddr>),
}

/// A service that an instance has to reach over HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Systems Manager: registration and heartbeat.
    Ssm,
    /// The channels of sessions.
    SsmMessages,
    /// The messages of agents before 3.3.40.0 (AWS-FACTS 4.1).
    Ec2Messages,
    /// KMS, where session traffic is encrypted with a key.
    Kms,
    /// CloudWatch Logs, where a session document names a log group.
    Logs,
    /// S3, where logs land.
    S3,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ssm,
        Self::SsmMessages,
        Self::Ec2Messages,
        Self::Kms,
        Self::Logs,
        Self::S3,
    ];

    /// The last part of its endpoint's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::SsmMessages => "ssmmessages",
            Self::Ec2Messages => "ec2messages",
            Self::Kms => "kms",
            Self::Logs => "logs",
            Self::S3 => "s3",
        }
    }

    /// The name of its endpoint service in a Region, such as `com.amazonaws.eu-west-1.ssm`.
    #[must_use]
    pub fn endpoint_name(self, region: &Region) -> String {
        format!("com.amazonaws.{region}.{}", self.word())
    }
}

/// A VPC endpoint of one of the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The service.
    pub service: Service,
    /// Whether it is in use.
    pub state: EndpointState,
    /// Its policy.
    pub policy: Value,
    /// How it is reached.
    pub form: EndpointForm,
}

/// Whether an endpoint is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointState {
    /// It is.
    Available,
    /// It is not, for what EC2 calls it: `pendingAcceptance`, `deleting`, `failed`…
    Other(String),
}

/// How an endpoint is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointForm {
    /// By addresses in subnets of the VPC.
    Interface {
        /// Whether the service's usual name leads to it.
        private_dns: bool,
        /// Its security groups.
        groups: Vec<GroupId>,
        /// Its addresses (`ec2:DescribeNetworkInterfaces`).
        interfaces: Fact<Vec<Interface>>,
    },
    /// By a route in a route table. It is not reached over peering (AWS-FACTS 4.2).
    Gateway,
}

/// An address of an interface endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The subnet it lies in.
    pub subnet: SubnetId,
    /// The address.
    pub address: IpAddr,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What it is for.
    pub destination: RouteDestination,
    /// Where it leads.
    pub target: RouteTarget,
    /// Whether what it leads to is there; a black hole otherwise.
    pub active: bool,
}

/// What a route is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteDestination {
    /// A block of addresses.
    Block(Cidr),
    /// The addresses of a list, such as those of S3 in the Region.
    List(PrefixListId),
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTarget {
    /// Into the VPC itself.
    Local,
    /// To an internet gateway, or one for outgoing IPv6 only.
    Internet(RouteTargetId),
    /// To a NAT gateway (`ec2:DescribeNatGateways`).
    Nat(NatId, Fact<Nat>),
    /// To a gateway endpoint.
    Endpoint(EndpointId),
    /// To a peered VPC, and never beyond it.
    Peering(RouteTargetId),
    /// To something whose own routes are not read: a transit gateway, an appliance, a VPN.
    Beyond(RouteTargetId),
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nat {
    /// Whether it is available.
    pub available: bool,
    /// Whether it has a public address and the default route of its subnet leads to an internet
    /// gateway.
    pub leads_out: bool,
}

/// The rules of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityGroup {
    /// What may come in.
    pub ingress: Vec<GroupRule>,
    /// What may go out.
    pub egress: Vec<GroupRule>,
}

/// A rule of a security group. It allows; there is none that denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// Which traffic.
    pub traffic: Traffic,
    /// From whom, or to whom.
    pub peer: GroupPeer,
}

/// The other side of a security group's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupPeer {
    /// A block of addresses.
    Block(Cidr),
    /// Whatever has this security group.
    Group(GroupId),
    /// The addresses of a list.
    List(PrefixListId),
}

/// Which traffic a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// All of it.
    All,
    /// TCP to these ports.
    Tcp(PortRange),
    /// Another protocol.
    Other,
}

impl Traffic {
    /// The TCP ports that it is about.
    #[must_use]
    pub fn ports(self) -> Option<PortRange> {
        match self {
            Self::All => Some(PortRange::ALL),
            Self::Tcp(ports) => Some(ports),
            Self::Other => None,
        }
    }
}

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: AclId,
    /// Its entries. What none of them names is denied.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL. The lowest number that fits decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    /// Its number.
    pub number: u16,
    /// Which way.
    pub direction: Direction,
    /// Whether it allows, or denies.
    pub allows: bool,
    /// Which traffic.
    pub traffic: Traffic,
    /// From whom, or to whom.
    pub block: Cidr,
}

/// Into a subnet, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the subnet.
    In,
    /// Out of the subnet.
    Out,
}
