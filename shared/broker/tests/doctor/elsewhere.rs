//! An instance of another account is read as the place's operator role, and with reads alone.

use std::collections::BTreeSet;

use rules::readiness::Answer;
use serde_json::{Value, json};
use standin::Service;
use standin::iam::RoleSpec;

use crate::house::{House, actions, doctors_policy};

const MEMBER: &str = "444455556666";

fn house() -> House {
    let role = format!("arn:aws:iam::{MEMBER}:role/Operator");
    let house = House::private(
        MEMBER,
        &json!({ "operator_role": role, "external_id": "postern-4f1c" }),
    );
    house.add_doctor(&json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role },
    ]}));
    let doctor = "arn:aws:iam::111122223333:role/PosternDoctor";
    trusting(&house, doctor);
    house
}

/// The operator role may do everything; what bounds the doctor is its session policy.
fn trusting(house: &House, principal: &str) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": principal },
        "Condition": { "StringEquals": { "sts:ExternalId": "postern-4f1c" } },
    }]});
    let all = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
    ]});
    house
        .world
        .add_role(RoleSpec {
            account: Some(MEMBER.to_owned()),
            name: "Operator".to_owned(),
            trust: trust.to_string(),
            managed: vec![all.to_string()],
            ..RoleSpec::default()
        })
        .unwrap();
}

#[tokio::test]
async fn an_instance_of_another_account_is_read_as_the_operator_role() {
    let house = house();
    let report = Box::pin(house.examined()).await;
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
    assert_eq!(report.log_lands(), Answer::Yes, "{report:#?}");
    let operator = format!("arn:aws:sts::{MEMBER}:assumed-role/Operator/postern-operator");
    for call in house.world.journal() {
        if call.service == Service::Sts {
            let policy = call.parameters["Policy"].as_str().unwrap();
            let policy: Value = serde_json::from_str(policy).unwrap();
            // As the role at home may do, and no more.
            let sorted = |policy: &Value| BTreeSet::from_iter(actions(policy));
            assert_eq!(sorted(&policy), sorted(&doctors_policy()));
        } else {
            assert_eq!(call.caller.as_deref(), Some(operator.as_str()), "{call:?}");
        }
    }
}

#[tokio::test]
async fn an_account_whose_role_cannot_be_assumed_leaves_everything_unknown() {
    let house = house();
    trusting(&house, "arn:aws:iam::111122223333:role/PosternSweeper");
    let report = Box::pin(house.examined()).await;
    assert!(report.findings().is_empty());
    let Answer::Unknown { needs } = report.reachable() else {
        panic!("{report:#?}");
    };
    let said: Vec<String> = needs.iter().map(ToString::to_string).collect();
    let lacking = "credentials for `ec2:DescribeInstances`, which could not be had";
    assert!(said.contains(&lacking.to_owned()), "{said:?}");
}
