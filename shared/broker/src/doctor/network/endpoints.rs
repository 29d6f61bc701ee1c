//! The endpoints of a VPC, and their addresses.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{NetworkInterface, State, VpcEndpoint, VpcEndpointType};
use rules::readiness::{Endpoint, EndpointForm, EndpointState, Fact, Interface, Need, Service};
use serde_json::{Value, json};

use super::super::Look;
use super::super::machine::{Seat, unread};
use super::super::reading::{Call, PAGE, id, policy};
use super::{VALUES, filter};

const ENDPOINTS: Call = Call::new("ec2", "DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints");
const INTERFACES: Call = Call::new(
    "ec2",
    "DescribeNetworkInterfaces",
    "ec2:DescribeNetworkInterfaces",
);

/// An endpoint whose addresses are still to be read, and the interfaces that have them.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) endpoint: Endpoint,
    interfaces: Vec<String>,
}

impl Look<'_> {
    /// The endpoints of the services that matter.
    pub(super) async fn endpoints(self, seat: &Seat) -> Result<Vec<Found>, Need> {
        let listing = self
            .clients
            .ec2
            .describe_vpc_endpoints()
            .filters(filter("vpc-id", [&seat.vpc]))
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let endpoints: Vec<VpcEndpoint> = self.until.call(ENDPOINTS, listing).await?;
        let of_services = endpoints.iter().filter_map(|endpoint| {
            let name = endpoint.service_name()?;
            let service = Service::ALL
                .into_iter()
                .find(|service| service.endpoint_name(&self.target.region) == name)?;
            found(endpoint, service).transpose()
        });
        of_services.collect()
    }

    /// The endpoints with their addresses, of the family that the instance speaks.
    pub(super) async fn with_addresses(self, seat: &Seat, found: Vec<Found>) -> Vec<Endpoint> {
        let ids: Vec<&String> = found.iter().flat_map(|found| &found.interfaces).collect();
        let mut known = BTreeMap::new();
        let mut lacking = None;
        for ids in ids.chunks(VALUES) {
            let listing = self
                .clients
                .ec2
                .describe_network_interfaces()
                .filters(filter("network-interface-id", ids))
                .max_results(PAGE)
                .into_paginator()
                .items()
                .send()
                .try_collect();
            match self.until.call(INTERFACES, listing).await {
                Ok(page) => {
                    let page: Vec<NetworkInterface> = page;
                    known.extend(page.into_iter().filter_map(|one| {
                        let id = one.network_interface_id.clone()?;
                        Some((id, one))
                    }));
                }
                Err(missed) => lacking = Some(Need::from(missed)),
            }
        }
        let complete = |found: Found| {
            let mut endpoint = found.endpoint;
            if let EndpointForm::Interface { interfaces, .. } = &mut endpoint.form {
                *interfaces = match &lacking {
                    Some(need) => unread(need),
                    None => addresses(&found.interfaces, &known, seat),
                };
            }
            endpoint
        };
        found.into_iter().map(complete).collect()
    }
}

/// An endpoint as it was described; none for a form that leads to no service of AWS's own.
fn found(endpoint: &VpcEndpoint, service: Service) -> Result<Option<Found>, Need> {
    let form = match endpoint.vpc_endpoint_type() {
        Some(VpcEndpointType::Gateway) => EndpointForm::Gateway,
        Some(VpcEndpointType::Interface) => {
            let options = endpoint.dns_options();
            // The usual name then leads to it from outside of the VPC alone.
            let for_others = options
                .and_then(|options| options.private_dns_only_for_inbound_resolver_endpoint())
                .unwrap_or(false);
            let groups = endpoint.groups().iter();
            EndpointForm::Interface {
                private_dns: endpoint.private_dns_enabled().unwrap_or(false) && !for_others,
                groups: groups
                    .map(|group| id(ENDPOINTS, group.group_id()))
                    .collect::<Result<_, _>>()?,
                interfaces: Fact::Known(Vec::new()),
            }
        }
        Some(_) | None => return Ok(None),
    };
    let state = match endpoint.state() {
        // The model writes it with a capital, the service without.
        Some(state)
            if state
                .as_str()
                .eq_ignore_ascii_case(State::Available.as_str()) =>
        {
            EndpointState::Available
        }
        Some(state) => EndpointState::Other(state.as_str().to_owned()),
        None => return Err(ENDPOINTS.unreadable()),
    };
    Ok(Some(Found {
        endpoint: Endpoint {
            id: id(ENDPOINTS, endpoint.vpc_endpoint_id())?,
            service,
            state,
            policy: match endpoint.policy_document() {
                None => full_access(),
                Some(text) => policy(ENDPOINTS, Some(text))?,
            },
            form,
        },
        interfaces: endpoint.network_interface_ids().to_vec(),
    }))
}

/// What an endpoint lets through that has no policy of its own.
fn full_access() -> Value {
    json!({ "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
    ]})
}

fn addresses(
    ids: &[String],
    known: &BTreeMap<String, NetworkInterface>,
    seat: &Seat,
) -> Fact<Vec<Interface>> {
    let read = ids.iter().map(|one| {
        let interface = known.get(one);
        let address = interface.and_then(|interface| {
            if seat.address.is_ipv4() {
                interface.private_ip_address()
            } else {
                let own = interface.ipv6_addresses().first();
                own.and_then(|address| address.ipv6_address())
            }
        });
        Ok(Interface {
            subnet: id(INTERFACES, interface.and_then(|one| one.subnet_id()))?,
            address: id(INTERFACES, address)?,
        })
    });
    match read.collect::<Result<_, Need>>() {
        Ok(interfaces) => Fact::Known(interfaces),
        Err(need) => Fact::Unread(need),
    }
}
