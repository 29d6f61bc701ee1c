//! What hangs on more than one fact.

use std::collections::BTreeSet;

use super::breaks::codes;
use super::setup::{ROLE, open_policy};
use super::{Base, Setup};
use crate::readiness::*;

fn need(permission: &str) -> Need {
    Need::Permission(permission.parse().unwrap())
}

fn naming_the_role() -> serde_json::Value {
    let mut policy = open_policy();
    policy["Statement"][0]["Principal"] = serde_json::json!({ "AWS": ROLE });
    policy
}

#[test]
fn a_fault_that_may_not_matter_is_no_finding() {
    // Where DNS hostnames are off, the endpoint takes nothing over, and NAT leads there.
    let mut setup = Setup::of(Base::Both);
    setup.endpoint_ingress(Vec::new());
    let vpc = need("ec2:DescribeVpcAttribute");
    setup.network(|network| network.dns_hostnames = Fact::Unread(vpc.clone()));
    let report = setup.report();
    assert_eq!(report.findings(), Vec::<&Finding>::new());
    let Answer::Unknown { needs } = report.reachable() else {
        panic!("{report:#?}");
    };
    assert_eq!(needs, std::slice::from_ref(&vpc));
    // Where NAT does not lead there either, the fault matters whatever DNS says.
    setup.no_default();
    assert_eq!(
        codes(&setup.report()),
        BTreeSet::from(["endpoint-security-group-closed"])
    );
    // Where endpoints were not read, nobody knows whether DNS hostnames matter.
    let endpoints = need("ec2:DescribeVpcEndpoints");
    setup.network(|network| network.endpoints = Fact::Unread(endpoints));
    let checks = setup.report().checks.into_iter();
    let mut hostnames = checks.filter(|check| check.name == CheckName::DnsHostnames);
    assert_eq!(hostnames.next().unwrap().needs(), [vpc]);
}

#[test]
fn across_accounts_the_role_needs_its_own_policies_as_well() {
    let mut setup = Setup::of(Base::OtherAccount);
    setup.bucket(|bucket| bucket.policy = Fact::Known(Some(naming_the_role())));
    assert_eq!(setup.report().log_lands(), Answer::Yes);
    setup.take("s3:", "", Decision::ImplicitDeny);
    let lacks = BTreeSet::from(["role-lacks-log-write", "role-lacks-encryption-read"]);
    assert_eq!(codes(&setup.report()), lacks);
}

#[test]
fn what_a_role_is_denied_no_resource_gives() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.key(KeyUse::Log, |key| key.policy = naming_the_role());
    setup.bucket(|bucket| bucket.policy = Fact::Known(Some(naming_the_role())));
    setup.take("kms:GenerateDataKey", "", Decision::ExplicitDeny);
    setup.take("s3:PutObject", "", Decision::ExplicitDeny);
    let denied = BTreeSet::from(["role-lacks-key-actions", "role-lacks-log-write"]);
    assert_eq!(codes(&setup.report()), denied);
}

#[test]
fn a_profile_that_denies_the_heartbeat_gives_way_to_host_management() {
    let mut spare = Setup::of(Base::HostManagement);
    let mut setup = Setup::of(Base::Endpoints);
    setup.take("ssm:", "", Decision::ExplicitDeny);
    spare.role(|role| {
        let role = role.clone();
        setup.instance(|instance| instance.host_management = Fact::Known(Some(role)));
    });
    assert_eq!(setup.report().reachable(), Answer::Yes);
}

#[test]
fn an_alias_in_a_document_may_stand_for_any_key() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.documents(|inputs| inputs.key = Some("alias/sessions".into()));
    assert!(matches!(setup.report().log_lands(), Answer::Unknown { .. }));
    setup.documents(|inputs| inputs.key = Some(super::setup::key_arn(KeyUse::Session).into()));
    assert_eq!(setup.report().log_lands(), Answer::Yes);
}
