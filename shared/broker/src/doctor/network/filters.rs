//! What lets traffic pass: security groups and network ACLs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    IpPermission, NetworkAcl as DescribedAcl, NetworkAclEntry, RuleAction,
    SecurityGroup as DescribedGroup,
};
use rules::readiness::{
    AclEntry, Direction, GroupId, GroupPeer, GroupRule, Need, NetworkAcl, PortRange, SecurityGroup,
    SubnetId, Traffic,
};

use super::super::Look;
use super::super::machine::Seat;
use super::super::reading::{Call, PAGE, id};
use super::{VALUES, filter};

const GROUPS: Call = Call::new(
    "ec2",
    "DescribeSecurityGroups",
    "ec2:DescribeSecurityGroups",
);
const ACLS: Call = Call::new("ec2", "DescribeNetworkAcls", "ec2:DescribeNetworkAcls");

impl Look<'_> {
    /// The rules of security groups. One that has gone is left out.
    pub(super) async fn group_rules(
        self,
        groups: &BTreeSet<GroupId>,
    ) -> Result<BTreeMap<GroupId, SecurityGroup>, Need> {
        let ids: Vec<&GroupId> = groups.iter().collect();
        let mut rules = BTreeMap::new();
        for ids in ids.chunks(VALUES) {
            let listing = self
                .clients
                .ec2
                .describe_security_groups()
                .filters(filter("group-id", ids))
                .max_results(PAGE)
                .into_paginator()
                .items()
                .send()
                .try_collect();
            let found: Vec<DescribedGroup> = self.until.call(GROUPS, listing).await?;
            for group in found {
                let known = SecurityGroup {
                    ingress: permissions(group.ip_permissions())?,
                    egress: permissions(group.ip_permissions_egress())?,
                };
                rules.insert(id(GROUPS, group.group_id())?, known);
            }
        }
        Ok(rules)
    }

    /// The network ACL of every subnet of the VPC.
    pub(super) async fn acls(self, seat: &Seat) -> Result<BTreeMap<SubnetId, NetworkAcl>, Need> {
        let listing = self
            .clients
            .ec2
            .describe_network_acls()
            .filters(filter("vpc-id", [&seat.vpc]))
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let found: Vec<DescribedAcl> = self.until.call(ACLS, listing).await?;
        let mut acls = BTreeMap::new();
        for acl in found {
            let entries = acl.entries().iter().map(entry);
            let known = NetworkAcl {
                id: id(ACLS, acl.network_acl_id())?,
                entries: entries.collect::<Result<_, _>>()?,
            };
            for association in acl.associations() {
                acls.insert(id(ACLS, association.subnet_id())?, known.clone());
            }
        }
        Ok(acls)
    }
}

/// One rule for each peer of each permission.
fn permissions(permissions: &[IpPermission]) -> Result<Vec<GroupRule>, Need> {
    let mut rules = Vec::new();
    for permission in permissions {
        let ports = permission.from_port().zip(permission.to_port());
        let traffic = traffic(GROUPS, permission.ip_protocol(), ports)?;
        let blocks = permission.ip_ranges().iter().map(|range| range.cidr_ip());
        let wide = permission.ipv6_ranges().iter();
        let blocks = blocks.chain(wide.map(|range| range.cidr_ipv6()));
        let groups = permission.user_id_group_pairs().iter();
        let lists = permission.prefix_list_ids().iter();
        let peers = blocks
            .map(|block| id(GROUPS, block).map(GroupPeer::Block))
            .chain(groups.map(|pair| id(GROUPS, pair.group_id()).map(GroupPeer::Group)))
            .chain(lists.map(|list| id(GROUPS, list.prefix_list_id()).map(GroupPeer::List)));
        for peer in peers {
            let peer = peer?;
            rules.push(GroupRule { traffic, peer });
        }
    }
    Ok(rules)
}

fn entry(entry: &NetworkAclEntry) -> Result<AclEntry, Need> {
    let unreadable = || ACLS.unreadable();
    let ports = entry.port_range();
    let ports = ports.and_then(|ports| ports.from().zip(ports.to()));
    let block = entry.cidr_block().or_else(|| entry.ipv6_cidr_block());
    let number = entry.rule_number().and_then(|n| u16::try_from(n).ok());
    Ok(AclEntry {
        number: number.ok_or_else(unreadable)?,
        direction: match entry.egress() {
            Some(true) => Direction::Out,
            Some(false) => Direction::In,
            None => return Err(unreadable()),
        },
        allows: match entry.rule_action() {
            Some(RuleAction::Allow) => true,
            Some(RuleAction::Deny) => false,
            Some(_) | None => return Err(unreadable()),
        },
        traffic: traffic(ACLS, entry.protocol(), ports)?,
        block: id(ACLS, block)?,
    })
}

/// Which traffic a protocol, by name or number, and its ports are.
fn traffic(call: Call, protocol: Option<&str>, ports: Option<(i32, i32)>) -> Result<Traffic, Need> {
    match protocol {
        Some("-1") => Ok(Traffic::All),
        Some("tcp" | "6") => {
            let Some((first, last)) = ports else {
                return Ok(Traffic::Tcp(PortRange::ALL));
            };
            u16::try_from(first)
                .ok()
                .zip(u16::try_from(last).ok())
                .and_then(|(first, last)| PortRange::new(first, last))
                .map(Traffic::Tcp)
                .ok_or_else(|| call.unreadable())
        }
        Some(_) => Ok(Traffic::Other),
        None => Err(call.unreadable()),
    }
}
