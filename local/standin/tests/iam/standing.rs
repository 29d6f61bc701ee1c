//! What stands: a change binds sessions that are out already, and a restart loses nothing.

use serde_json::json;
use standin::iam::{Keys, RoleSpec};
use standin::powers::Power;
use standin::{Demand, World};

use crate::wire::{ROLE, admin, client, put, statement, world};

const NODE: &str = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0";

#[tokio::test]
async fn a_deny_binds_sessions_that_are_out_and_seeding_again_keeps_it() {
    let world = world();
    let one = world
        .function_credentials(ROLE, "req-1")
        .unwrap()
        .access_key_id;
    let two = world
        .function_credentials(ROLE, "req-2")
        .unwrap()
        .access_key_id;
    let start = Demand::new("ssm:StartSession", NODE);
    assert!(world.may(&one, &start).is_ok() && world.may(&two, &start).is_ok());
    let revoked = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*",
                       "Condition": { "StringLike": { "aws:userid": "*:req-1" } } },
    });
    put(&admin(&world), ROLE, "Revoked", &revoked.to_string())
        .await
        .unwrap();
    world
        .add_role(RoleSpec {
            name: ROLE.to_owned(),
            inline: vec![("Base".to_owned(), statement("Allow", "ssm:*", "*"))],
            ..RoleSpec::default()
        })
        .unwrap();
    let refused = world.may(&one, &start).unwrap_err();
    assert!(
        refused
            .message
            .ends_with("with an explicit deny in an identity-based policy")
    );
    assert!(world.may(&two, &start).is_ok());
    assert!(world.may("ASIAUNKNOWN", &start).is_err());
}

#[tokio::test]
async fn a_restarted_world_knows_its_roles_and_keys() {
    let dir = std::env::temp_dir().join(format!("standin-iam-{}", std::process::id()));
    let open = || {
        World::builder()
            .data_dir(Some(dir.clone()))
            .build()
            .unwrap()
    };
    let before = open();
    before
        .add_role(RoleSpec {
            name: ROLE.to_owned(),
            inline: vec![("Base".to_owned(), statement("Allow", "ssm:*", "*"))],
            ..RoleSpec::default()
        })
        .unwrap();
    let session = before.function_credentials(ROLE, "req-1").unwrap();
    let admin = before.admin_keys();
    drop(before);
    let after = open();
    assert_eq!(after.admin_keys(), admin);
    let start = Demand::new("ssm:StartSession", NODE);
    assert!(after.may(&session.access_key_id, &start).is_ok());
    let role = client(&after, admin)
        .get_role()
        .role_name(ROLE)
        .send()
        .await;
    assert_eq!(role.unwrap().role().unwrap().role_name(), ROLE);
    drop(after);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn credentials_and_a_boundary_of_elsewhere_are_taken_over() {
    const CAP: &str = "arn:aws:iam::111122223333:policy/postern/Cap";
    let world = world();
    let keys = Keys {
        access_key_id: "ASIAELSEWHERE".to_owned(),
        secret_access_key: "s".to_owned(),
        session_token: Some("t".to_owned()),
    };
    let unknown = world.adopt_function_credentials(keys.clone(), "Elsewhere", "one");
    assert_eq!(unknown.unwrap_err().code, "NoSuchEntity");
    world
        .add_role(RoleSpec {
            name: "Elsewhere".to_owned(),
            inline: vec![("Base".to_owned(), statement("Allow", "*", "*"))],
            boundary: Some(statement("Allow", "iam:GetRole", "*")),
            boundary_arn: Some(CAP.to_owned()),
            ..RoleSpec::default()
        })
        .unwrap();
    world
        .adopt_function_credentials(keys.clone(), "Elsewhere", "one")
        .unwrap();
    let iam = client(&world, keys);
    let role = iam.get_role().role_name("Elsewhere").send().await.unwrap();
    let boundary = role.role().unwrap().permissions_boundary().unwrap();
    assert_eq!(boundary.permissions_boundary_arn(), Some(CAP));
    let beyond = iam.list_role_policies().role_name(ROLE).send().await;
    assert!(beyond.is_err());
}

#[tokio::test]
async fn what_roles_are_used_for_is_kept_where_somebody_wants_to_know() {
    let world = world();
    let sweeper = client(&world, world.function_credentials("Sweeper", "s").unwrap());
    let policy = |name: &'static str| {
        let call = sweeper.get_role_policy().role_name(ROLE);
        call.policy_name(name).send()
    };
    policy("Base").await.unwrap();
    assert_eq!(world.powers(), []);
    world.record_powers();
    put(&admin(&world), ROLE, "More", &statement("Deny", "*", "*"))
        .await
        .unwrap();
    policy("Base").await.unwrap();
    policy("More").await.unwrap();
    // Also what policy refuses.
    let refused = sweeper.list_role_policies().role_name(ROLE).send().await;
    assert!(refused.is_err());
    let power = |action: &str| Power {
        role: "arn:aws:iam::111122223333:role/Sweeper".to_owned(),
        action: action.to_owned(),
        resource: "arn:aws:iam::111122223333:role/postern/Access".to_owned(),
    };
    let both = [power("iam:GetRolePolicy"), power("iam:ListRolePolicies")];
    assert_eq!(world.powers(), both);
}
