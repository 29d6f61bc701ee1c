//! The network that the instances of the local run stand in: a private subnet without a way to the
//! internet, and what Session Manager needs there (docs/deploy.md, `examples/private-instance`).

use standin::World;
use standin::ec2::{
    AclEntry, DhcpOptions, Endpoint, Instance, Interface, Network, NetworkAcl, Permission, Route,
    RouteTable, SecurityGroup, Vpc,
};
use standin::iam::{MalformedPolicy, RoleSpec};

use super::{ACCOUNT, BATCH_1, DB_1, REGION, WEB_7, WEB_8};

/// The role of the instances.
pub const NODE_ROLE: &str = "PosternNode";
/// The endpoint of `ssm`.
pub const SSM_ENDPOINT: &str = "vpce-00000000000000011";
/// The security group of the endpoints.
pub const ENDPOINT_GROUP: &str = "sg-0000000000000e0e0";

const VPC: &str = "vpc-00000000000000001";
const NODE_SUBNET: &str = "subnet-0000000000000000a";
const ENDPOINT_SUBNET: &str = "subnet-0000000000000000b";
const NODE_GROUP: &str = "sg-00000000000001010";
const S3_ENDPOINT: &str = "vpce-00000000000000033";
const S3_LIST: &str = "pl-0000000000000003f";
const OPEN: &str =
    r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// Makes the network, and the role of the instances in it.
pub(crate) fn seed(world: &World) -> Result<(), MalformedPolicy> {
    world.add_role(RoleSpec {
        name: NODE_ROLE.to_owned(),
        trust: include_str!("../../roles/node-trust.json").to_owned(),
        managed: vec![include_str!("../../roles/node.json").to_owned()],
        ..RoleSpec::default()
    })?;
    let profile = world.add_instance_profile(ACCOUNT, NODE_ROLE, Some(NODE_ROLE));
    world.change_network(|network| *network = made(&profile));
    Ok(())
}

fn made(profile: &str) -> Network {
    let named = |id: &str| id.to_owned();
    let mut network = Network::default();
    network.vpcs.insert(
        named(VPC),
        Vpc {
            block: named("10.0.0.0/16"),
            dns_support: true,
            dns_hostnames: true,
            dhcp_options: named("dopt-00000000000000001"),
        },
    );
    network.dhcp_options.insert(
        named("dopt-00000000000000001"),
        DhcpOptions {
            servers: vec![named("AmazonProvidedDNS")],
        },
    );
    network.route_tables.insert(
        named("rtb-00000000000000001"),
        RouteTable {
            vpc: named(VPC),
            main: true,
            subnets: Vec::new(),
            routes: vec![
                Route::to("10.0.0.0/16", "local"),
                Route::to(S3_LIST, S3_ENDPOINT),
            ],
        },
    );
    network.acls.insert(
        named("acl-00000000000000001"),
        NetworkAcl {
            vpc: named(VPC),
            subnets: vec![named(NODE_SUBNET), named(ENDPOINT_SUBNET)],
            entries: [false, true].map(anything).into(),
        },
    );
    let group = |ingress, egress| SecurityGroup {
        vpc: named(VPC),
        ingress,
        egress,
    };
    let https = |peer: &str| Permission::https(&[peer]);
    network.groups.insert(
        named(NODE_GROUP),
        group(Vec::new(), vec![https(ENDPOINT_GROUP), https(S3_LIST)]),
    );
    network.groups.insert(
        named(ENDPOINT_GROUP),
        group(vec![https(NODE_GROUP)], Vec::new()),
    );
    for (id, service, number) in [(SSM_ENDPOINT, "ssm", 11), (MESSAGES, "ssmmessages", 12)] {
        let interface = format!("eni-000000000000000{number}");
        network.interfaces.insert(
            interface.clone(),
            Interface {
                vpc: named(VPC),
                subnet: named(ENDPOINT_SUBNET),
                private_address: format!("10.0.2.{number}"),
                ipv6_address: None,
            },
        );
        network
            .endpoints
            .insert(named(id), interface_endpoint(service, interface));
    }
    network.endpoints.insert(
        named(S3_ENDPOINT),
        Endpoint {
            kind: named("Gateway"),
            groups: Vec::new(),
            private_dns: false,
            interfaces: Vec::new(),
            ..interface_endpoint("s3", String::new())
        },
    );
    for (id, number) in [(WEB_7, 7), (WEB_8, 8), (BATCH_1, 101), (DB_1, 201)] {
        network.instances.insert(
            named(id),
            Instance {
                state: named("running"),
                vpc: Some(named(VPC)),
                subnet: Some(named(NODE_SUBNET)),
                private_address: Some(format!("10.0.1.{number}")),
                metadata: true,
                profile: Some(profile.to_owned()),
                groups: vec![named(NODE_GROUP)],
                ..Instance::default()
            },
        );
    }
    network
}

/// The endpoint of `ssmmessages`.
const MESSAGES: &str = "vpce-00000000000000012";

fn interface_endpoint(service: &str, interface: String) -> Endpoint {
    Endpoint {
        vpc: VPC.to_owned(),
        service: format!("com.amazonaws.{REGION}.{service}"),
        kind: "Interface".to_owned(),
        state: "available".to_owned(),
        policy: OPEN.to_owned(),
        private_dns: true,
        groups: vec![ENDPOINT_GROUP.to_owned()],
        interfaces: vec![interface],
    }
}

/// The entry by which an ACL is in nobody's way.
fn anything(egress: bool) -> AclEntry {
    AclEntry {
        number: 100,
        egress,
        allows: true,
        protocol: "-1".to_owned(),
        ports: None,
        block: "0.0.0.0/0".to_owned(),
    }
}
