//! What may be the matter with the endpoints of a VPC.

use std::net::IpAddr;

use super::{Fix, Site, named, quoted, words};
use crate::readiness::cidr::Cidr;
use crate::readiness::facts::Service;
use crate::readiness::ids::{
    AclId, EndpointId, GroupId, Permission, RouteTableId, SubnetId, VpcId,
};

/// What is the matter with an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum EndpointFault {
    /// Other endpoints are there, and this one is not.
    #[error("`{vpc}` has no interface endpoint for `{}`, and no other way leads there", service.word())]
    Missing {
        /// The service.
        service: Service,
        /// The VPC.
        vpc: VpcId,
        /// The instance's subnet.
        subnet: SubnetId,
    },
    /// It is not in use.
    #[error("endpoint `{endpoint}` for `{}` is not available but {state}", service.word())]
    NotAvailable {
        /// The endpoint.
        endpoint: EndpointId,
        /// The service.
        service: Service,
        /// What EC2 says of it.
        state: String,
    },
    /// The service's name does not lead to it.
    #[error("endpoint `{endpoint}` for `{}` has private DNS off, so nothing finds it", service.word())]
    PrivateDnsOff {
        /// The endpoint.
        endpoint: EndpointId,
        /// The service.
        service: Service,
    },
    /// Its security groups do not let the instance in.
    #[error(
        "the endpoint's security groups {} do not let HTTPS in from `{from}`",
        named(groups)
    )]
    GroupClosed {
        /// The groups of the endpoint.
        groups: Vec<GroupId>,
        /// The instance's address.
        from: IpAddr,
    },
    /// Its policy does not allow what has to be done through it.
    #[error("the policy of endpoint `{endpoint}` for `{}` does not allow {}", service.word(), named(actions))]
    PolicyDenies {
        /// The endpoint.
        endpoint: EndpointId,
        /// The service.
        service: Service,
        /// What it does not allow.
        actions: Vec<Permission>,
    },
    /// The network ACL of its subnet does not let requests in.
    #[error("network ACL `{acl}` of an endpoint's subnet does not let HTTPS in from `{from}`")]
    AclBlocksRequests {
        /// The network ACL.
        acl: AclId,
        /// The instance's address.
        from: IpAddr,
    },
    /// The network ACL of its subnet does not let answers out.
    #[error("network ACL `{acl}` of an endpoint's subnet does not let answers out to `{to}`")]
    AclBlocksAnswers {
        /// The network ACL.
        acl: AclId,
        /// The instance's address.
        to: IpAddr,
    },
    /// No gateway endpoint for S3 is there.
    #[error("no way leads to S3: `{vpc}` has no gateway endpoint for it, and `{table}` no way out")]
    S3Missing {
        /// The VPC.
        vpc: VpcId,
        /// The route table of the instance's subnet.
        table: RouteTableId,
    },
    /// The gateway endpoint stands in other route tables only.
    #[error(
        "gateway endpoint `{endpoint}` for S3 is not in route table `{table}`, which the instance uses"
    )]
    S3NotRouted {
        /// The endpoint.
        endpoint: EndpointId,
        /// The route table of the instance's subnet.
        table: RouteTableId,
    },
}

impl EndpointFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "endpoint-missing",
            Self::NotAvailable { .. } => "endpoint-not-available",
            Self::PrivateDnsOff { .. } => "private-dns-off",
            Self::GroupClosed { .. } => "endpoint-security-group-closed",
            Self::PolicyDenies { .. } => "endpoint-policy-denies",
            Self::AclBlocksRequests { .. } => "endpoint-acl-blocks-requests",
            Self::AclBlocksAnswers { .. } => "endpoint-acl-blocks-answers",
            Self::S3Missing { .. } => "s3-endpoint-missing",
            Self::S3NotRouted { .. } => "s3-endpoint-not-routed",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::Missing {
                service,
                vpc,
                subnet,
            } => Fix::new(
                "Create it, with private DNS and a security group that lets HTTPS in from the \
                 instance; `ENDPOINT_GROUP` stands for the group.",
                create(site, *service, vpc, subnet),
            )
            .with(template_of(*service)),
            Self::NotAvailable { endpoint, .. } => Fix::new(
                "See what keeps it; one that waits is accepted by its service, one that failed is \
                 created anew.",
                site.aws(format_args!(
                    "ec2 describe-vpc-endpoints --vpc-endpoint-ids {endpoint}"
                )),
            ),
            Self::PrivateDnsOff { endpoint, service } => Fix::new(
                "Turn its private DNS on.",
                site.aws(format_args!(
                    "ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --private-dns-enabled"
                )),
            )
            .with(template_of(*service)),
            Self::GroupClosed { groups, from } => {
                let group = words(groups.get(..1).unwrap_or_default());
                Fix::new(
                    "Let HTTPS in from the instance.",
                    site.aws(format_args!(
                        "ec2 authorize-security-group-ingress --group-id {group} {}",
                        https_with(Cidr::of(*from))
                    )),
                )
                .with(
                    "EndpointGroup:\n  Type: AWS::EC2::SecurityGroup\n  Properties:\n    VpcId: \
                     !Ref Vpc\n    GroupDescription: HTTPS from the instances\n    \
                     SecurityGroupIngress:\n      - IpProtocol: tcp\n        FromPort: 443\n        \
                     ToPort: 443\n        CidrIp: !GetAtt Vpc.CidrBlock\n",
                )
            }
            Self::PolicyDenies {
                endpoint, service, ..
            } => policy_fix(site, endpoint, *service),
            Self::AclBlocksRequests { acl, from } => Fix::new(
                "Let HTTPS in, above the entry that denies it; `NUMBER` stands for the place.",
                site.aws(format_args!(
                    "ec2 create-network-acl-entry --network-acl-id {acl} --rule-number NUMBER \
                     --ingress --protocol tcp --port-range From=443,To=443 {} \
                     --rule-action allow",
                    acl_block(Cidr::of(*from))
                )),
            )
            .with(acl_template("false", 443, 443)),
            Self::AclBlocksAnswers { acl, to } => Fix::new(
                "Let answers out, above the entry that denies them; `NUMBER` stands for the place.",
                site.aws(format_args!(
                    "ec2 create-network-acl-entry --network-acl-id {acl} --rule-number NUMBER \
                     --egress --protocol tcp --port-range From=1024,To=65535 {} \
                     --rule-action allow",
                    acl_block(Cidr::of(*to))
                )),
            )
            .with(acl_template("true", 1024, 65_535)),
            Self::S3Missing { vpc, table } => Fix::new(
                "Create a gateway endpoint for S3 in the route table that the instance uses; it is \
                 free of charge.",
                create_s3(site, vpc, table),
            )
            .with(S3_GATEWAY),
            Self::S3NotRouted { endpoint, table } => Fix::new(
                "Put it into the route table that the instance uses.",
                site.aws(format_args!(
                    "ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --add-route-table-ids \
                     {table}"
                )),
            )
            .with(S3_GATEWAY),
        }
    }
}

/// The command that creates an interface endpoint.
pub(super) fn create(site: Site<'_>, service: Service, vpc: &VpcId, subnet: &SubnetId) -> String {
    site.aws(format_args!(
        "ec2 create-vpc-endpoint --vpc-id {vpc} --vpc-endpoint-type Interface --service-name {} \
         --subnet-ids {subnet} --security-group-ids ENDPOINT_GROUP --private-dns-enabled",
        service.endpoint_name(&site.target.region)
    ))
}

/// The command that creates the gateway endpoint of S3.
pub(super) fn create_s3(site: Site<'_>, vpc: &VpcId, table: &RouteTableId) -> String {
    site.aws(format_args!(
        "ec2 create-vpc-endpoint --vpc-id {vpc} --vpc-endpoint-type Gateway --service-name {} \
         --route-table-ids {table}",
        Service::S3.endpoint_name(&site.target.region)
    ))
}

/// What a service is called in the names of a template.
fn logical(service: Service) -> &'static str {
    match service {
        Service::Ssm => "Ssm",
        Service::SsmMessages => "SsmMessages",
        Service::Ec2Messages => "Ec2Messages",
        Service::Kms => "Kms",
        Service::Logs => "Logs",
        Service::S3 => "S3",
    }
}

/// An interface endpoint in a template.
pub(super) fn template_of(service: Service) -> String {
    let name = logical(service);
    format!(
        "{name}Endpoint:
  Type: AWS::EC2::VPCEndpoint
  Properties:
    VpcId: !Ref Vpc
    VpcEndpointType: Interface
    ServiceName: !Sub com.amazonaws.${{AWS::Region}}.{}
    SubnetIds: [!Ref PrivateSubnet]
    SecurityGroupIds: [!Ref EndpointGroup]
    PrivateDnsEnabled: true
",
        service.word()
    )
}

/// The gateway endpoint of S3 in a template.
pub(super) const S3_GATEWAY: &str = "S3Endpoint:
  Type: AWS::EC2::VPCEndpoint
  Properties:
    VpcId: !Ref Vpc
    VpcEndpointType: Gateway
    ServiceName: !Sub com.amazonaws.${AWS::Region}.s3
    RouteTableIds: [!Ref PrivateRouteTable]
";

/// The argument that names the other side of an ACL's entry.
pub(super) fn acl_block(block: Cidr) -> String {
    let argument = if block.is_v6() {
        "--ipv6-cidr-block"
    } else {
        "--cidr-block"
    };
    format!("{argument} {block}")
}

/// The arguments that name HTTPS and a block of addresses.
pub(super) fn https_with(block: Cidr) -> String {
    if block.is_v6() {
        https_to(&format!("Ipv6Ranges=[{{CidrIpv6={block}}}]"))
    } else {
        format!("--protocol tcp --port 443 --cidr {block}")
    }
}

/// The arguments that name HTTPS and another side than a block of IPv4 addresses.
pub(super) fn https_to(peer: &str) -> String {
    format!("--ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443,{peer}'")
}

/// An entry of a network ACL in a template.
pub(super) fn acl_template(egress: &str, first: u16, last: u16) -> String {
    format!(
        "AclEntry:
  Type: AWS::EC2::NetworkAclEntry
  Properties:
    NetworkAclId: !Ref NetworkAcl
    RuleNumber: 90
    Egress: {egress}
    Protocol: 6
    PortRange: {{ From: {first}, To: {last} }}
    CidrBlock: !GetAtt Vpc.CidrBlock
    RuleAction: allow
"
    )
}

/// The policy that an endpoint needs at least.
fn policy_fix(site: Site<'_>, endpoint: &EndpointId, service: Service) -> Fix {
    let (actions, resources) = match service {
        Service::S3 => (
            vec![
                "s3:PutObject".to_owned(),
                "s3:GetEncryptionConfiguration".to_owned(),
            ],
            vec![
                site.log_objects(),
                format!("arn:{}:s3:::{}", site.partition(), site.place.log_bucket),
            ],
        ),
        Service::Ssm
        | Service::SsmMessages
        | Service::Ec2Messages
        | Service::Kms
        | Service::Logs => (vec![format!("{}:*", service.word())], vec!["*".to_owned()]),
    };
    let statement = serde_json::json!({
        "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resources,
    });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
    Fix::new(
        "Add this statement to its policy. The command replaces the policy, so take over what \
         others need of it first; what a role may do through it is for the role's policies to say.",
        site.aws(format_args!(
            "ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --policy-document {}",
            quoted(&policy.to_string())
        )),
    )
    .with(format!(
        "{}Endpoint:\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    PolicyDocument: {policy}\n",
        logical(service)
    ))
}
