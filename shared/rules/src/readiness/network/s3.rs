//! The way of logs to S3.
//!
//! A gateway endpoint is a route: it serves the route tables that it stands in, buckets of its own
//! Region, and nothing that comes over peering (AWS-FACTS 4.2).

use super::{Through, Way, by_name, endpoint, internet};
use crate::readiness::case::Case;
use crate::readiness::check::Found;
use crate::readiness::dns;
use crate::readiness::facts::{
    Endpoint, EndpointForm, Fact, Instance, RouteDestination, RouteTable, RouteTarget, Service,
};
use crate::readiness::finding::{EndpointFault, LogFault, WayOutFault};
use crate::readiness::ids::PrefixListId;

/// The way of logs.
pub(super) fn way(case: Case<'_>, instance: &Instance) -> Way {
    let mut found = Found::default();
    let network = &instance.network;
    let (endpoints, table) = match (
        found.read(&network.endpoints),
        found.read(&network.routes),
        found.read(&case.facts.bucket),
    ) {
        (Some(endpoints), Some(table), Some(_)) => (endpoints, table),
        (_, _, _) => {
            return Way {
                found,
                through: Through::Nothing,
            };
        }
    };
    let abroad = match &case.facts.bucket {
        Fact::Known(Some(bucket)) => {
            (bucket.region != case.facts.target.region).then_some(&bucket.region)
        }
        Fact::Known(None) | Fact::Unread(_) => None,
    };
    let gateways = || endpoints.iter().filter(|endpoint| is_gateway(endpoint));
    let routed =
        gateways().find_map(|endpoint| route_to(table, endpoint).map(|list| (endpoint, list)));
    if let (Some((endpoint, list)), None) = (routed, abroad) {
        found.join(endpoint::gateway(case, instance, endpoint, list));
        found.join(dns::resolves(case, instance));
        return Way {
            found,
            through: Through::Endpoint(endpoint.id.clone()),
        };
    }
    let other = match abroad {
        None => by_name(case, instance, Service::S3),
        // Neither form of endpoint leads to another Region.
        Some(_) => internet::way(case, instance, Service::S3).map(|mut found| {
            found.join(dns::resolves(case, instance));
            Way {
                found,
                through: Through::Internet,
            }
        }),
    };
    other.unwrap_or_else(|| {
        let unrouted = gateways().next();
        let fault = match (abroad, unrouted) {
            (Some(region), _) => Found::broken(LogFault::OtherRegion {
                bucket: case.place.log_bucket.clone(),
                region: region.clone(),
            }),
            (None, Some(endpoint)) => Found::broken(EndpointFault::S3NotRouted {
                endpoint: endpoint.id.clone(),
                table: table.id.clone(),
            }),
            (None, None) if endpoints.is_empty() => Found::broken(WayOutFault::NoWayOut {
                vpc: instance.vpc.clone(),
                subnet: instance.subnet.clone(),
                table: table.id.clone(),
            }),
            (None, None) => Found::broken(EndpointFault::S3Missing {
                vpc: instance.vpc.clone(),
                table: table.id.clone(),
            }),
        };
        Way {
            found: fault,
            through: Through::Nothing,
        }
    })
}

fn is_gateway(endpoint: &Endpoint) -> bool {
    endpoint.service == Service::S3
        && match endpoint.form {
            EndpointForm::Gateway => true,
            EndpointForm::Interface { .. } => false,
        }
}

/// The list of addresses whose route leads to the endpoint, where the table has such a route.
fn route_to<'a>(table: &'a RouteTable, endpoint: &Endpoint) -> Option<&'a PrefixListId> {
    table
        .routes
        .iter()
        .find_map(|route| match (&route.target, &route.destination) {
            (RouteTarget::Endpoint(id), RouteDestination::List(list)) if *id == endpoint.id => {
                Some(list)
            }
            (
                RouteTarget::Local
                | RouteTarget::Internet(_)
                | RouteTarget::Nat(..)
                | RouteTarget::Endpoint(_)
                | RouteTarget::Peering(_)
                | RouteTarget::Beyond(_),
                RouteDestination::List(_) | RouteDestination::Block(_),
            ) => None,
        })
}
