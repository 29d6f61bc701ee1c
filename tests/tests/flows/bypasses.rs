//! Sessions that were opened past Postern (PEERS 2.1): told of once, named for what they are, and
//! ended only where the place wants that.

use postern_local::account::{ACCESS_ROLE, ACCOUNT, LOG_BUCKET, LOG_PREFIX, REGION, WEB_7};
use rules::bypass::AccessType;
use serde_json::{Value, json};
use standin::iam::RoleSpec;

use crate::scene::Scene;

/// What the place of the local run says of bypasses.
fn places(bypass: &Value) -> String {
    json!([{
        "account": ACCOUNT,
        "region": REGION,
        "access_role": ACCESS_ROLE,
        "log_bucket": LOG_BUCKET,
        "log_prefix": LOG_PREFIX,
        "bypass": bypass,
    }])
    .to_string()
}

async fn scene(bypass: &Value) -> Scene {
    Scene::with(&[("POSTERN_PLACES", &places(bypass))]).await
}

impl Scene {
    /// Opens a session as somebody who has a standing permission; gives its id.
    async fn opened_past_postern(&self) -> String {
        let keys = self.house().sdk_config_of(&self.world().admin_keys());
        let call = aws_sdk_ssm::Client::new(&keys.unwrap())
            .start_session()
            .target(WEB_7)
            .send();
        let answer = Box::pin(call).await.unwrap();
        answer.session_id.unwrap()
    }

    fn told_of(&self) -> Vec<Value> {
        let mut events = self.world().events();
        events.retain(|event| event.detail_type == "Postern Bypass Seen");
        events.into_iter().map(|event| event.detail).collect()
    }

    fn is_usable(&self, session: &str) -> bool {
        self.world().session(session).unwrap().status.is_usable()
    }

    /// The sweeper may end any session, as a deployment that wants it so has it.
    fn let_the_sweeper_end_anything(&self) {
        let mut policy: Value =
            serde_json::from_str(include_str!("../../../local/run/roles/sweeper.json")).unwrap();
        for statement in policy["Statement"].as_array_mut().unwrap() {
            if statement["Action"] == "ssm:TerminateSession" {
                statement["Resource"] = json!(format!("arn:aws:ssm:{REGION}:{ACCOUNT}:session/*"));
            }
        }
        let role = RoleSpec {
            name: "PosternSweeper".to_owned(),
            path: "/postern/".to_owned(),
            managed: vec![policy.to_string()],
            ..RoleSpec::default()
        };
        self.world().add_role(role).unwrap();
    }
}

#[tokio::test]
async fn a_session_past_postern_is_told_of_once_and_left_alone() {
    let scene = scene(&json!({})).await;
    let session = scene.opened_past_postern().await;
    let started_at = scene.now();
    let report = scene.sweep().await;
    let [new] = report.new_bypasses.as_slice() else {
        panic!("one is new: {report:?}");
    };
    assert_eq!(
        (new.session.as_str(), new.started_at),
        (session.as_str(), started_at)
    );
    let [told] = scene.told_of().try_into().unwrap();
    assert_eq!(told["session"], session);
    assert_eq!(told["owner"], format!("arn:aws:iam::{ACCOUNT}:user/admin"));
    assert_eq!(told["instance"], WEB_7);
    assert_eq!(told["access"], "standard");
    assert_eq!(told["severity"], "critical");
    assert!(scene.is_usable(&session));

    // It is counted as long as it is open, and told of no more.
    let report = scene.sweep().await;
    assert_eq!((report.bypasses, report.new_bypasses.len()), (1, 0));
    assert_eq!(scene.told_of().len(), 1);
    scene.world().exit_session(&session).unwrap();
    assert_eq!(scene.sweep().await.bypasses, 0);
}

#[tokio::test]
async fn a_session_of_just_in_time_access_is_named_as_such() {
    let scene = scene(&json!({})).await;
    let session = scene.opened_past_postern().await;
    scene.world().mark_just_in_time(&session).unwrap();
    let report = scene.sweep().await;
    assert_eq!(report.new_bypasses[0].access, AccessType::JustInTime);
    assert_eq!(scene.told_of()[0]["access"], "just_in_time");
}

#[tokio::test]
async fn it_is_ended_where_the_place_wants_that_and_the_role_may() {
    let scene = scene(&json!({"then": "end"})).await;
    let session = scene.opened_past_postern().await;
    let (id, credentials) = scene.active().await;
    let granted = scene.opened(&credentials).await;
    // Without the permission it is told, and that it could not be ended is told as well.
    let report = scene.sweep_in_trouble().await;
    assert_eq!(report.troubles.len(), 1, "{report:?}");
    assert!(scene.is_usable(&session));
    scene.let_the_sweeper_end_anything();
    scene.sweep().await;
    assert!(!scene.is_usable(&session));
    assert_eq!(scene.told_of()[0]["ended"], true);
    assert!(scene.is_usable(&granted), "{id} is live");
}

#[tokio::test]
async fn a_session_in_the_name_of_a_request_without_a_grant_is_a_bypass() {
    let scene = scene(&json!({})).await;
    let id = scene.asked().await;
    let keys = scene
        .world()
        .function_credentials("PosternAccess", &id.to_string());
    let keys = scene.house().sdk_config_of(&keys.unwrap()).unwrap();
    let call = aws_sdk_ssm::Client::new(&keys)
        .start_session()
        .target(WEB_7)
        .document_name("Postern-Shell-30")
        .send();
    Box::pin(call).await.unwrap();
    let report = scene.sweep().await;
    assert!(report.new_bypasses[0].session.starts_with(&id.to_string()));
}

#[tokio::test]
async fn only_what_carries_the_tag_is_watched_and_nothing_where_bypasses_are_usual() {
    for (bypass, seen) in [
        (json!({"tag": {"key": "Env", "value": "prod"}}), 1),
        (json!({"tag": {"key": "Env", "value": "staging"}}), 0),
        (json!({"then": "ignore"}), 0),
    ] {
        let scene = scene(&bypass).await;
        scene.opened_past_postern().await;
        let report = scene.sweep().await;
        assert_eq!(report.bypasses, seen, "{bypass}");
        assert_eq!(scene.told_of().len(), seen as usize);
    }
}
