//! The route table of a subnet, and the NAT gateways that it leads to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    ConnectivityType, NatGateway, NatGatewayState, Route as Described, RouteState,
    RouteTable as Table,
};
use rules::readiness::{
    Cidr, Fact, Nat, NatId, Need, Route, RouteDestination, RouteTable, RouteTarget, RouteTargetId,
};

use super::super::Look;
use super::super::machine::{Seat, unread};
use super::super::reading::{Call, PAGE, id};
use super::filter;

const TABLES: Call = Call::new("ec2", "DescribeRouteTables", "ec2:DescribeRouteTables");
const NATS: Call = Call::new("ec2", "DescribeNatGateways", "ec2:DescribeNatGateways");

impl Look<'_> {
    /// The route table that the instance's subnet uses: its own, or else the VPC's main one.
    pub(super) async fn routes(self, seat: &Seat) -> Result<RouteTable, Need> {
        let listing = self
            .clients
            .ec2
            .describe_route_tables()
            .filters(filter("vpc-id", [&seat.vpc]))
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let tables: Vec<Table> = self.until.call(TABLES, listing).await?;
        let own = table_of(&tables, seat.subnet.as_str()).ok_or_else(|| TABLES.unreadable())?;
        let nats = Box::pin(self.nats(own, &tables)).await;
        let routes = own.routes().iter().map(|one| route(one, &nats));
        Ok(RouteTable {
            id: id(TABLES, own.route_table_id())?,
            routes: routes.collect::<Result<_, _>>()?,
        })
    }

    /// The NAT gateways that a table leads to. One that EC2 no longer shows is gone.
    async fn nats(self, table: &Table, tables: &[Table]) -> BTreeMap<String, Fact<Nat>> {
        let routes = table.routes().iter();
        let ids: BTreeSet<&str> = routes.filter_map(|route| route.nat_gateway_id()).collect();
        if ids.is_empty() {
            return BTreeMap::new();
        }
        let listing = self
            .clients
            .ec2
            .describe_nat_gateways()
            .filter(filter("nat-gateway-id", &ids))
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let found: Result<Vec<NatGateway>, _> = self.until.call(NATS, listing).await;
        let found = found.map_err(Need::from);
        let nat = |id: &str| match &found {
            Err(need) => unread(need),
            Ok(found) => {
                let gateway = found.iter().find(|one| one.nat_gateway_id() == Some(id));
                gateway.map_or(
                    Fact::Known(Nat {
                        available: false,
                        leads_out: false,
                    }),
                    |gateway| nat(gateway, tables),
                )
            }
        };
        ids.into_iter().map(|id| (id.to_owned(), nat(id))).collect()
    }
}

/// The table of a subnet.
fn table_of<'a>(tables: &'a [Table], subnet: &str) -> Option<&'a Table> {
    let of_subnet = tables.iter().find(|table| {
        let mut associations = table.associations().iter();
        associations.any(|one| one.subnet_id() == Some(subnet))
    });
    of_subnet.or_else(|| {
        tables.iter().find(|table| {
            let mut associations = table.associations().iter();
            associations.any(|one| one.main() == Some(true))
        })
    })
}

fn route(route: &Described, nats: &BTreeMap<String, Fact<Nat>>) -> Result<Route, Need> {
    let block = route
        .destination_cidr_block()
        .or_else(|| route.destination_ipv6_cidr_block());
    let destination = match block {
        Some(block) => RouteDestination::Block(id(TABLES, Some(block))?),
        None => RouteDestination::List(id(TABLES, route.destination_prefix_list_id())?),
    };
    Ok(Route {
        target: target(route, &destination, nats)?,
        destination,
        active: route.state() == Some(&RouteState::Active),
    })
}

fn target(
    route: &Described,
    destination: &RouteDestination,
    nats: &BTreeMap<String, Fact<Nat>>,
) -> Result<RouteTarget, Need> {
    let read = |text: &str| id::<RouteTargetId>(TABLES, Some(text));
    if let Some(nat) = route.nat_gateway_id() {
        let known = nats.get(nat).cloned();
        let state = known.unwrap_or_else(|| Fact::Unread(NATS.unreadable()));
        return Ok(RouteTarget::Nat(id::<NatId>(TABLES, Some(nat))?, state));
    }
    if let Some(gateway) = route.egress_only_internet_gateway_id() {
        return read(gateway).map(RouteTarget::Internet);
    }
    if let Some(peering) = route.vpc_peering_connection_id() {
        return read(peering).map(RouteTarget::Peering);
    }
    let listed = match destination {
        RouteDestination::List(_) => true,
        RouteDestination::Block(_) => false,
    };
    match route.gateway_id() {
        Some("local") => return Ok(RouteTarget::Local),
        Some(gateway) if gateway.starts_with("igw-") => {
            return read(gateway).map(RouteTarget::Internet);
        }
        // Gateway endpoints have routes for the lists of their services. What has one for a block
        // is an endpoint of a firewall.
        Some(gateway) if gateway.starts_with("vpce-") && listed => {
            return Ok(RouteTarget::Endpoint(id(TABLES, Some(gateway))?));
        }
        Some(_) | None => {}
    }
    let beyond = route
        .gateway_id()
        .or_else(|| route.transit_gateway_id())
        .or_else(|| route.network_interface_id())
        .or_else(|| route.instance_id())
        .or_else(|| route.local_gateway_id())
        .or_else(|| route.carrier_gateway_id())
        .or_else(|| route.core_network_arn())
        .or_else(|| route.odb_network_arn());
    id(TABLES, beyond).map(RouteTarget::Beyond)
}

/// A NAT gateway stands in a subnet, whose own default route has to lead out; or it belongs to the
/// whole VPC, and has a table of its own.
fn nat(gateway: &NatGateway, tables: &[Table]) -> Fact<Nat> {
    let table = match (gateway.subnet_id(), gateway.route_table_id()) {
        (_, Some(own)) => tables
            .iter()
            .find(|table| table.route_table_id() == Some(own)),
        (Some(subnet), None) => table_of(tables, subnet),
        (None, None) => None,
    };
    let available = gateway.state() == Some(&NatGatewayState::Available);
    let public = gateway.connectivity_type() != Some(&ConnectivityType::Private)
        && gateway
            .nat_gateway_addresses()
            .iter()
            .any(|address| address.public_ip().is_some());
    match table {
        Some(table) => Fact::Known(Nat {
            available,
            leads_out: public && leads_out(table),
        }),
        None if available && public => {
            let id = gateway.nat_gateway_id().unwrap_or_default();
            Fact::Unread(Need::Other(format!("the route table of `{id}`")))
        }
        None => Fact::Known(Nat {
            available,
            leads_out: false,
        }),
    }
}

fn leads_out(table: &Table) -> bool {
    table.routes().iter().any(|route| {
        let block: Option<Cidr> = route
            .destination_cidr_block()
            .and_then(|block| block.parse().ok());
        let gateway = route.gateway_id().unwrap_or_default();
        block == Some(Cidr::ANY_V4)
            && gateway.starts_with("igw-")
            && route.state() == Some(&RouteState::Active)
    })
}
