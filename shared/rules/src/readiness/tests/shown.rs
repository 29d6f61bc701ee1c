//! What callers are shown of a report.

use serde_json::{Value, json};

use super::{Base, Setup};
use crate::readiness::*;
use crate::wire::ReadinessView;

fn shown(setup: &Setup) -> Value {
    let view = ReadinessView::of(&setup.report(), &setup.place);
    let value = serde_json::to_value(&view).unwrap();
    // The command line reads it back.
    let read: ReadinessView = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(read, view);
    value
}

fn check(view: &Value, name: &str) -> Value {
    let checks = view["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|one| one["name"] == name)
        .unwrap()
        .clone()
}

#[test]
fn a_finding_is_shown_with_its_mend_and_where_it_was_made() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.without(Service::Ssm);
    let view = shown(&setup);
    assert_eq!(
        view["target"],
        "111122223333/ap-northeast-2/i-0123456789abcdef0"
    );
    assert_eq!(
        view["reachable"],
        json!({ "answer": "no", "because": ["endpoint-missing"] })
    );
    assert_eq!(view["log_lands"], json!({ "answer": "yes" }));
    assert_eq!(
        check(&view, "way-to-ssm"),
        json!({
            "name": "way-to-ssm",
            "question": "reach",
            "evidence": "no way was found",
            "status": "fails",
            "findings": ["endpoint-missing"],
        })
    );
    assert_eq!(check(&view, "hybrid-tier")["status"], "not_applicable");
    let finding = &view["findings"][0];
    let command = finding["command"].as_str().unwrap();
    assert!(
        command.contains("com.amazonaws.ap-northeast-2.ssm --subnet-ids subnet-"),
        "{command}"
    );
    let template = finding["template"].as_str().unwrap();
    assert!(
        template.starts_with("SsmEndpoint:\n  Type: AWS::EC2::VPCEndpoint\n"),
        "{template}"
    );
}

#[test]
fn a_need_is_shown_with_the_permission() {
    let mut setup = Setup::of(Base::Endpoints);
    let need = Need::Permission("ec2:DescribeVpcEndpoints".parse().unwrap());
    setup.network(|network| network.endpoints = Fact::Unread(need));
    let view = shown(&setup);
    let needs = json!([{
        "says": "permission `ec2:DescribeVpcEndpoints`",
        "permission": "ec2:DescribeVpcEndpoints",
    }]);
    assert_eq!(
        view["reachable"],
        json!({ "answer": "unknown", "needs": needs })
    );
    assert_eq!(check(&view, "way-to-ssm")["status"], "unknown");
    assert_eq!(check(&view, "way-to-ssm")["needs"], needs);
    assert_eq!(view["findings"], json!([]));
}
