//! The ways from an instance to the services it needs.
//!
//! A service is reached through an interface endpoint, or through a NAT or internet gateway; S3
//! through a gateway endpoint as well. One way that works is enough, with one exception that is
//! AWS's own: an endpoint with private DNS takes the service's name over, so what is wrong with
//! that endpoint is wrong with the only way, whatever other ways there are. A gateway endpoint in
//! the route table takes S3's addresses over in the same manner.
//!
//! Where no way works, the one that takes fewer mends is told.
//!
//! What is not looked at: the network ACLs and security groups along the way of a NAT gateway
//! beyond its own route, firewalls, and whatever lies behind a transit gateway. Where a route leads
//! into such a thing, or a rule or policy cannot be followed, the check is unknown; unless it is one
//! of a way that the agent itself uses, and it is connected, which proves that way.

mod acls;
mod endpoint;
mod groups;
mod internet;
mod s3;

use super::agent::unread;
use super::case::{Case, Seat};
use super::check::{Check, CheckName, Found};
use super::dns;
use super::facts::{Endpoint, EndpointForm, EndpointState, Fact, Instance, Service};
use super::finding::{EndpointFault, Finding, WayOutFault};
use super::ids::EndpointId;

/// Whether traffic passes a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Passage {
    /// It does.
    Open,
    /// It does not.
    Closed,
    /// It hangs on something that is not known, told as a noun phrase.
    Doubtful(String),
}

impl Passage {
    /// Adds what is in the way, or in doubt and not vouched for.
    fn settle<F: Into<Finding>>(self, found: &mut Found, vouched: bool, fault: impl FnOnce() -> F) {
        match self {
            Self::Open => {}
            Self::Closed => found.find(fault()),
            Self::Doubtful(_) if vouched => {}
            Self::Doubtful(what) => found.wonder(what),
        }
    }
}

/// The way to a service, as it was judged.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) found: Found,
    pub(super) through: Through,
}

/// What a way leads through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Through {
    /// This endpoint.
    Endpoint(EndpointId),
    /// A NAT or internet gateway.
    Internet,
    /// Not known, or nothing.
    Nothing,
}

impl Through {
    fn evidence(&self) -> String {
        match self {
            Self::Endpoint(id) => format!("through endpoint `{id}`"),
            Self::Internet => "through the default route".to_owned(),
            Self::Nothing => "no way was found".to_owned(),
        }
    }
}

/// The ways that the kinds of access need, each a check.
pub(super) fn ways(case: Case<'_>) -> Vec<Check> {
    Service::ALL
        .into_iter()
        .map(|service| {
            let name = CheckName::Way(service);
            match wanted(case, service) {
                Wanted::No(why) => Check::not_applicable(name, why),
                Wanted::Unsure(found) => Check::judged(name, found, "may not be needed"),
                Wanted::Yes => match case.seat() {
                    Seat::Hybrid => Check::not_applicable(name, "not in a network of Amazon's"),
                    Seat::Nowhere => Check::not_applicable(name, "there is no instance"),
                    Seat::Unread(need) => Check::judged(name, unread(need), "not read"),
                    Seat::Instance(instance) => {
                        let way = way(case, instance, service);
                        Check::judged(name, way.found, way.through.evidence())
                    }
                },
            }
        })
        .collect()
}

/// Whether a service has to be reached.
enum Wanted {
    Yes,
    No(&'static str),
    Unsure(Found),
}

fn wanted(case: Case<'_>, service: Service) -> Wanted {
    let needed = |needed: bool, why| if needed { Wanted::Yes } else { Wanted::No(why) };
    match service {
        Service::Ssm | Service::SsmMessages => Wanted::Yes,
        Service::Ec2Messages => match (case.wants_ec2_messages(), &case.facts.agent) {
            _ if matches!(case.seat(), Seat::Hybrid | Seat::Nowhere) => Wanted::Yes,
            (Some(needs), _) => needed(needs, "agents from 3.3.40.0 on do without it"),
            (None, Fact::Unread(need)) => Wanted::Unsure(unread(need)),
            (None, Fact::Known(_)) => {
                let mut found = Found::default();
                found.wonder("the agent's version, which it tells when it registers");
                Wanted::Unsure(found)
            }
        },
        Service::Kms => needed(
            case.loggable() && case.place.session_key.is_some(),
            "session traffic is not encrypted with a key",
        ),
        Service::Logs => needed(
            case.facts
                .documents
                .values()
                .any(|document| match document {
                    Fact::Known(Some(inputs)) => inputs.log_group.is_some(),
                    Fact::Known(None) | Fact::Unread(_) => false,
                }),
            "no session document names a log group",
        ),
        Service::S3 => needed(case.loggable(), "what is asked for is never logged"),
    }
}

/// The way to a service.
fn way(case: Case<'_>, instance: &Instance, service: Service) -> Way {
    match service {
        Service::S3 => s3::way(case, instance),
        Service::Ssm
        | Service::SsmMessages
        | Service::Ec2Messages
        | Service::Kms
        | Service::Logs => by_name(case, instance, service).unwrap_or_else(|| Way {
            found: nothing(instance, service),
            through: Through::Nothing,
        }),
    }
}

/// What the way of logs leads through, as far as it is known for sure.
pub(super) fn way_of_logs(case: Case<'_>) -> Through {
    match case.seat() {
        Seat::Instance(instance) => {
            let way = s3::way(case, instance);
            if way.found.is_sound() {
                way.through
            } else {
                Through::Nothing
            }
        }
        Seat::Hybrid | Seat::Nowhere | Seat::Unread(_) => Through::Nothing,
    }
}

/// The way to a service that is found by its name: through an interface endpoint, or out; none
/// where there is neither.
fn by_name(case: Case<'_>, instance: &Instance, service: Service) -> Option<Way> {
    let endpoints = match &instance.network.endpoints {
        Fact::Known(endpoints) => endpoints,
        Fact::Unread(need) => {
            return Some(Way {
                found: unread(need),
                through: Through::Nothing,
            });
        }
    };
    let names = dns::resolves(case, instance);
    let out = internet::way(case, instance, service).map(|mut found| {
        found.join(names.clone());
        Way {
            found,
            through: Through::Internet,
        }
    });
    let Some(endpoint) = interface_of(endpoints, service) else {
        return out;
    };
    let mut found = endpoint::interface(case, instance, endpoint);
    let leads = dns::leads_to_endpoints(instance);
    let may_take_over = endpoint.private_dns() && endpoint.is_available() && !leads.is_broken();
    let sure = leads.is_sound();
    found.join(names);
    found.join(leads);
    let own = Way {
        found,
        through: Through::Endpoint(endpoint.id.clone()),
    };
    Some(match out {
        // Whether the endpoint's faults matter hangs on what could not be read.
        Some(out) if may_take_over && !sure && out.found.is_sound() => Way {
            found: Found {
                findings: Vec::new(),
                needs: own.found.needs,
            },
            through: Through::Nothing,
        },
        Some(out) if !may_take_over => nearest(own, out),
        Some(_) | None => own,
    })
}

/// The one of two ways that works, or may; the one that takes fewer mends otherwise.
fn nearest(first: Way, second: Way) -> Way {
    let rank = |way: &Way| (way.found.findings.len(), way.found.needs.len());
    if rank(&second) < rank(&first) {
        second
    } else {
        first
    }
}

/// The endpoint of a service that has addresses: the one that its name leads to, if any.
fn interface_of(endpoints: &[Endpoint], service: Service) -> Option<&Endpoint> {
    let mut of_service: Vec<&Endpoint> = endpoints
        .iter()
        .filter(|endpoint| endpoint.service == service && endpoint.is_interface())
        .collect();
    of_service.sort_by_key(|endpoint| !(endpoint.private_dns() && endpoint.is_available()));
    of_service.first().copied()
}

/// What is missing where there is neither an endpoint nor a way out.
fn nothing(instance: &Instance, service: Service) -> Found {
    let mut found = Found::default();
    let any = match &instance.network.endpoints {
        Fact::Known(endpoints) => endpoints.iter().any(Endpoint::is_interface),
        Fact::Unread(_) => true,
    };
    if let Some(table) = found.read(&instance.network.routes) {
        let (vpc, subnet) = (instance.vpc.clone(), instance.subnet.clone());
        if any {
            found.find(EndpointFault::Missing {
                service,
                vpc,
                subnet,
            });
        } else {
            found.find(WayOutFault::NoWayOut {
                vpc,
                subnet,
                table: table.id.clone(),
            });
        }
    }
    found
}

impl Endpoint {
    /// Whether it has addresses in the VPC.
    pub(super) fn is_interface(&self) -> bool {
        match self.form {
            EndpointForm::Interface { .. } => true,
            EndpointForm::Gateway => false,
        }
    }

    fn private_dns(&self) -> bool {
        match self.form {
            EndpointForm::Interface { private_dns, .. } => private_dns,
            EndpointForm::Gateway => false,
        }
    }

    fn is_available(&self) -> bool {
        self.state == EndpointState::Available
    }
}
