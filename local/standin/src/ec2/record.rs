//! What there is in a network, by id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All of an account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// Instances, `i-…`.
    pub instances: BTreeMap<String, Instance>,
    /// VPCs, `vpc-…`.
    pub vpcs: BTreeMap<String, Vpc>,
    /// Sets of DHCP options, `dopt-…`.
    pub dhcp_options: BTreeMap<String, DhcpOptions>,
    /// Route tables, `rtb-…`.
    pub route_tables: BTreeMap<String, RouteTable>,
    /// VPC endpoints, `vpce-…`.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Network interfaces, `eni-…`.
    pub interfaces: BTreeMap<String, Interface>,
    /// Security groups, `sg-…`.
    pub groups: BTreeMap<String, SecurityGroup>,
    /// Network ACLs, `acl-…`.
    pub acls: BTreeMap<String, NetworkAcl>,
    /// NAT gateways, `nat-…`.
    pub nat_gateways: BTreeMap<String, NatGateway>,
}

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its state, as EC2 spells it: `running`.
    pub state: String,
    /// Its VPC; a terminated instance has none.
    pub vpc: Option<String>,
    /// Its subnet; a terminated instance has none.
    pub subnet: Option<String>,
    /// Its private IPv4 address; none in a subnet of IPv6 alone.
    pub private_address: Option<String>,
    /// Its public IPv4 address.
    pub public_address: Option<String>,
    /// Its IPv6 address.
    pub ipv6_address: Option<String>,
    /// Whether its metadata service answers.
    pub metadata: bool,
    /// The ARN of its instance profile.
    pub profile: Option<String>,
    /// Its security groups.
    pub groups: Vec<String>,
}

/// A VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its block of IPv4 addresses.
    pub block: String,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
    /// Its set of DHCP options, or `default` for none.
    pub dhcp_options: String,
}

/// A set of DHCP options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpOptions {
    /// Its name servers: addresses, or `AmazonProvidedDNS`.
    pub servers: Vec<String>,
}

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the main one, which subnets without one of their own use.
    pub main: bool,
    /// The subnets that use it.
    pub subnets: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// A block of addresses, or a list of them, `pl-…`.
    pub destination: String,
    /// `local`, or the id of what it leads to.
    pub target: String,
    /// Whether what it leads to is there.
    pub active: bool,
}

impl Route {
    /// A route that is in use.
    #[must_use]
    pub fn to(destination: &str, target: &str) -> Self {
        Self {
            destination: destination.to_owned(),
            target: target.to_owned(),
            active: true,
        }
    }
}

/// A VPC endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its VPC.
    pub vpc: String,
    /// The name of its service, such as `com.amazonaws.eu-west-1.ssm`.
    pub service: String,
    /// `Interface`, `Gateway` or `GatewayLoadBalancer`.
    pub kind: String,
    /// Its state, as EC2 spells it: `available`.
    pub state: String,
    /// Its policy.
    pub policy: String,
    /// Whether the usual name of the service leads to it.
    pub private_dns: bool,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its network interfaces.
    pub interfaces: Vec<String>,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its VPC.
    pub vpc: String,
    /// Its subnet.
    pub subnet: String,
    /// Its private IPv4 address.
    pub private_address: String,
    /// Its IPv6 address.
    pub ipv6_address: Option<String>,
}

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its VPC.
    pub vpc: String,
    /// What may come in.
    pub ingress: Vec<Permission>,
    /// What may go out.
    pub egress: Vec<Permission>,
}

/// A permission of a security group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// `tcp`, `udp`, or `-1` for all.
    pub protocol: String,
    /// The first and the last port; none for all protocols.
    pub ports: Option<(u16, u16)>,
    /// Blocks of addresses, lists (`pl-…`) and security groups (`sg-…`).
    pub peers: Vec<String>,
}

impl Permission {
    /// HTTPS, from or to these.
    #[must_use]
    pub fn https(peers: &[&str]) -> Self {
        Self {
            protocol: "tcp".to_owned(),
            ports: Some((443, 443)),
            peers: peers.iter().map(|peer| (*peer).to_owned()).collect(),
        }
    }
}

/// A network ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// Its VPC.
    pub vpc: String,
    /// The subnets that it is for.
    pub subnets: Vec<String>,
    /// Its entries. The last one, which denies all else, is added when it is shown.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclEntry {
    /// Its number.
    pub number: u16,
    /// Whether it is about what goes out of the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allows: bool,
    /// The number of the protocol, `6` for TCP, or `-1` for all.
    pub protocol: String,
    /// The first and the last port; none for all protocols.
    pub ports: Option<(u16, u16)>,
    /// The block of addresses.
    pub block: String,
}

/// A NAT gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// Its VPC.
    pub vpc: String,
    /// Its subnet.
    pub subnet: String,
    /// Its state, as EC2 spells it: `available`.
    pub state: String,
    /// Its public address; a private gateway has none.
    pub public_address: Option<String>,
}
