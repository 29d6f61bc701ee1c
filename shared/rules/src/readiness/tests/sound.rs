//! Sound set-ups have no finding, and nothing about them is unknown.

use super::setup::{ENDPOINT_SUBNET, block, https, route};
use super::*;
use crate::facts::{Ping, Platform};
use crate::readiness::*;

fn is_sound(setup: &Setup) {
    let report = setup.report();
    assert_eq!(report.findings(), Vec::<&Finding>::new(), "{report:#?}");
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
}

#[test]
fn a_sound_set_up_has_no_finding() {
    for base in Base::ALL {
        let setup = Setup::of(base);
        is_sound(&setup);
        let forwards = if base == Base::OldAgent {
            Answer::NotApplicable
        } else {
            Answer::Yes
        };
        assert_eq!(setup.report().forwards_safely(), forwards, "{base:?}");
    }
}

#[test]
fn one_way_is_enough() {
    let changes: [fn(&mut Setup); 6] = [
        |s| s.no_default(),
        |s| s.nat(|nat| nat.available = false),
        |s| s.network(|network| network.dns_hostnames = Fact::Known(false)),
        |s| s.private_dns_off(Service::Ssm),
        |s| s.without(Service::SsmMessages),
        |s| {
            s.endpoint(Service::Kms, |e| {
                e.state = EndpointState::Other("failed".into())
            })
        },
    ];
    for change in changes {
        let mut setup = Setup::of(Base::Both);
        change(&mut setup);
        is_sound(&setup);
    }
    // A bucket elsewhere is reached through NAT, past the gateway endpoint.
    let mut setup = Setup::of(Base::Both);
    setup.bucket(|bucket| bucket.region = "eu-west-1".parse().unwrap());
    is_sound(&setup);
}

#[test]
fn what_does_not_matter_is_not_found() {
    let changes: [fn(&mut Setup); 5] = [
        |s| {
            s.role(|role| {
                // The policy of the bucket names the role, so its own policies need not.
                let Fact::Known(simulated) = &mut role.simulated else {
                    return;
                };
                simulated
                    .iter_mut()
                    .filter(|one| one.action.as_str() == "s3:PutObjectAcl")
                    .for_each(|one| one.decision = Fact::Known(Decision::ImplicitDeny));
            })
        },
        |s| s.take("ec2messages:", "", Decision::ImplicitDeny),
        |s| s.bucket(|bucket| bucket.encryption = Fact::Known(Encryption::Kms { key: None })),
        |s| s.bucket(|bucket| bucket.policy = Fact::Known(None)),
        |s| {
            s.network(|network| {
                // An endpoint in the instance's own subnet, which traffic reaches past every ACL.
                network.acls = Fact::Known(std::collections::BTreeMap::new());
                let Fact::Known(endpoints) = &mut network.endpoints else {
                    return;
                };
                endpoints.retain(Endpoint::is_interface);
                for endpoint in endpoints {
                    if let EndpointForm::Interface { interfaces, .. } = &mut endpoint.form {
                        let Fact::Known(interfaces) = interfaces else {
                            return;
                        };
                        interfaces[0].subnet = setup::OWN_SUBNET.parse().unwrap();
                    }
                }
            })
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut setup = Setup::of(Base::Endpoints);
        change(&mut setup);
        let last = number == 4;
        if last {
            assert_eq!(
                setup.report().reachable(),
                Answer::Yes,
                "{:#?}",
                setup.report()
            );
        } else {
            is_sound(&setup);
        }
    }
    assert_ne!(ENDPOINT_SUBNET, setup::OWN_SUBNET);
}

#[test]
fn an_agent_falls_back_to_host_management_where_its_profile_does_not_do() {
    let spare = {
        let mut setup = Setup::of(Base::HostManagement);
        let mut spare = None;
        setup.role(|role| spare = Some(role.clone()));
        spare.unwrap()
    };
    let mut setup = Setup::of(Base::Endpoints);
    setup.take("ssm:", "", Decision::ImplicitDeny);
    setup.instance(|instance| instance.host_management = Fact::Known(Some(spare)));
    is_sound(&setup);
}

#[test]
fn a_role_that_the_resource_names_needs_no_policy_of_its_own() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.take("s3:", "", Decision::ImplicitDeny);
    setup.take("kms:", "", Decision::ImplicitDeny);
    let named = || {
        let mut policy = setup::open_policy();
        policy["Statement"][0]["Principal"] = serde_json::json!({ "AWS": setup::ROLE });
        policy
    };
    setup.bucket(|bucket| bucket.policy = Fact::Known(Some(named())));
    setup.key(KeyUse::Log, |key| key.policy = named());
    setup.key(KeyUse::Session, |key| key.policy = named());
    is_sound(&setup);
}

#[test]
fn only_what_is_asked_for_is_judged() {
    let port = |setup: &mut Setup| setup.kinds = vec![setup.kinds[2].clone()];
    let mut setup = Setup::of(Base::Endpoints);
    port(&mut setup);
    // Ports are neither logged nor encrypted with the session key (AWS-FACTS 0.6, 1.16).
    setup.facts.bucket = Fact::Known(None);
    setup.facts.session_key = None;
    setup.without(Service::Kms);
    let report = setup.report();
    assert_eq!(report.reachable(), Answer::Yes);
    assert_eq!(report.log_lands(), Answer::NotApplicable);
    assert_eq!(report.forwards_safely(), Answer::Yes);
    // An agent that is too old for ports carries shells.
    let mut setup = Setup::of(Base::Endpoints);
    setup.kinds.truncate(1);
    setup.agent(|agent| agent.version = "3.3.4850.0".into());
    is_sound(&setup);
}

#[test]
fn windows_answers_on_other_ports() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.network(|network| {
        let Fact::Known(acls) = &mut network.acls else {
            return;
        };
        for entry in acls.values_mut().flat_map(|acl| &mut acl.entries) {
            if entry.traffic != Traffic::Tcp(PortRange::HTTPS) {
                entry.traffic = Traffic::Tcp(PortRange::new(49_152, 65_535).unwrap());
            }
        }
    });
    assert!(!setup.report().findings().is_empty());
    setup.agent(|agent| agent.platform = Platform::Windows);
    is_sound(&setup);
}

#[test]
fn where_a_route_cannot_be_followed_only_a_connected_agent_proves_the_way() {
    let mut setup = Setup::of(Base::Transit);
    setup.agent(|agent| agent.ping = Ping::ConnectionLost);
    let report = setup.report();
    let way = |name| {
        report
            .checks
            .iter()
            .find(|check| check.name == name)
            .unwrap()
    };
    let needs = way(CheckName::Way(Service::Ssm)).needs();
    assert_eq!(
        needs,
        [Need::Other("where `tgw-00000000000000001` leads".into())]
    );
    // Nor is it known whom servers of somebody's own ask.
    let mut setup = Setup::of(Base::Endpoints);
    let own = Resolver::Own(vec!["10.0.0.53".parse().unwrap()]);
    setup.network(|network| network.resolver = Fact::Known(own));
    is_sound(&setup);
    setup.facts.connected =
        Fact::Unread(Need::Permission("ssm:GetConnectionStatus".parse().unwrap()));
    assert!(matches!(setup.report().reachable(), Answer::Unknown { .. }));
}

#[test]
fn a_connected_agent_proves_what_rules_and_policies_leave_in_doubt_of_its_own_ways() {
    let changes: [fn(&mut Setup); 4] = [
        |s| {
            s.egress(vec![https(GroupPeer::List(
                "pl-0000000000000001f".parse().unwrap(),
            ))])
        },
        |s| {
            s.endpoint_ingress(vec![https(GroupPeer::List(
                "pl-0000000000000001f".parse().unwrap(),
            ))])
        },
        |s| {
            s.endpoint(Service::Ssm, |endpoint| {
                let organization = serde_json::json!({
                    "StringEquals": { "aws:PrincipalOrgID": "o-1" },
                });
                endpoint.policy["Statement"][0]["Condition"] = organization;
            });
        },
        |s| {
            s.lead_out(true);
            s.no_default();
            let nat = Fact::Known(Nat {
                available: true,
                leads_out: true,
            });
            let nat = RouteTarget::Nat("nat-00000000000000001".parse().unwrap(), nat);
            s.routes(|routes| {
                routes.push(route("0.0.0.0/1", nat.clone()));
                routes.push(route("128.0.0.0/1", nat));
            });
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut setup = Setup::of(Base::Endpoints);
        change(&mut setup);
        let way = |setup: &Setup| {
            let report = setup.report();
            assert_eq!(report.findings(), Vec::<&Finding>::new(), "{number}");
            let ways = report.checks.into_iter();
            let mut ways = ways.filter(|check| check.name == CheckName::Way(Service::Ssm));
            ways.next().unwrap().status
        };
        assert_eq!(way(&setup), Status::Ok, "{number}");
        setup.facts.connected = Fact::Unread(Need::Other("time".into()));
        assert!(matches!(way(&setup), Status::Unknown { .. }), "{number}");
    }
}

#[test]
fn an_instance_without_ipv4_goes_by_its_own_routes() {
    let mut setup = Setup::of(Base::Nat);
    setup.instance(|instance| instance.private_address = "2001:db8::7".parse().unwrap());
    setup.routes(|routes| {
        routes.push(route(
            "::/0",
            RouteTarget::Internet("eigw-00000000000000001".parse().unwrap()),
        ));
    });
    setup.egress(vec![https(block("::/0"))]);
    setup.network(|network| {
        let Fact::Known(acls) = &mut network.acls else {
            return;
        };
        for entry in acls.values_mut().flat_map(|acl| &mut acl.entries) {
            entry.block = "::/0".parse().unwrap();
        }
    });
    is_sound(&setup);
}
