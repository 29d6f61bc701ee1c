//! The doctor in another account: it examines there by a role of its own, which it alone may take.

use postern_local::account::network::NODE_ROLE;
use postern_local::account::{ACCOUNT, LOG_BUCKET, REGION, WEB_7};
use postern_local::people::Person::Anna;
use serde_json::json;
use standin::Service;
use standin::ec2::Network;
use standin::iam::RoleSpec;

use super::{BUCKET, ELSEWHERE, EXTERNAL_ID, MEMBER, NODE, allow, role, scene_with, trust};
use crate::scene::Scene;

/// As member-account.yaml names it.
const EXAMINER: &str = "PosternExaminer-us-east-1";

/// What is of the home account, as it is over there.
fn over_there(text: &str) -> String {
    text.replace(ACCOUNT, MEMBER)
        .replace(REGION, ELSEWHERE)
        .replace(LOG_BUCKET, BUCKET)
        .replace(WEB_7, NODE)
}

/// Another account with the same network as the home account, and the role that the doctor takes.
async fn scene() -> Scene {
    let examiner = role(&format!("postern/{EXAMINER}"));
    let places = super::places().replace(&role("Operator"), &examiner);
    let scene = scene_with(&[("POSTERN_PLACES", &places)]).await;
    let world = scene.world();
    let examines = include_str!("../../../../local/run/roles/doctor.json");
    let mut at_home = vec![examines.to_owned()];
    at_home.push(allow(&["sts:AssumeRole"], &examiner));
    for spec in [
        RoleSpec {
            name: "PosternDoctor".to_owned(),
            path: "/postern/".to_owned(),
            managed: at_home,
            ..RoleSpec::default()
        },
        RoleSpec {
            account: Some(MEMBER.to_owned()),
            name: EXAMINER.to_owned(),
            path: "/postern/".to_owned(),
            trust: trust(&["PosternDoctor"], &[]),
            managed: vec![over_there(examines)],
            ..RoleSpec::default()
        },
        RoleSpec {
            account: Some(MEMBER.to_owned()),
            name: NODE_ROLE.to_owned(),
            trust: include_str!("../../../../local/run/roles/node-trust.json").to_owned(),
            managed: vec![over_there(include_str!(
                "../../../../local/run/roles/node.json"
            ))],
            ..RoleSpec::default()
        },
    ] {
        world.add_role(spec).unwrap();
    }
    world.add_instance_profile(MEMBER, NODE_ROLE, Some(NODE_ROLE));
    let network = world.change_network(|network| serde_json::to_string(network).unwrap());
    let network: Network = serde_json::from_str(&over_there(&network)).unwrap();
    world.change_network_of(MEMBER, ELSEWHERE, |there| *there = network);
    scene
}

#[tokio::test]
async fn an_instance_of_another_account_is_examined_by_a_role_that_only_looks() {
    let scene = scene().await;
    let path = format!("/v1/targets/{MEMBER}/{ELSEWHERE}/{NODE}/readiness");
    let told = scene.as_(Anna).get(&path).await.must_be(200);
    assert_eq!(
        told.body["reachable"],
        json!({"answer": "yes"}),
        "{}",
        told.text()
    );
    assert_eq!(
        told.body["log_lands"],
        json!({"answer": "yes"}),
        "{}",
        told.text()
    );
    let assumed = scene.world().calls_of(Service::Sts, "AssumeRole");
    let by_doctor = assumed
        .iter()
        .filter(|call| call.parameters["ExternalId"] == EXTERNAL_ID)
        .all(|call| call.parameters["RoleArn"] == role(&format!("postern/{EXAMINER}")));
    assert!(by_doctor && !assumed.is_empty(), "{assumed:?}");

    // Without the role nothing is known of it, which is no yes.
    let scene = self::scene().await;
    scene
        .world()
        .add_role(RoleSpec {
            account: Some(MEMBER.to_owned()),
            name: EXAMINER.to_owned(),
            path: "/postern/".to_owned(),
            trust: trust(&["Somebody"], &[]),
            ..RoleSpec::default()
        })
        .unwrap();
    let told = scene.as_(Anna).get(&path).await;
    assert_ne!(
        told.body["reachable"],
        json!({"answer": "yes"}),
        "{}",
        told.text()
    );
}
