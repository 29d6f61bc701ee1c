//! Whether an endpoint can be used by the instance, and for what the agent does.

use super::{acls, groups};
use crate::names::Arn;
use crate::readiness::case::Case;
use crate::readiness::check::Found;
use crate::readiness::cidr::{Cidr, PortRange};
use crate::readiness::facts::{
    Direction, Endpoint, EndpointForm, EndpointState, Fact, Instance, Interface, NetworkAcl,
    RouteDestination, RouteTarget, Service,
};
use crate::readiness::finding::{EndpointFault, WayOutFault};
use crate::readiness::ids::{GroupId, PrefixListId, SubnetId};
use crate::readiness::permissions::READ_ENCRYPTION;
use crate::readiness::permissions::{acting, action, bucket_arn, log_object, through_endpoint};
use crate::readiness::policy::{Asked, Context, Says, judge};

/// Whether an interface endpoint can be used; whether its name leads to it is DNS's affair, apart
/// from its own switch. Every address of it has to be reachable, for its name leads to any of them.
pub(super) fn interface(case: Case<'_>, instance: &Instance, endpoint: &Endpoint) -> Found {
    let EndpointForm::Interface {
        private_dns,
        groups: endpoint_groups,
        interfaces,
    } = &endpoint.form
    else {
        return Found::default();
    };
    let mut found = available(endpoint);
    if found.is_broken() {
        return found;
    }
    if !private_dns {
        found.find(EndpointFault::PrivateDnsOff {
            endpoint: endpoint.id.clone(),
            service: endpoint.service,
        });
    }
    if let Some(interfaces) = found.read(interfaces) {
        if interfaces.is_empty() {
            found.wonder(format!("the addresses of `{}`", endpoint.id));
        }
        for interface in interfaces {
            found.join(by_groups(
                case,
                instance,
                endpoint.service,
                interface,
                endpoint_groups,
            ));
            found.join(by_acls(case, instance, endpoint.service, interface));
        }
    }
    found.join(by_policy(case, instance, endpoint));
    found
}

/// Whether the gateway endpoint of S3 can be used, whose addresses the list names.
pub(super) fn gateway(
    case: Case<'_>,
    instance: &Instance,
    endpoint: &Endpoint,
    list: &PrefixListId,
) -> Found {
    let mut found = available(endpoint);
    if found.is_broken() {
        return found;
    }
    let block = Cidr::any_like(instance.private_address);
    let own = &instance.network.groups;
    if let Some(rules) = found.read(&instance.network.rules)
        && groups::are_known(&mut found, rules, own)
    {
        let far = groups::Far::Outside {
            block,
            list: Some(list),
        };
        let passage = groups::passage(rules, own, groups::egress, far);
        passage.settle(&mut found, false, || {
            groups::closed(rules, own).unwrap_or_else(|| WayOutFault::EgressMissesS3 {
                groups: own.clone(),
                list: list.clone(),
            })
        });
    }
    found.join(own_acl(case, instance, block, Service::S3));
    found.join(by_policy(case, instance, endpoint));
    found
}

fn available(endpoint: &Endpoint) -> Found {
    match &endpoint.state {
        EndpointState::Available => Found::default(),
        EndpointState::Other(state) => Found::broken(EndpointFault::NotAvailable {
            endpoint: endpoint.id.clone(),
            service: endpoint.service,
            state: state.clone(),
        }),
    }
}

fn by_groups(
    case: Case<'_>,
    instance: &Instance,
    service: Service,
    interface: &Interface,
    endpoint: &[GroupId],
) -> Found {
    let mut found = Found::default();
    let Some(rules) = found.read(&instance.network.rules) else {
        return found;
    };
    let own = &instance.network.groups;
    let both = [own.as_slice(), endpoint].concat();
    if !groups::are_known(&mut found, rules, &both) {
        return found;
    }
    let public = lists_of_services(instance);
    let vouched = case.vouches(service);
    let to = groups::Far::Inside {
        address: interface.address,
        groups: endpoint,
        public: &public,
    };
    let out = groups::passage(rules, own, groups::egress, to);
    out.settle(&mut found, vouched, || {
        groups::closed(rules, own).unwrap_or_else(|| WayOutFault::EgressMissesEndpoint {
            groups: own.clone(),
            endpoint: endpoint.to_vec(),
        })
    });
    let from = groups::Far::Inside {
        address: instance.private_address,
        groups: own,
        public: &public,
    };
    let into = groups::passage(rules, endpoint, groups::ingress, from);
    into.settle(&mut found, vouched, || EndpointFault::GroupClosed {
        groups: endpoint.to_vec(),
        from: instance.private_address,
    });
    found
}

/// The lists that gateway endpoints have routes for: the public addresses of services.
fn lists_of_services(instance: &Instance) -> Vec<&PrefixListId> {
    let Fact::Known(table) = &instance.network.routes else {
        return Vec::new();
    };
    let routes = table.routes.iter();
    routes
        .filter_map(|route| match (&route.destination, &route.target) {
            (RouteDestination::List(list), RouteTarget::Endpoint(_)) => Some(list),
            (RouteDestination::List(_) | RouteDestination::Block(_), _) => None,
        })
        .collect()
}

/// Traffic within one subnet passes no network ACL.
fn by_acls(case: Case<'_>, instance: &Instance, service: Service, interface: &Interface) -> Found {
    if interface.subnet == instance.subnet {
        return Found::default();
    }
    let mut found = own_acl(case, instance, Cidr::of(interface.address), service);
    let Some(acl) = acl_of(&mut found, instance, &interface.subnet) else {
        return found;
    };
    let (vouched, own) = (case.vouches(service), instance.private_address);
    let requests = acls::passage(acl, Direction::In, PortRange::HTTPS, Cidr::of(own));
    requests.settle(&mut found, vouched, || EndpointFault::AclBlocksRequests {
        acl: acl.id.clone(),
        from: own,
    });
    let answers = acls::passage(acl, Direction::Out, case.own_ports(), Cidr::of(own));
    answers.settle(&mut found, vouched, || EndpointFault::AclBlocksAnswers {
        acl: acl.id.clone(),
        to: own,
    });
    found
}

/// Whether the network ACL of the instance's subnet lets requests out and answers in.
pub(super) fn own_acl(case: Case<'_>, instance: &Instance, far: Cidr, service: Service) -> Found {
    let mut found = Found::default();
    let Some(acl) = acl_of(&mut found, instance, &instance.subnet) else {
        return found;
    };
    let vouched = case.vouches(service);
    let block = Cidr::any_like(instance.private_address);
    let requests = acls::passage(acl, Direction::Out, PortRange::HTTPS, far);
    requests.settle(&mut found, vouched, || WayOutFault::AclBlocksRequests {
        acl: acl.id.clone(),
        block,
    });
    let answers = acls::passage(acl, Direction::In, case.own_ports(), far);
    answers.settle(&mut found, vouched, || WayOutFault::AclBlocksAnswers {
        acl: acl.id.clone(),
        block,
    });
    found
}

/// The network ACL of a subnet, where it was read.
fn acl_of<'a>(
    found: &mut Found,
    instance: &'a Instance,
    subnet: &SubnetId,
) -> Option<&'a NetworkAcl> {
    let acl = found.read(&instance.network.acls)?.get(subnet);
    if acl.is_none() {
        found.wonder(format!("the network ACL of `{subnet}`"));
    }
    acl
}

/// Whether the endpoint's policy lets through what the agent does.
fn by_policy(case: Case<'_>, instance: &Instance, endpoint: &Endpoint) -> Found {
    let role = acting(case).ok().map(|(role, _)| &role.arn);
    let target = &case.facts.target;
    let mut context = Context::default()
        .with("aws:sourcevpce", endpoint.id.as_str())
        .with("aws:sourcevpc", instance.vpc.as_str());
    if let Some(role) = role {
        context = context
            .with("aws:principalarn", role.to_string())
            .with("aws:principalaccount", role.account().as_str());
    }
    let mut found = Found::default();
    let mut denied = Vec::new();
    for name in through_endpoint(endpoint.service) {
        let resource = match endpoint.service {
            Service::Ssm => Arn::of_target(target).to_string(),
            Service::SsmMessages | Service::Ec2Messages | Service::Logs => "*".to_owned(),
            Service::Kms => match &case.place.session_key {
                Some(key) => Arn::of_key(&target.account, &target.region, key).to_string(),
                None => "*".to_owned(),
            },
            Service::S3 if *name == READ_ENCRYPTION => bucket_arn(target, case.place),
            Service::S3 => log_object(target, case.place),
        };
        let asked = Asked {
            role,
            action: name,
            resource: &resource,
            context: &context,
        };
        match judge(&endpoint.policy, &asked) {
            Says::Allows { .. } => {}
            Says::Denies(_) | Says::Nothing => denied.push(action(name)),
            Says::Doubtful(_) if case.vouches(endpoint.service) => {}
            Says::Doubtful(statement) => found.wonder(format!(
                "what statement `{statement}` in the policy of `{}` comes to",
                endpoint.id
            )),
        }
    }
    if !denied.is_empty() {
        found.find(EndpointFault::PolicyDenies {
            endpoint: endpoint.id.clone(),
            service: endpoint.service,
            actions: denied,
        });
    }
    found
}
