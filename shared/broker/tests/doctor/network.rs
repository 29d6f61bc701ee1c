//! Sound networks.

use serde_json::json;
use standin::ec2::{
    AclEntry, DhcpOptions, Endpoint, Instance, Interface, NatGateway, Network, NetworkAcl,
    Permission, Route, RouteTable, SecurityGroup, Vpc,
};

use crate::house::{INSTANCE, REGION};

pub(crate) const VPC: &str = "vpc-00000000000000001";
pub(crate) const OWN_SUBNET: &str = "subnet-0000000000000000a";
pub(crate) const ENDPOINT_SUBNET: &str = "subnet-0000000000000000b";
pub(crate) const NAT_SUBNET: &str = "subnet-0000000000000000c";
pub(crate) const OWN_GROUP: &str = "sg-00000000000001010";
pub(crate) const SSM_GROUP: &str = "sg-0000000000000e0e0";
pub(crate) const OWN_TABLE: &str = "rtb-00000000000000001";
pub(crate) const MAIN_TABLE: &str = "rtb-00000000000000002";
pub(crate) const OWN_ACL: &str = "acl-0000000000000000a";
pub(crate) const ENDPOINT_ACL: &str = "acl-0000000000000000b";
pub(crate) const S3_LIST: &str = "pl-0000000000000003f";
pub(crate) const NAT: &str = "nat-00000000000000001";
pub(crate) const IGW: &str = "igw-00000000000000001";

pub(crate) fn open_policy() -> String {
    json!({ "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
    }]})
    .to_string()
}

pub(crate) fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// A VPC with an instance, and endpoints in another subnet.
pub(crate) fn fill(net: &mut Network, profile: &str) {
    let vpc = VPC.to_owned();
    net.instances.insert(
        INSTANCE.to_owned(),
        Instance {
            state: "running".to_owned(),
            vpc: Some(vpc.clone()),
            subnet: Some(OWN_SUBNET.to_owned()),
            private_address: Some("10.0.1.7".to_owned()),
            metadata: true,
            profile: Some(profile.to_owned()),
            groups: texts(&[OWN_GROUP]),
            ..Instance::default()
        },
    );
    net.vpcs.insert(
        vpc.clone(),
        Vpc {
            block: "10.0.0.0/16".to_owned(),
            dns_support: true,
            dns_hostnames: true,
            dhcp_options: "dopt-00000000000000001".to_owned(),
        },
    );
    let servers = texts(&["AmazonProvidedDNS"]);
    net.dhcp_options
        .insert("dopt-00000000000000001".to_owned(), DhcpOptions { servers });
    for (service, number) in [("ssm", 11), ("ssmmessages", 12), ("kms", 13)] {
        add_endpoint(net, service, number);
    }
    let gateway = Endpoint {
        vpc: vpc.clone(),
        service: format!("com.amazonaws.{REGION}.s3"),
        kind: "Gateway".to_owned(),
        state: "available".to_owned(),
        policy: open_policy(),
        ..Endpoint::default()
    };
    net.endpoints.insert(endpoint_id(33), gateway);
    let local = Route::to("10.0.0.0/16", "local");
    for (id, main, subnets, routes) in [
        (
            OWN_TABLE,
            false,
            texts(&[OWN_SUBNET]),
            vec![local.clone(), Route::to(S3_LIST, &endpoint_id(33))],
        ),
        (MAIN_TABLE, true, Vec::new(), vec![local]),
    ] {
        let vpc = vpc.clone();
        net.route_tables.insert(
            id.to_owned(),
            RouteTable {
                vpc,
                main,
                subnets,
                routes,
            },
        );
    }
    for (id, ingress, egress) in [
        (
            OWN_GROUP,
            Vec::new(),
            vec![Permission::https(&[SSM_GROUP, S3_LIST])],
        ),
        (
            SSM_GROUP,
            vec![Permission::https(&["10.0.1.0/24"])],
            Vec::new(),
        ),
    ] {
        let vpc = vpc.clone();
        net.groups.insert(
            id.to_owned(),
            SecurityGroup {
                vpc,
                ingress,
                egress,
            },
        );
    }
    for (id, subnet) in [(OWN_ACL, OWN_SUBNET), (ENDPOINT_ACL, ENDPOINT_SUBNET)] {
        net.acls.insert(
            id.to_owned(),
            NetworkAcl {
                vpc: vpc.clone(),
                subnets: texts(&[subnet]),
                entries: vec![
                    allow(100, true, (443, 443), "0.0.0.0/0"),
                    allow(110, true, (32_768, 65_535), "10.0.0.0/16"),
                    allow(100, false, (443, 443), "10.0.0.0/16"),
                    allow(110, false, (32_768, 65_535), "0.0.0.0/0"),
                ],
            },
        );
    }
}

pub(crate) fn endpoint_id(number: u8) -> String {
    format!("vpce-000000000000000{number:02}")
}

pub(crate) fn add_endpoint(net: &mut Network, service: &str, number: u8) {
    let interface = format!("eni-000000000000000{number:02}");
    net.interfaces.insert(
        interface.clone(),
        Interface {
            vpc: VPC.to_owned(),
            subnet: ENDPOINT_SUBNET.to_owned(),
            private_address: format!("10.0.2.{number}"),
            ipv6_address: None,
        },
    );
    net.endpoints.insert(
        endpoint_id(number),
        Endpoint {
            vpc: VPC.to_owned(),
            service: format!("com.amazonaws.{REGION}.{service}"),
            kind: "Interface".to_owned(),
            state: "available".to_owned(),
            policy: open_policy(),
            private_dns: true,
            groups: texts(&[SSM_GROUP]),
            interfaces: vec![interface],
        },
    );
}

pub(crate) fn allow(number: u16, egress: bool, ports: (u16, u16), block: &str) -> AclEntry {
    AclEntry {
        number,
        egress,
        allows: true,
        protocol: "6".to_owned(),
        ports: Some(ports),
        block: block.to_owned(),
    }
}

/// A default route to a gateway, groups that let out to everywhere, and no endpoints.
pub(crate) fn lead_out(net: &mut Network, through: &str) {
    net.endpoints.clear();
    let own = net.route_tables.get_mut(OWN_TABLE).unwrap();
    own.routes.truncate(1);
    own.routes.push(Route::to("0.0.0.0/0", through));
    let group = net.groups.get_mut(OWN_GROUP).unwrap();
    group.egress = vec![Permission::https(&["0.0.0.0/0"])];
    // The subnet of the NAT gateway has no table of its own.
    let main = net.route_tables.get_mut(MAIN_TABLE).unwrap();
    main.routes.push(Route::to("0.0.0.0/0", IGW));
    net.nat_gateways.insert(
        NAT.to_owned(),
        NatGateway {
            vpc: VPC.to_owned(),
            subnet: NAT_SUBNET.to_owned(),
            state: "available".to_owned(),
            public_address: Some("198.51.100.9".to_owned()),
        },
    );
}
