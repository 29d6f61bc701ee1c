//! What surrounds an instance: names, endpoints, routes, security groups, network ACLs.
//!
//! Listings are filtered by the VPC or by ids in a filter, never by ids as such: EC2 refuses a
//! whole call for the sake of one id that has gone meanwhile.

mod endpoints;
mod filters;
mod names;
mod routes;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;
use rules::readiness::{Endpoint, EndpointForm, GroupId, Network};

use super::Look;
use super::machine::Seat;
use super::reading::fact;

impl Look<'_> {
    /// The network of an instance.
    pub(super) async fn network(self, seat: &Seat) -> Network {
        let endpoints = async {
            let found = Box::pin(self.endpoints(seat)).await;
            let mut groups: BTreeSet<GroupId> = seat.groups.iter().cloned().collect();
            if let Ok(found) = &found {
                let endpoints = found.iter().map(|found| &found.endpoint);
                groups.extend(endpoints.flat_map(groups_of).cloned());
            }
            let (endpoints, rules) = tokio::join!(
                async {
                    match found {
                        Ok(found) => Ok(Box::pin(self.with_addresses(seat, found)).await),
                        Err(need) => Err(need),
                    }
                },
                Box::pin(self.group_rules(&groups)),
            );
            (endpoints, rules)
        };
        let (support, hostnames, resolver, (endpoints, rules), routes, acls) = tokio::join!(
            Box::pin(self.dns_support(seat)),
            Box::pin(self.dns_hostnames(seat)),
            Box::pin(self.resolver(seat)),
            Box::pin(endpoints),
            Box::pin(self.routes(seat)),
            Box::pin(self.acls(seat)),
        );
        Network {
            dns_support: fact(support),
            dns_hostnames: fact(hostnames),
            resolver: fact(resolver),
            endpoints: fact(endpoints),
            routes: fact(routes),
            groups: seat.groups.clone(),
            rules: fact(rules),
            acls: fact(acls),
        }
    }
}

fn groups_of(endpoint: &Endpoint) -> &[GroupId] {
    match &endpoint.form {
        EndpointForm::Interface { groups, .. } => groups,
        EndpointForm::Gateway => &[],
    }
}

/// The most values of a filter.
const VALUES: usize = 200;

/// A filter of a listing.
fn filter(name: &str, values: impl IntoIterator<Item = impl ToString>) -> Filter {
    let values = values.into_iter().map(|value| value.to_string());
    Filter::builder()
        .name(name)
        .set_values(Some(values.collect()))
        .build()
}
