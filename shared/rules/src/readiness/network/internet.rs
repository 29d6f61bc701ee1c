//! The way through a NAT or internet gateway.

use super::{endpoint, groups};
use crate::readiness::case::Case;
use crate::readiness::check::Found;
use crate::readiness::cidr::Cidr;
use crate::readiness::facts::{
    Instance, Route, RouteDestination, RouteTable, RouteTarget, Service,
};
use crate::readiness::finding::WayOutFault;
use crate::readiness::ids::{NatId, RouteTargetId};

/// The way out to a service; none where no route leads anywhere.
pub(super) fn way(case: Case<'_>, instance: &Instance, service: Service) -> Option<Found> {
    let mut found = Found::default();
    let Some(table) = found.read(&instance.network.routes) else {
        return Some(found);
    };
    let block = Cidr::any_like(instance.private_address);
    let default = table.routes.iter().find(|route| match route.destination {
        RouteDestination::Block(destination) => destination.covers(block),
        RouteDestination::List(_) => false,
    });
    match default {
        Some(route) => {
            found.join(by_route(case, instance, table, route, block, service)?);
            found.join(by_groups(case, instance, block, service));
            found.join(endpoint::own_acl(case, instance, block, service));
        }
        None => {
            let doubt = table
                .routes
                .iter()
                .find_map(|route| doubt(route, service))?;
            if !case.vouches(service) {
                found.wonder(doubt);
            }
        }
    }
    Some(found)
}

/// What would have to be known of a route that is not the default one, if it may lead to the
/// service: services are shared from other VPCs, and routes made for some public addresses only.
/// S3 is not reached over peering: its gateway endpoint serves its own VPC (AWS-FACTS 4.2).
fn doubt(route: &Route, service: Service) -> Option<String> {
    let lies_in = match &route.destination {
        RouteDestination::Block(block) if block.is_private() => None,
        RouteDestination::Block(block) => Some(format!("whether the service lies in `{block}`")),
        RouteDestination::List(list) => Some(format!("whether the service is in list `{list}`")),
    };
    match &route.target {
        RouteTarget::Beyond(id) if route.active => Some(format!("where `{id}` leads")),
        RouteTarget::Peering(id) if route.active && service != Service::S3 => {
            Some(format!("where `{id}` leads"))
        }
        RouteTarget::Internet(_) | RouteTarget::Nat(..) if route.active => lies_in,
        RouteTarget::Local
        | RouteTarget::Internet(_)
        | RouteTarget::Nat(..)
        | RouteTarget::Endpoint(_)
        | RouteTarget::Peering(_)
        | RouteTarget::Beyond(_) => None,
    }
}

/// Whether the default route leads out; none where it leads nowhere by its nature.
fn by_route(
    case: Case<'_>,
    instance: &Instance,
    table: &RouteTable,
    route: &Route,
    block: Cidr,
    service: Service,
) -> Option<Found> {
    let gone = |target: &str| {
        let target = target.parse::<RouteTargetId>().ok()?;
        Some(Found::broken(WayOutFault::RouteBlackhole {
            table: table.id.clone(),
            target,
            block,
        }))
    };
    let mut found = Found::default();
    match &route.target {
        RouteTarget::Local | RouteTarget::Endpoint(_) => return None,
        // A peered VPC passes nothing on to its own gateways.
        RouteTarget::Peering(id) if service == Service::S3 || !route.active => {
            return if route.active {
                None
            } else {
                gone(id.as_str())
            };
        }
        RouteTarget::Internet(id) | RouteTarget::Beyond(id) if !route.active => {
            return gone(id.as_str());
        }
        RouteTarget::Nat(id, _) if !route.active => return gone(id.as_str()),
        RouteTarget::Internet(_) => {
            if instance.public_address.is_none() && block == Cidr::ANY_V4 {
                found.find(WayOutFault::NoPublicAddress {
                    instance: case.facts.target.instance.clone(),
                    table: table.id.clone(),
                });
            }
        }
        RouteTarget::Nat(id, nat) => {
            if let Some(nat) = found.read(nat) {
                found.join(by_nat(id, nat.available, nat.leads_out));
            }
        }
        RouteTarget::Peering(id) | RouteTarget::Beyond(id) => {
            if !case.vouches(service) {
                found.wonder(format!("where `{id}` leads"));
            }
        }
    }
    Some(found)
}

fn by_nat(nat: &NatId, available: bool, leads_out: bool) -> Found {
    match (available, leads_out) {
        (false, _) => Found::broken(WayOutFault::NatNotAvailable { nat: nat.clone() }),
        (true, false) => Found::broken(WayOutFault::NatWithoutInternet { nat: nat.clone() }),
        (true, true) => Found::default(),
    }
}

fn by_groups(case: Case<'_>, instance: &Instance, block: Cidr, service: Service) -> Found {
    let mut found = Found::default();
    let Some(rules) = found.read(&instance.network.rules) else {
        return found;
    };
    let own = &instance.network.groups;
    if !groups::are_known(&mut found, rules, own) {
        return found;
    }
    let far = groups::Far::Outside { block, list: None };
    let passage = groups::passage(rules, own, groups::egress, far);
    passage.settle(&mut found, case.vouches(service), || {
        groups::closed(rules, own).unwrap_or_else(|| WayOutFault::EgressMissesInternet {
            groups: own.clone(),
            block,
        })
    });
    found
}
