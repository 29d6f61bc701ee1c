//! What could not be read is unknown, names the permission, and is never ok.

use super::*;
use crate::readiness::*;

/// One fact, in a set-up where it matters, and how it is made unread.
struct Hidden {
    name: &'static str,
    base: Base,
    permission: &'static str,
    hide: fn(&mut Setup, Need),
}

macro_rules! hidden {
    ($($base:ident $name:literal $permission:literal |$s:ident, $need:ident| $hide:expr;)*) => {
        &[$(Hidden {
            name: $name,
            base: Base::$base,
            permission: $permission,
            hide: |$s, $need| $hide,
        },)*]
    };
}

const FACTS: &[Hidden] = hidden! {
    Endpoints "instance" "ec2:DescribeInstances"
        |s, need| s.facts.machine = Machine::Ec2(Fact::Unread(need));
    Endpoints "agent" "ssm:DescribeInstanceInformation"
        |s, need| s.facts.agent = Fact::Unread(need);
    Endpoints "connected" "ssm:GetConnectionStatus"
        |s, need| s.facts.connected = Fact::Unread(need);
    Endpoints "bucket" "s3:ListBucket" |s, need| s.facts.bucket = Fact::Unread(need);
    Endpoints "session_key" "kms:DescribeKey"
        |s, need| s.facts.session_key = Some(Fact::Unread(need));
    Endpoints "documents" "ssm:GetDocument"
        |s, need| for document in s.facts.documents.values_mut() {
            *document = Fact::Unread(need.clone());
        };
    Endpoints "profile" "iam:GetInstanceProfile"
        |s, need| s.instance(|instance| instance.profile = Some(Fact::Unread(need)));
    HostManagement "host_management" "ssm:GetServiceSetting"
        |s, need| s.instance(|instance| instance.host_management = Fact::Unread(need));
    Hybrid "advanced_tier" "ssm:GetServiceSetting"
        |s, need| if let Machine::Hybrid { advanced_tier, .. } = &mut s.facts.machine {
            *advanced_tier = Fact::Unread(need);
        };
    Hybrid "role" "ssm:DescribeInstanceInformation"
        |s, need| if let Machine::Hybrid { role, .. } = &mut s.facts.machine {
            *role = Fact::Unread(need);
        };
    Endpoints "trusted" "iam:GetRole" |s, need| s.role(|role| role.trusted = Fact::Unread(need));
    Endpoints "simulated" "iam:SimulatePrincipalPolicy"
        |s, need| s.role(|role| role.simulated = Fact::Unread(need));
    Endpoints "decision" "iam:SimulatePrincipalPolicy"
        |s, need| s.role(|role| {
            let Fact::Known(simulated) = &mut role.simulated else { return };
            for one in simulated {
                one.decision = Fact::Unread(need.clone());
            }
        });
    Endpoints "owner" "s3:ListBucket"
        |s, need| s.bucket(|bucket| bucket.owner = Fact::Unread(need));
    Endpoints "encryption" "s3:GetEncryptionConfiguration"
        |s, need| s.bucket(|bucket| bucket.encryption = Fact::Unread(need));
    Endpoints "policy" "s3:GetBucketPolicy"
        |s, need| s.bucket(|bucket| bucket.policy = Fact::Unread(need));
    Endpoints "key" "kms:GetKeyPolicy"
        |s, need| s.bucket(|bucket| {
            bucket.encryption = Fact::Known(Encryption::Kms {
                key: Some(Fact::Unread(need)),
            });
        });
    Endpoints "dns_support" "ec2:DescribeVpcAttribute"
        |s, need| s.network(|network| network.dns_support = Fact::Unread(need));
    Endpoints "dns_hostnames" "ec2:DescribeVpcAttribute"
        |s, need| s.network(|network| network.dns_hostnames = Fact::Unread(need));
    Endpoints "resolver" "ec2:DescribeDhcpOptions"
        |s, need| s.network(|network| network.resolver = Fact::Unread(need));
    Endpoints "endpoints" "ec2:DescribeVpcEndpoints"
        |s, need| s.network(|network| network.endpoints = Fact::Unread(need));
    Endpoints "interfaces" "ec2:DescribeNetworkInterfaces"
        |s, need| s.endpoint(Service::Ssm, |endpoint| {
            if let EndpointForm::Interface { interfaces, .. } = &mut endpoint.form {
                *interfaces = Fact::Unread(need);
            }
        });
    Endpoints "routes" "ec2:DescribeRouteTables"
        |s, need| s.network(|network| network.routes = Fact::Unread(need));
    Nat "Nat" "ec2:DescribeNatGateways"
        |s, need| s.change_default(|route| {
            let id = "nat-00000000000000001".parse().unwrap();
            route.target = RouteTarget::Nat(id, Fact::Unread(need));
        });
    Endpoints "rules" "ec2:DescribeSecurityGroups"
        |s, need| s.network(|network| network.rules = Fact::Unread(need));
    Endpoints "acls" "ec2:DescribeNetworkAcls"
        |s, need| s.network(|network| network.acls = Fact::Unread(need));
};

fn need(hidden: &Hidden) -> Need {
    Need::Permission(hidden.permission.parse().unwrap())
}

#[test]
fn each_fact_that_is_unread_is_unknown_and_names_the_permission() {
    for hidden in FACTS {
        let whole = Setup::of(hidden.base);
        let mut setup = whole.clone();
        (hidden.hide)(&mut setup, need(hidden));
        assert_ne!(setup.facts, whole.facts, "{}", hidden.name);
        let report = setup.report();
        let name = hidden.name;
        assert_eq!(
            report.findings(),
            Vec::<&Finding>::new(),
            "{name}: {report:#?}"
        );
        let unknown: Vec<&Check> = report
            .checks
            .iter()
            .filter(|check| check.needs().contains(&need(hidden)))
            .collect();
        assert!(!unknown.is_empty(), "{name}: {report:#?}");
        for check in unknown {
            let answer = report.answer(check.name.question());
            assert!(matches!(&answer, Answer::Unknown { needs } if needs.contains(&need(hidden))));
        }
        // What was not ok with the fact does not become ok without it.
        for (with, without) in whole.report().checks.iter().zip(&report.checks) {
            assert_eq!(with.name, without.name);
            let better = without.status == Status::Ok && with.status != Status::Ok;
            assert!(!better, "{name}: {without:?}");
        }
    }
}

#[test]
fn every_fact_there_is_is_made_unread() {
    let sources = [
        include_str!("../facts.rs"),
        include_str!("../facts/identity.rs"),
        include_str!("../facts/log.rs"),
        include_str!("../facts/network.rs"),
    ];
    let fields: usize = sources
        .iter()
        .map(|source| source.matches("Fact<").count())
        .sum();
    // One of them is the declaration of the type itself.
    assert_eq!(fields - 1, FACTS.len());
}

#[test]
fn what_is_broken_stays_found_whatever_else_is_unread() {
    for broken in table::all() {
        for hidden in FACTS.iter().filter(|hidden| hidden.base == broken.base) {
            let mut setup = broken.setup();
            (hidden.hide)(&mut setup, need(hidden));
            let report = setup.report();
            let answer = report.answer(broken.question);
            let name = (broken.name, hidden.name);
            assert_ne!(answer, Answer::Yes, "{name:?}: {report:#?}");
            for code in breaks::codes(&report) {
                // A symptom may stand by itself where its cause is not known any more.
                let symptom = code.starts_with("agent-");
                assert!(symptom || code == broken.code, "{name:?}: {code}");
            }
        }
    }
}

#[test]
fn what_a_collector_leaves_out_is_unknown() {
    type Change = (fn(&mut Setup), Question);
    let changes: [Change; 7] = [
        (|s| s.facts.session_key = None, Question::Reach),
        (|s| s.facts.documents.clear(), Question::Reach),
        (|s| s.facts.documents.clear(), Question::Log),
        (
            |s| s.role(|role| role.simulated = Fact::Known(Vec::new())),
            Question::Reach,
        ),
        (
            |s| s.role(|role| role.simulated = Fact::Known(Vec::new())),
            Question::Log,
        ),
        (
            |s| s.network(|network| network.rules = Fact::Known([].into())),
            Question::Reach,
        ),
        (
            |s| s.network(|network| network.acls = Fact::Known([].into())),
            Question::Reach,
        ),
    ];
    for (number, (change, question)) in changes.into_iter().enumerate() {
        let mut setup = Setup::of(Base::Endpoints);
        change(&mut setup);
        let report = setup.report();
        let unknown = matches!(report.answer(question), Answer::Unknown { .. });
        assert!(unknown, "{number}: {:?}", report.answer(question));
    }
}
