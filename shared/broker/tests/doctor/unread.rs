//! What could not be read is unknown and says what is needed; the examination goes on.

use rules::readiness::{Answer, Finding, Need, Status};
use serde_json::json;

use crate::house::{BUCKET, Base, House, actions, agent_policy, doctors_policy, without};

/// A set-up that is judged by what an action reads.
fn judged_by(action: &str) -> Base {
    match action {
        "ec2:DescribeNatGateways" => Base::Nat,
        "ssm:GetServiceSetting" => Base::HostManagement,
        _ => Base::Endpoints,
    }
}

#[tokio::test]
async fn a_permission_that_is_taken_away_is_named_and_nothing_else_suffers() {
    let actions = actions(&doctors_policy());
    assert_eq!(actions.len(), 22);
    for action in actions {
        let house = House::of(judged_by(&action));
        let sound = Box::pin(house.examined()).await;
        house.add_doctor(&without(doctors_policy(), &[&action]));
        let report = Box::pin(house.examined()).await;
        assert_eq!(report.findings(), Vec::<&Finding>::new(), "{action}");
        let need = Need::Permission(action.parse().unwrap());
        let hidden = |status: &Status| matches!(status, Status::Unknown { needs } if *needs == [need.clone()]);
        let mut unknown = 0;
        for (before, after) in sound.checks.iter().zip(&report.checks) {
            if hidden(&after.status) {
                unknown += 1;
            } else {
                assert_eq!(before.status, after.status, "{action}: {after:?}");
            }
        }
        assert!(unknown > 0, "{action}: {report:#?}");
        let answers = [
            report.reachable(),
            report.log_lands(),
            report.forwards_safely(),
        ];
        let told =
            |answer: &Answer| matches!(answer, Answer::Unknown { needs } if needs.contains(&need));
        assert!(answers.iter().any(told), "{action}: {answers:?}");
    }
}

#[tokio::test]
async fn the_role_of_a_hybrid_node_is_known_to_session_manager_alone() {
    let house = House::of(Base::Hybrid);
    let action = "ssm:DescribeInstanceInformation";
    house.add_doctor(&without(doctors_policy(), &[action]));
    let report = Box::pin(house.examined()).await;
    let Answer::Unknown { needs } = report.reachable() else {
        panic!("{report:#?}");
    };
    assert_eq!(needs, [Need::Permission(action.parse().unwrap())]);
}

#[tokio::test]
async fn what_hangs_on_a_condition_without_a_value_is_not_known() {
    // A key of another service says nothing of logs; a known one is given.
    for (key, known) in [
        ("aws:SourceVpce", false),
        ("s3:x-amz-acl", false),
        ("secretsmanager:VersionStage", true),
        ("aws:SecureTransport", true),
    ] {
        let house = House::of(Base::Endpoints);
        let mut policy = agent_policy();
        policy["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
            "Condition": { "StringEquals": { key: "true" } },
        }));
        house.add_role("ec2.amazonaws.com", &policy);
        let report = Box::pin(house.examined()).await;
        let answer = report.log_lands();
        if known {
            assert_eq!(answer, Answer::Yes, "{key}: {report:#?}");
            continue;
        }
        let Answer::Unknown { needs } = answer else {
            panic!("{key}: {report:#?}");
        };
        let said = format!("the value of `{key}`, which the policies of");
        assert!(
            needs.iter().any(|need| need.to_string().contains(&said)),
            "{needs:?}"
        );
    }
}

#[tokio::test]
async fn a_bucket_that_another_account_keeps_to_itself_is_not_known() {
    let house = House::of(Base::Endpoints);
    house.world.remove_bucket(BUCKET);
    let spec = standin::s3::BucketSpec {
        owner: Some("777788889999".to_owned()),
        ..standin::s3::BucketSpec::default()
    };
    house.world.create_bucket(BUCKET, spec);
    let report = Box::pin(house.examined()).await;
    let Answer::Unknown { needs } = report.log_lands() else {
        panic!("{report:#?}");
    };
    // Its policy lets nobody list it here, so nothing of it is seen.
    assert!(needs.contains(&Need::Permission("s3:ListBucket".parse().unwrap())));
    assert_eq!(report.reachable(), Answer::Yes, "{report:#?}");
}
