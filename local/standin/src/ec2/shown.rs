//! How things are shown, and by what they are found.

use super::describe::Kind;
use super::record::{
    AclEntry, DhcpOptions, Endpoint, Instance, Interface, NatGateway, NetworkAcl, Permission,
    Route, RouteTable, SecurityGroup, Vpc,
};
use crate::xml::Element;

fn one(text: &str) -> Option<Vec<String>> {
    Some(vec![text.to_owned()])
}

fn items<T>(
    name: &'static str,
    list: impl IntoIterator<Item = T>,
    shown: impl Fn(T) -> Element,
) -> Element {
    Element::new(name).children(list.into_iter().map(shown))
}

fn item() -> Element {
    Element::new("item")
}

pub(super) const INSTANCES: Kind<Instance> = Kind {
    ids: "InstanceId",
    missing: "InvalidInstanceID.NotFound",
    set: "reservationSet",
    filter: |id, instance, name| match name {
        "instance-id" => one(id),
        "vpc-id" => Some(instance.vpc.iter().cloned().collect()),
        _ => None,
    },
    shown: |id, instance| {
        let group = |id: &String| item().leaf("groupId", id).leaf("groupName", id);
        let endpoint = if instance.metadata {
            "enabled"
        } else {
            "disabled"
        };
        let code = match instance.state.as_str() {
            "pending" => "0",
            "running" => "16",
            "shutting-down" => "32",
            "terminated" => "48",
            "stopping" => "64",
            _ => "80",
        };
        let profile = instance.profile.as_ref().map(|arn| {
            Element::new("iamInstanceProfile")
                .leaf("arn", arn)
                .leaf("id", "AIPAEXAMPLE")
        });
        let shown = item()
            .leaf("instanceId", id)
            .child(
                Element::new("instanceState")
                    .leaf("code", code)
                    .leaf("name", &instance.state),
            )
            .maybe("subnetId", instance.subnet.as_ref())
            .maybe("vpcId", instance.vpc.as_ref())
            .maybe("privateIpAddress", instance.private_address.as_ref())
            .maybe("ipAddress", instance.public_address.as_ref())
            .maybe("ipv6Address", instance.ipv6_address.as_ref())
            .child(items("groupSet", &instance.groups, group))
            .children(profile)
            .child(
                Element::new("metadataOptions")
                    .leaf("state", "applied")
                    .leaf("httpTokens", "required")
                    .leaf("httpEndpoint", endpoint),
            );
        item()
            .leaf("reservationId", id.replace("i-", "r-"))
            .child(Element::new("groupSet"))
            .child(Element::new("instancesSet").child(shown))
    },
};

pub(super) const VPCS: Kind<Vpc> = Kind {
    ids: "VpcId",
    missing: "InvalidVpcID.NotFound",
    set: "vpcSet",
    filter: |id, _, name| match name {
        "vpc-id" => one(id),
        _ => None,
    },
    shown: |id, vpc| {
        item()
            .leaf("vpcId", id)
            .leaf("state", "available")
            .leaf("cidrBlock", &vpc.block)
            .leaf("dhcpOptionsId", &vpc.dhcp_options)
            .leaf("isDefault", "false")
    },
};

pub(super) const DHCP_OPTIONS: Kind<DhcpOptions> = Kind {
    ids: "DhcpOptionsId",
    missing: "InvalidDhcpOptionID.NotFound",
    set: "dhcpOptionsSet",
    filter: |id, _, name| match name {
        "dhcp-options-id" => one(id),
        _ => None,
    },
    shown: |id, options| {
        let value = |text: &String| item().leaf("value", text);
        let setting = |key: &str, values: &[String]| {
            item()
                .leaf("key", key)
                .child(items("valueSet", values, value))
        };
        let mut settings = vec![setting("domain-name", &["internal.example".to_owned()])];
        if !options.servers.is_empty() {
            settings.push(setting("domain-name-servers", &options.servers));
        }
        item()
            .leaf("dhcpOptionsId", id)
            .child(Element::new("dhcpConfigurationSet").children(settings))
    },
};

pub(super) const ROUTE_TABLES: Kind<RouteTable> = Kind {
    ids: "RouteTableId",
    missing: "InvalidRouteTableID.NotFound",
    set: "routeTableSet",
    filter: |id, table, name| match name {
        "route-table-id" => one(id),
        "vpc-id" => one(&table.vpc),
        "association.subnet-id" => Some(table.subnets.clone()),
        "association.main" => one(if table.main { "true" } else { "false" }),
        _ => None,
    },
    shown: |id, table| {
        let association = |main: &str, subnet: Option<&String>| {
            item()
                .leaf("routeTableAssociationId", "rtbassoc-0123456789abcdef0")
                .leaf("routeTableId", id)
                .maybe("subnetId", subnet)
                .leaf("main", main)
                .child(Element::new("associationState").leaf("state", "associated"))
        };
        let main = table.main.then(|| association("true", None));
        let subnets = table.subnets.iter();
        let subnets = subnets.map(|subnet| association("false", Some(subnet)));
        item()
            .leaf("routeTableId", id)
            .leaf("vpcId", &table.vpc)
            .child(items("routeSet", &table.routes, route))
            .child(Element::new("associationSet").children(main.into_iter().chain(subnets)))
    },
};

fn route(route: &Route) -> Element {
    let destination = &route.destination;
    let by = if destination.starts_with("pl-") {
        "destinationPrefixListId"
    } else if destination.contains(':') {
        "destinationIpv6CidrBlock"
    } else {
        "destinationCidrBlock"
    };
    let target = match route.target.split('-').next().unwrap_or_default() {
        "nat" => "natGatewayId",
        "eigw" => "egressOnlyInternetGatewayId",
        "tgw" => "transitGatewayId",
        "pcx" => "vpcPeeringConnectionId",
        "eni" => "networkInterfaceId",
        "lgw" => "localGatewayId",
        "cagw" => "carrierGatewayId",
        // The VPC itself, internet and virtual private gateways, and endpoints.
        _ => "gatewayId",
    };
    item()
        .leaf(by, destination)
        .leaf(target, &route.target)
        .leaf("state", if route.active { "active" } else { "blackhole" })
        .leaf("origin", "CreateRoute")
}

pub(super) const ENDPOINTS: Kind<Endpoint> = Kind {
    ids: "VpcEndpointId",
    missing: "InvalidVpcEndpointId.NotFound",
    set: "vpcEndpointSet",
    filter: |id, endpoint, name| match name {
        "vpc-endpoint-id" => one(id),
        "vpc-id" => one(&endpoint.vpc),
        "service-name" => one(&endpoint.service),
        _ => None,
    },
    shown: |id, endpoint| {
        let text = |id: &String| Element::text("item", id);
        let group = |id: &String| item().leaf("groupId", id).leaf("groupName", id);
        item()
            .leaf("vpcEndpointId", id)
            .leaf("vpcEndpointType", &endpoint.kind)
            .leaf("vpcId", &endpoint.vpc)
            .leaf("serviceName", &endpoint.service)
            .leaf("state", &endpoint.state)
            .leaf("policyDocument", &endpoint.policy)
            .leaf("privateDnsEnabled", endpoint.private_dns.to_string())
            .child(items("groupSet", &endpoint.groups, group))
            .child(items("networkInterfaceIdSet", &endpoint.interfaces, text))
    },
};

pub(super) const INTERFACES: Kind<Interface> = Kind {
    ids: "NetworkInterfaceId",
    missing: "InvalidNetworkInterfaceID.NotFound",
    set: "networkInterfaceSet",
    filter: |id, interface, name| match name {
        "network-interface-id" => one(id),
        "vpc-id" => one(&interface.vpc),
        "subnet-id" => one(&interface.subnet),
        _ => None,
    },
    shown: |id, interface| {
        let wide = interface.ipv6_address.iter();
        let wide = wide.map(|address| item().leaf("ipv6Address", address));
        item()
            .leaf("networkInterfaceId", id)
            .leaf("subnetId", &interface.subnet)
            .leaf("vpcId", &interface.vpc)
            .leaf("status", "in-use")
            .leaf("privateIpAddress", &interface.private_address)
            .child(Element::new("ipv6AddressesSet").children(wide))
    },
};

pub(super) const GROUPS: Kind<SecurityGroup> = Kind {
    ids: "GroupId",
    missing: "InvalidGroup.NotFound",
    set: "securityGroupInfo",
    filter: |id, group, name| match name {
        "group-id" => one(id),
        "vpc-id" => one(&group.vpc),
        _ => None,
    },
    shown: |id, group| {
        item()
            .leaf("groupId", id)
            .leaf("groupName", id)
            .leaf("vpcId", &group.vpc)
            .child(items("ipPermissions", &group.ingress, permission))
            .child(items("ipPermissionsEgress", &group.egress, permission))
    },
};

fn permission(permission: &Permission) -> Element {
    let peers = |prefix: &'static str| {
        let peers = permission.peers.iter();
        peers.filter(move |peer| peer.starts_with(prefix))
    };
    let block = |wide: bool| {
        let peers = permission.peers.iter();
        peers.filter(move |peer| peer.contains('/') && peer.contains(':') == wide)
    };
    let ports = permission.ports;
    item()
        .leaf("ipProtocol", &permission.protocol)
        .maybe("fromPort", ports.map(|(first, _)| first.to_string()))
        .maybe("toPort", ports.map(|(_, last)| last.to_string()))
        .child(items("groups", peers("sg-"), |id| {
            item().leaf("groupId", id)
        }))
        .child(items("ipRanges", block(false), |block| {
            item().leaf("cidrIp", block)
        }))
        .child(items("ipv6Ranges", block(true), |block| {
            item().leaf("cidrIpv6", block)
        }))
        .child(items("prefixListIds", peers("pl-"), |id| {
            item().leaf("prefixListId", id)
        }))
}

pub(super) const ACLS: Kind<NetworkAcl> = Kind {
    ids: "NetworkAclId",
    missing: "InvalidNetworkAclID.NotFound",
    set: "networkAclSet",
    filter: |id, acl, name| match name {
        "network-acl-id" => one(id),
        "vpc-id" => one(&acl.vpc),
        "association.subnet-id" => Some(acl.subnets.clone()),
        _ => None,
    },
    shown: |id, acl| {
        let association = |subnet: &String| {
            item()
                .leaf("networkAclAssociationId", "aclassoc-0123456789abcdef0")
                .leaf("networkAclId", id)
                .leaf("subnetId", subnet)
        };
        let last = [true, false].map(|egress| AclEntry {
            number: 32_767,
            egress,
            allows: false,
            protocol: "-1".to_owned(),
            ports: None,
            block: "0.0.0.0/0".to_owned(),
        });
        item()
            .leaf("networkAclId", id)
            .leaf("vpcId", &acl.vpc)
            .leaf("default", "false")
            .child(items("entrySet", acl.entries.iter().chain(&last), entry))
            .child(items("associationSet", &acl.subnets, association))
    },
};

fn entry(entry: &AclEntry) -> Element {
    let block = if entry.block.contains(':') {
        "ipv6CidrBlock"
    } else {
        "cidrBlock"
    };
    let ports = entry.ports.map(|(first, last)| {
        Element::new("portRange")
            .leaf("from", first.to_string())
            .leaf("to", last.to_string())
    });
    item()
        .leaf("ruleNumber", entry.number.to_string())
        .leaf("protocol", &entry.protocol)
        .leaf("ruleAction", if entry.allows { "allow" } else { "deny" })
        .leaf("egress", entry.egress.to_string())
        .leaf(block, &entry.block)
        .children(ports)
}

pub(super) const NAT_GATEWAYS: Kind<NatGateway> = Kind {
    ids: "NatGatewayId",
    missing: "NatGatewayNotFound",
    set: "natGatewaySet",
    filter: |id, gateway, name| match name {
        "nat-gateway-id" => one(id),
        "vpc-id" => one(&gateway.vpc),
        "state" => one(&gateway.state),
        _ => None,
    },
    shown: |id, gateway| {
        let public = gateway.public_address.as_ref();
        let address = item()
            .leaf("privateIp", "10.0.9.9")
            .maybe("publicIp", public)
            .leaf("isPrimary", "true");
        item()
            .leaf("natGatewayId", id)
            .leaf("vpcId", &gateway.vpc)
            .leaf("subnetId", &gateway.subnet)
            .leaf("state", &gateway.state)
            .leaf(
                "connectivityType",
                if public.is_some() {
                    "public"
                } else {
                    "private"
                },
            )
            .child(Element::new("natGatewayAddressSet").child(address))
    },
};
