//! What may be the matter with the way out of an instance's subnet.

use super::endpoint::{
    S3_GATEWAY, acl_block, acl_template, create, create_s3, https_to, https_with, template_of,
};
use super::{Fix, Site, named, words};
use crate::names::InstanceId;
use crate::readiness::cidr::Cidr;
use crate::readiness::facts::Service;
use crate::readiness::ids::{
    AclId, GroupId, NatId, PrefixListId, RouteTableId, RouteTargetId, SubnetId, VpcId,
};

/// What is the matter with the way out of an instance's subnet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum WayOutFault {
    /// There are neither endpoints nor a default route.
    #[error(
        "no way leads out: `{vpc}` has no endpoints, and route table `{table}` no default route"
    )]
    NoWayOut {
        /// The VPC.
        vpc: VpcId,
        /// The instance's subnet.
        subnet: SubnetId,
        /// Its route table.
        table: RouteTableId,
    },
    /// What the default route leads to is gone.
    #[error("the default route of `{table}` leads to `{target}`, which is gone")]
    RouteBlackhole {
        /// The route table.
        table: RouteTableId,
        /// What it leads to.
        target: RouteTargetId,
        /// The block of the route.
        block: Cidr,
    },
    /// The NAT gateway is not available.
    #[error("NAT gateway `{nat}` is not available")]
    NatNotAvailable {
        /// The NAT gateway.
        nat: NatId,
    },
    /// The NAT gateway itself has no way out.
    #[error(
        "NAT gateway `{nat}` has no public address, or its own subnet no route to an internet gateway"
    )]
    NatWithoutInternet {
        /// The NAT gateway.
        nat: NatId,
    },
    /// The default route leads to an internet gateway, and the instance has no public address.
    #[error(
        "`{instance}` has no public address, and `{table}` leads straight to an internet gateway"
    )]
    NoPublicAddress {
        /// The instance.
        instance: InstanceId,
        /// The route table.
        table: RouteTableId,
    },
    /// Its security groups let no HTTPS out at all.
    #[error("the instance's security groups {} let no HTTPS out", named(groups))]
    EgressClosed {
        /// The groups of the instance.
        groups: Vec<GroupId>,
    },
    /// Its security groups let HTTPS out, and not to an endpoint.
    #[error(
        "the instance's security groups {} do not let HTTPS out to the endpoint in {}",
        named(groups),
        named(endpoint)
    )]
    EgressMissesEndpoint {
        /// The groups of the instance.
        groups: Vec<GroupId>,
        /// The groups of the endpoint.
        endpoint: Vec<GroupId>,
    },
    /// Its security groups let HTTPS out, and not to the internet.
    #[error(
        "the instance's security groups {} do not let HTTPS out to the internet, its only way",
        named(groups)
    )]
    EgressMissesInternet {
        /// The groups of the instance.
        groups: Vec<GroupId>,
        /// What they have to let out to.
        block: Cidr,
    },
    /// Its security groups let HTTPS out, and not to S3.
    #[error(
        "the instance's security groups {} do not let HTTPS out to S3",
        named(groups)
    )]
    EgressMissesS3 {
        /// The groups of the instance.
        groups: Vec<GroupId>,
        /// The addresses of S3.
        list: PrefixListId,
    },
    /// The network ACL of its subnet does not let requests out.
    #[error(
        "network ACL `{acl}` of the instance's subnet does not let HTTPS out to where it must go"
    )]
    AclBlocksRequests {
        /// The network ACL.
        acl: AclId,
        /// What it has to let out to.
        block: Cidr,
    },
    /// The network ACL of its subnet does not let answers in.
    #[error("network ACL `{acl}` of the instance's subnet does not let answers in")]
    AclBlocksAnswers {
        /// The network ACL.
        acl: AclId,
        /// What it has to let in from.
        block: Cidr,
    },
}

impl WayOutFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoWayOut { .. } => "no-way-out",
            Self::RouteBlackhole { .. } => "route-blackhole",
            Self::NatNotAvailable { .. } => "nat-not-available",
            Self::NatWithoutInternet { .. } => "nat-without-internet",
            Self::NoPublicAddress { .. } => "no-public-address",
            Self::EgressClosed { .. } => "egress-closed",
            Self::EgressMissesEndpoint { .. } => "egress-misses-endpoint",
            Self::EgressMissesInternet { .. } => "egress-misses-internet",
            Self::EgressMissesS3 { .. } => "egress-misses-s3",
            Self::AclBlocksRequests { .. } => "acl-blocks-requests",
            Self::AclBlocksAnswers { .. } => "acl-blocks-answers",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::NoWayOut { vpc, subnet, table } => Fix::new(
                "Create interface endpoints for `ssm` and `ssmmessages` with a security group that \
                 lets HTTPS in from the instance, for which `ENDPOINT_GROUP` stands, and a gateway \
                 endpoint for S3; or add a default route to a NAT gateway.",
                [
                    create(site, Service::Ssm, vpc, subnet),
                    create(site, Service::SsmMessages, vpc, subnet),
                    create_s3(site, vpc, table),
                ]
                .join(" && "),
            )
            .with(template_of(Service::Ssm) + &template_of(Service::SsmMessages) + S3_GATEWAY),
            Self::RouteBlackhole { table, block, .. } => Fix::new(
                "Lead it to a NAT gateway that stands, for which `NAT` stands.",
                site.aws(format_args!(
                    "ec2 replace-route --route-table-id {table} {} --nat-gateway-id NAT",
                    destination(*block)
                )),
            )
            .with(
                "DefaultRoute:\n  Type: AWS::EC2::Route\n  Properties:\n    RouteTableId: !Ref \
                 PrivateRouteTable\n    DestinationCidrBlock: 0.0.0.0/0\n    NatGatewayId: !Ref \
                 Nat\n",
            ),
            Self::NatNotAvailable { nat } | Self::NatWithoutInternet { nat } => Fix::new(
                "See what keeps it: it has to be public, available, and in a subnet whose default \
                 route leads to an internet gateway.",
                site.aws(format_args!("ec2 describe-nat-gateways --nat-gateway-ids {nat}")),
            )
            .with(
                "Nat:\n  Type: AWS::EC2::NatGateway\n  Properties:\n    SubnetId: !Ref \
                 PublicSubnet\n    AllocationId: !GetAtt NatAddress.AllocationId\n",
            ),
            Self::NoPublicAddress { instance, .. } => Fix::new(
                "Give it a public address, for whose allocation `ALLOCATION` stands; or move it \
                 behind endpoints or a NAT gateway.",
                site.aws(format_args!(
                    "ec2 associate-address --instance-id {instance} --allocation-id ALLOCATION"
                )),
            )
            .with(
                "PublicSubnet:\n  Type: AWS::EC2::Subnet\n  Properties:\n    MapPublicIpOnLaunch: \
                 true\n",
            ),
            Self::EgressClosed { groups } => egress(
                site,
                groups,
                &https_with(Cidr::ANY_V4),
                "CidrIp: 0.0.0.0/0",
            ),
            Self::EgressMissesEndpoint { groups, endpoint } => {
                let to = words(endpoint.get(..1).unwrap_or_default());
                egress(
                    site,
                    groups,
                    &https_to(&format!("UserIdGroupPairs=[{{GroupId={to}}}]")),
                    "DestinationSecurityGroupId: !Ref EndpointGroup",
                )
            }
            Self::EgressMissesInternet { groups, block } => egress(
                site,
                groups,
                &https_with(*block),
                "CidrIp: 0.0.0.0/0",
            ),
            Self::EgressMissesS3 { groups, list } => egress(
                site,
                groups,
                &https_to(&format!("PrefixListIds=[{{PrefixListId={list}}}]")),
                "DestinationPrefixListId: !Ref S3PrefixList",
            ),
            Self::AclBlocksRequests { acl, block } => Fix::new(
                "Let HTTPS out, above the entry that denies it; `NUMBER` stands for the place.",
                site.aws(format_args!(
                    "ec2 create-network-acl-entry --network-acl-id {acl} --rule-number NUMBER \
                     --egress --protocol tcp --port-range From=443,To=443 {} --rule-action allow",
                    acl_block(*block)
                )),
            )
            .with(acl_template("true", 443, 443)),
            Self::AclBlocksAnswers { acl, block } => Fix::new(
                "Let answers in, above the entry that denies them; `NUMBER` stands for the place.",
                site.aws(format_args!(
                    "ec2 create-network-acl-entry --network-acl-id {acl} --rule-number NUMBER \
                     --ingress --protocol tcp --port-range From=1024,To=65535 {} --rule-action allow",
                    acl_block(*block)
                )),
            )
            .with(acl_template("false", 1024, 65_535)),
        }
    }
}

/// The argument that names a route.
fn destination(block: Cidr) -> String {
    let argument = if block.is_v6() {
        "--destination-ipv6-cidr-block"
    } else {
        "--destination-cidr-block"
    };
    format!("{argument} {block}")
}

/// A rule that lets HTTPS out of the first of the instance's groups.
fn egress(site: Site<'_>, groups: &[GroupId], rule: &str, template: &str) -> Fix {
    let group = words(groups.get(..1).unwrap_or_default());
    Fix::new(
        "Let HTTPS out.",
        site.aws(format_args!(
            "ec2 authorize-security-group-egress --group-id {group} {rule}"
        )),
    )
    .with(format!(
        "InstanceEgress:\n  Type: AWS::EC2::SecurityGroupEgress\n  Properties:\n    GroupId: !Ref \
         InstanceGroup\n    IpProtocol: tcp\n    FromPort: 443\n    ToPort: 443\n    {template}\n"
    ))
}
