//! The resolution of names: without it no way is a way, and without DNS hostnames the names of
//! services do not lead to their endpoints (AWS-FACTS 4.3).

use super::agent::unread;
use super::case::Case;
use super::check::{Check, CheckName, Found};
use super::facts::{Endpoint, Fact, Instance, Resolver};
use super::finding::{DnsFault, Finding};

/// Whether names are resolved at all.
pub(super) fn resolves(case: Case<'_>, instance: &Instance) -> Found {
    let mut found = Found::default();
    let support = found.read(&instance.network.dns_support);
    let resolver = found.read(&instance.network.resolver);
    match (support, resolver) {
        (Some(false), Some(Resolver::Amazon)) => found.find(DnsFault::SupportOff {
            vpc: instance.vpc.clone(),
        }),
        // Whom they ask in turn is not seen from here. An agent that is connected has its answer.
        (_, Some(Resolver::Own(_))) if !case.is_connected() => {
            found.wonder("whether the VPC's own DNS servers forward `amazonaws.com`");
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    found
}

/// Whether the VPC lets the names of services lead to endpoints.
pub(super) fn leads_to_endpoints(instance: &Instance) -> Found {
    let mut found = Found::default();
    if let Some(false) = found.read(&instance.network.dns_support) {
        found.find(DnsFault::SupportOff {
            vpc: instance.vpc.clone(),
        });
    }
    if let Some(false) = found.read(&instance.network.dns_hostnames) {
        found.find(DnsFault::HostnamesOff {
            vpc: instance.vpc.clone(),
        });
    }
    found
}

/// Names are resolved in the VPC.
pub(super) fn name_resolution(case: Case<'_>, instance: &Instance) -> Check {
    let network = &instance.network;
    let evidence = match (&network.dns_support, &network.resolver) {
        (Fact::Known(support), Fact::Known(Resolver::Amazon)) => {
            format!("`enableDnsSupport` is {support}, and instances ask Amazon's resolver")
        }
        (Fact::Known(support), Fact::Known(Resolver::Own(servers))) => {
            let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
            let servers = servers.join(", ");
            format!("`enableDnsSupport` is {support}, and instances ask {servers}")
        }
        (Fact::Unread(_), _) | (_, Fact::Unread(_)) => "not read".to_owned(),
    };
    Check::judged(
        CheckName::NameResolution,
        resolves(case, instance),
        evidence,
    )
}

/// The names of services can lead to endpoints, where a way needs that; `ways` are the checks of
/// the ways.
pub(super) fn hostnames(instance: &Instance, ways: &[Check]) -> Check {
    let name = CheckName::DnsHostnames;
    let off = Finding::from(DnsFault::HostnamesOff {
        vpc: instance.vpc.clone(),
    });
    let network = &instance.network;
    let interfaces = match &network.endpoints {
        Fact::Known(endpoints) => endpoints.iter().any(Endpoint::is_interface),
        Fact::Unread(_) => true,
    };
    let missed = ways.iter().any(|way| way.findings().contains(&off));
    match &network.dns_hostnames {
        Fact::Unread(need) if interfaces => Check::judged(name, unread(need), "not read"),
        Fact::Known(false) if missed => {
            Check::judged(name, Found::broken(off), "`enableDnsHostnames` is false")
        }
        Fact::Known(true) => Check::judged(name, Found::default(), "`enableDnsHostnames` is true"),
        Fact::Known(false) | Fact::Unread(_) => {
            Check::not_applicable(name, "no way leads through an endpoint")
        }
    }
}
