//! What is as it should be is said to be so.

use broker::doctor::NotExamined;
use rules::readiness::{Answer, Finding, Need, Status};
use standin::Service;
use standin::ec2::Route;
use standin::kms::Key;
use standin::s3::Encryption;

use crate::house::{BUCKET, Base, House, INSTANCE};
use crate::network::{MAIN_TABLE, OWN_TABLE, VPC};

#[tokio::test]
async fn a_sound_set_up_is_all_yes() {
    for base in Base::ALL {
        let report = Box::pin(House::of(base).examined()).await;
        assert_eq!(report.findings(), Vec::<&Finding>::new(), "{base:?}");
        for check in &report.checks {
            let fine = matches!(check.status, Status::Ok | Status::NotApplicable);
            assert!(fine, "{base:?}: {check:?}");
        }
        assert_eq!(report.reachable(), Answer::Yes, "{base:?}: {report:#?}");
        assert_eq!(report.log_lands(), Answer::Yes, "{base:?}");
        assert_eq!(report.forwards_safely(), Answer::Yes, "{base:?}");
    }
}

#[tokio::test]
async fn nothing_is_changed_and_no_object_is_read() {
    for base in Base::ALL {
        let house = House::of(base);
        Box::pin(house.examined()).await;
        let journal = house.world.journal();
        assert!(journal.len() >= 15, "{base:?}");
        for call in journal {
            let reads = ["Describe", "Get", "HeadBucket", "SimulatePrincipalPolicy"];
            let name = call.operation.as_str();
            assert!(reads.iter().any(|read| name.starts_with(read)), "{name}");
            assert_ne!(name, "GetObject");
        }
    }
}

#[tokio::test]
async fn a_target_in_no_place_is_not_examined_and_nobody_is_asked() {
    let house = House::of(Base::Endpoints);
    let doctor = house.doctor_with(|config| config);
    for target in [
        "111122223333/eu-west-1/i-0123456789abcdef0",
        "444455556666/ap-northeast-2/i-0123456789abcdef0",
    ] {
        let target: rules::names::Target = target.parse().unwrap();
        let refused = Box::pin(doctor.examine(&target, &[])).await.unwrap_err();
        assert_eq!(refused, NotExamined::NotServed(target));
    }
    assert!(house.world.journal().is_empty());
}

#[tokio::test]
async fn only_the_kinds_that_are_named_count() {
    let house = House::of(Base::Endpoints);
    house
        .world
        .remove_document("Postern-Shell-60", crate::house::REGION);
    let doctor = house.doctor_with(|config| config);
    let port: Vec<_> = house.place().kinds.split_off(2);
    let report = Box::pin(doctor.examine(&house.target, &port))
        .await
        .unwrap();
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    assert_eq!(report.log_lands(), Answer::NotApplicable);
    let all = Box::pin(house.examined()).await;
    assert!(matches!(all.reachable(), Answer::No { .. }));
}

#[tokio::test]
async fn a_subnet_without_a_route_table_uses_the_main_one() {
    let house = House::of(Base::Endpoints);
    house.network(|net| {
        let own = net.route_tables.get_mut(OWN_TABLE).unwrap();
        own.subnets.clear();
        let routes = own.routes.clone();
        net.route_tables.get_mut(MAIN_TABLE).unwrap().routes = routes;
    });
    assert_eq!(Box::pin(house.examined()).await.log_lands(), Answer::Yes);
}

#[tokio::test]
async fn amazons_resolver_is_known_by_its_addresses_too() {
    for (server, expected) in [
        ("10.0.0.2", true),
        ("169.254.169.253", true),
        ("fd00:ec2::253", true),
        ("10.0.0.53", false),
    ] {
        let house = House::of(Base::Endpoints);
        house.world.set_agent_channel(INSTANCE, false).unwrap();
        house.network(|net| {
            for options in net.dhcp_options.values_mut() {
                options.servers = vec![server.to_owned()];
            }
        });
        let report = Box::pin(house.examined()).await;
        let wondered = report.checks.iter().flat_map(|check| check.needs());
        let wondered = wondered.filter(|need| need.to_string().contains("DNS servers"));
        assert_eq!(wondered.count() == 0, expected, "{server}: {report:#?}");
    }
}

#[tokio::test]
async fn a_vpc_without_dhcp_options_leaves_open_whom_instances_ask() {
    let house = House::of(Base::Endpoints);
    house.network(|net| net.vpcs.get_mut(VPC).unwrap().dhcp_options = "default".to_owned());
    let report = Box::pin(house.examined()).await;
    let Answer::Unknown { needs } = report.reachable() else {
        panic!("{report:#?}");
    };
    let open = format!("whom instances of `{VPC}` ask for names");
    assert_eq!(needs, [Need::Other(open)]);
}

#[tokio::test]
async fn an_instance_of_a_subnet_with_ipv6_alone_goes_by_ipv6() {
    let house = House::of(Base::Endpoints);
    house.network(|net| {
        let instance = net.instances.get_mut(INSTANCE).unwrap();
        instance.private_address = None;
        instance.ipv6_address = Some("2001:db8:1::7".to_owned());
        for (number, interface) in (1..).zip(net.interfaces.values_mut()) {
            interface.ipv6_address = Some(format!("2001:db8:2::{number}"));
        }
        for group in net.groups.values_mut() {
            for rule in group.ingress.iter_mut() {
                rule.peers = vec!["2001:db8:1::/64".to_owned()];
            }
        }
        for acl in net.acls.values_mut() {
            for entry in &mut acl.entries {
                entry.block = "::/0".to_owned();
            }
        }
    });
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
}

#[tokio::test]
async fn what_lies_behind_a_transit_gateway_or_a_firewall_is_not_known() {
    for target in [
        "tgw-00000000000000001",
        "vpce-0fedcba9876543210",
        "eni-00000000000000077",
    ] {
        let house = House::of(Base::Nat);
        house.world.set_agent_channel(INSTANCE, false).unwrap();
        house.network(|net| {
            let routes = &mut net.route_tables.get_mut(OWN_TABLE).unwrap().routes;
            routes[1] = Route::to("0.0.0.0/0", target);
        });
        let report = Box::pin(house.examined()).await;
        let wondered = Need::Other(format!("where `{target}` leads"));
        let mut checks = report.checks.iter();
        assert!(
            checks.any(|check| check.needs().contains(&wondered)),
            "{report:#?}"
        );
    }
}

#[tokio::test]
async fn the_key_that_aws_keeps_for_s3_needs_no_policy_of_ones_own() {
    let house = House::of(Base::Endpoints);
    let key = house.key_arn("00000000-0000-4000-8000-000000000009");
    house.world.add_key(
        &key,
        Key {
            state: "Enabled".to_owned(),
            policy: "{}".to_owned(),
            of_aws: true,
        },
    );
    house.world.add_key_alias("alias/aws/s3", &key);
    let key_id = key.replace("key/00000000-0000-4000-8000-000000000009", "alias/aws/s3");
    let of_aws = Encryption::Kms { key_id };
    house
        .world
        .change_bucket(BUCKET, |old, _| *old = of_aws)
        .unwrap();
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
    assert!(house.world.calls_of(Service::Kms, "GetKeyPolicy").len() == 1);
}
