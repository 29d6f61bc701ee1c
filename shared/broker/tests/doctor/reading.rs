//! How facts are read: to the end of every listing, side by side, and not for ever.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use rules::readiness::{Answer, Need, Report};
use serde_json::json;
use standin::Service;
use standin::ec2::{Endpoint, NetworkAcl, RouteTable};
use standin::faults::{FaultKind, FaultRule};
use standin::kms::Key;

use crate::house::{Base, House};
use crate::network::{VPC, add_endpoint, open_policy};

fn needs(report: &Report) -> Vec<String> {
    let needs = report.checks.iter().flat_map(|check| check.needs());
    needs.map(ToString::to_string).collect()
}

fn retrying(attempts: u32) -> impl FnOnce(SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(1));
    move |config| config.into_builder().retry_config(retries).build()
}

#[tokio::test]
async fn listings_are_read_to_their_end() {
    let house = House::of(Base::Endpoints);
    house.world.shorten_simulations(1);
    // What matters sorts last, behind two pages of other things of the same VPC.
    house.network(|net| {
        fn to_the_end<T>(things: &mut BTreeMap<String, T>, prefix: &str) {
            let old: Vec<T> = std::mem::take(things).into_values().collect();
            for (number, thing) in (10..).zip(old) {
                things.insert(format!("{prefix}-0ffffffffffffff{number}"), thing);
            }
        }
        to_the_end(&mut net.route_tables, "rtb");
        to_the_end(&mut net.acls, "acl");
        to_the_end(&mut net.endpoints, "vpce");
        // The endpoint of S3 came last.
        for route in net
            .route_tables
            .values_mut()
            .flat_map(|table| &mut table.routes)
        {
            if route.target.starts_with("vpce-") {
                route.target = "vpce-0ffffffffffffff13".to_owned();
            }
        }
        for number in 0..250 {
            let id = |prefix: &str| format!("{prefix}-000000000{number:08}");
            let vpc = VPC.to_owned();
            let table = RouteTable {
                vpc: vpc.clone(),
                ..RouteTable::default()
            };
            net.route_tables.insert(id("rtb"), table);
            let acl = NetworkAcl {
                vpc: vpc.clone(),
                ..NetworkAcl::default()
            };
            net.acls.insert(id("acl"), acl);
            let endpoint = Endpoint {
                vpc,
                service: "com.amazonaws.ap-northeast-2.sqs".to_owned(),
                kind: "Interface".to_owned(),
                state: "available".to_owned(),
                policy: open_policy(),
                ..Endpoint::default()
            };
            net.endpoints.insert(id("vpce"), endpoint);
        }
    });
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
    for operation in [
        "DescribeRouteTables",
        "DescribeNetworkAcls",
        "DescribeVpcEndpoints",
    ] {
        let pages = house.world.calls_of(Service::Ec2, operation).len();
        assert_eq!(pages, 3, "{operation}");
    }
    let asked = house
        .world
        .calls_of(Service::Iam, "SimulatePrincipalPolicy");
    assert!(asked.len() > 10, "{}", asked.len());
}

#[tokio::test]
async fn the_addresses_of_many_endpoints_are_all_read() {
    let house = House::of(Base::Endpoints);
    house.network(|net| {
        for number in 34..99 {
            add_endpoint(net, "ssm", number);
        }
        // One interface has gone since: the addresses of its endpoint are not all known.
        net.interfaces.remove("eni-00000000000000098");
    });
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    house.network(|net| net.interfaces.remove("eni-00000000000000011"));
    let report = Box::pin(house.examined()).await;
    let lacking = "an answer to `ec2:DescribeNetworkInterfaces` that can be understood";
    assert!(needs(&report).contains(&lacking.to_owned()), "{report:#?}");
}

#[tokio::test]
async fn a_call_that_is_throttled_once_is_made_again() {
    let house = House::of(Base::Endpoints);
    for service in [
        Service::Ec2,
        Service::Ssm,
        Service::S3,
        Service::Iam,
        Service::Kms,
    ] {
        let mut once = FaultRule::always(service, "", FaultKind::Throttle).times(1);
        once.operation = None;
        house.world.faults().inject(once);
    }
    let doctor = house.doctor_with(retrying(3));
    let report = Box::pin(doctor.examine(&house.target, &[])).await.unwrap();
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
}

#[tokio::test]
async fn what_stays_throttled_or_fails_is_unknown_for_that_reason() {
    let fail = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (service, operation, kind, said) in [
        (
            Service::Ec2,
            "DescribeRouteTables",
            FaultKind::Throttle,
            "an answer to `ec2:DescribeRouteTables`, which is throttled",
        ),
        (
            Service::Ssm,
            "GetDocument",
            FaultKind::Throttle,
            "an answer to `ssm:GetDocument`, which is throttled",
        ),
        (
            Service::Iam,
            "SimulatePrincipalPolicy",
            FaultKind::Throttle,
            "an answer to `iam:SimulatePrincipalPolicy`, which is throttled",
        ),
        (
            Service::S3,
            "GetBucketEncryption",
            fail(500, "InternalError"),
            "an answer to `s3:GetBucketEncryption`, which failed as `InternalError`",
        ),
        (
            Service::Kms,
            "DescribeKey",
            FaultKind::TimeoutBeforeEffect,
            "an answer to `kms:DescribeKey`, which did not come in time",
        ),
        (
            Service::Ec2,
            "DescribeVpcs",
            fail(400, "OptInRequired"),
            "an answer to `ec2:DescribeVpcs`, which was refused as `OptInRequired`",
        ),
        (
            Service::Ec2,
            "DescribeVpcs",
            fail(400, "ExpiredToken"),
            "credentials for `ec2:DescribeVpcs`, refused as `ExpiredToken`",
        ),
    ] {
        let house = House::of(Base::Endpoints);
        house
            .world
            .faults()
            .inject(FaultRule::always(service, operation, kind));
        let doctor = house.doctor_with(retrying(1));
        let report = Box::pin(doctor.examine(&house.target, &[])).await.unwrap();
        assert!(report.findings().is_empty(), "{operation}: {report:#?}");
        assert!(
            needs(&report).contains(&said.to_owned()),
            "{:?}",
            needs(&report)
        );
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_is_unknown_and_there_is_a_report() {
    for (service, operation, said) in [
        (
            Service::Ec2,
            "DescribeInstances",
            "an answer to `ec2:DescribeInstances`, which did not come in time",
        ),
        (
            Service::S3,
            "HeadBucket",
            "an answer to `s3:HeadBucket`, which did not come in time",
        ),
    ] {
        let house = House::of(Base::Endpoints);
        house
            .world
            .faults()
            .inject(FaultRule::always(service, operation, FaultKind::Hang));
        let doctor = house.doctor_with(|config| config);
        let doctor = doctor.within(Duration::from_millis(250));
        let begun = Instant::now();
        let report = Box::pin(doctor.examine(&house.target, &[])).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert!(
            needs(&report).contains(&said.to_owned()),
            "{:?}",
            needs(&report)
        );
    }
}

#[tokio::test]
async fn actions_that_iam_does_not_take_together_are_asked_one_by_one() {
    let house = House::of(Base::Endpoints);
    let together = FaultRule {
        body_contains: Some("s3%3APutObjectAcl".to_owned()),
        ..FaultRule::once(
            Service::Iam,
            "SimulatePrincipalPolicy",
            FaultKind::Fail {
                status: 400,
                code: "InvalidInput".to_owned(),
            },
        )
    };
    house.world.faults().inject(together);
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
}

#[tokio::test]
async fn what_cannot_be_understood_is_unknown() {
    let house = House::of(Base::Endpoints);
    house.network(|net| {
        for endpoint in net.endpoints.values_mut() {
            endpoint.policy = "no policy".to_owned();
        }
    });
    let key = house.key_arn(crate::house::LOG_KEY);
    let policy = json!([]).to_string();
    let state = "Enabled".to_owned();
    house.world.add_key(
        &key,
        Key {
            state,
            policy,
            of_aws: false,
        },
    );
    let report = Box::pin(house.examined()).await;
    assert!(report.findings().is_empty(), "{report:#?}");
    for call in ["ec2:DescribeVpcEndpoints", "kms:GetKeyPolicy"] {
        let need = Need::Other(format!("an answer to `{call}` that can be understood"));
        assert!(needs(&report).contains(&need.to_string()), "{report:#?}");
    }
}
