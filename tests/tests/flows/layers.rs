//! The four layers by which access ends, each with the ones before it broken.

use std::time::Duration;

use postern_local::account::{BATCH_1, WEB_7};
use postern_local::people::Person::Anna;
use rules::wire::Credentials;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::ssm::EndCause;

use crate::scene::{AT_ONCE, Denied, GRANT, Scene, shell_on};

/// SSM will not end anything.
fn ssm_ends_nothing() -> FaultRule {
    let broken = FaultKind::Fail {
        status: 500,
        code: "InternalServerError".to_owned(),
    };
    FaultRule::always(Service::Ssm, "TerminateSession", broken)
}

/// A grant of Anna's on staging, for [`GRANT`], with its credentials.
async fn granted(scene: &Scene) -> Credentials {
    let anna = scene.as_(Anna);
    let id = anna.ask(&shell_on(BATCH_1)).await.must_be(201).id();
    anna.does("credentials", id).await.must_be(200).read()
}

#[tokio::test]
async fn first_the_credentials_open_nothing_from_the_second_of_the_end_on() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let credentials = granted(&scene).await;
    scene.advance_to(credentials.ends_at.minus(Duration::from_millis(1)));
    scene.opened(&credentials).await;
    scene.advance_to(credentials.ends_at);
    let late = scene.open_session(&credentials, BATCH_1, &credentials.document);
    assert_eq!(late.await, Err(Denied::by_policy()));
}

#[tokio::test]
async fn then_the_sweeper_ends_what_is_open_also_where_credentials_have_no_end() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let credentials = granted(&scene).await;
    scene.advance_to(credentials.ends_at);
    // The access role assumed in the request's name, past Postern and without a session policy.
    let id = credentials.request.to_string();
    let endless = scene.world().function_credentials("PosternAccess", &id);
    let endless = scene.house().sdk_config_of(&endless.unwrap()).unwrap();
    let opens = aws_sdk_ssm::Client::new(&endless)
        .start_session()
        .target(BATCH_1)
        .document_name(&credentials.document)
        .send();
    let opened = Box::pin(opens).await.unwrap().session_id.unwrap();
    scene.sweep().await;
    let seen = scene.world().session(&opened).unwrap();
    assert_eq!(seen.cause, Some(EndCause::Terminated));
    assert_eq!(seen.ended_millis, Some(credentials.ends_at.millis()));
}

#[tokio::test]
async fn then_the_session_document_ends_it_also_where_nobody_sweeps_and_ssm_ends_nothing() {
    let scene = Scene::with(&[AT_ONCE]).await;
    scene.world().faults().inject(ssm_ends_nothing());
    let credentials = granted(&scene).await;
    let session = scene.opened(&credentials).await;
    let rung: u64 = 30;
    assert_eq!(credentials.document, format!("Postern-Shell-{rung}"));
    scene.advance(Duration::from_secs(rung * 60));
    let seen = scene.world().session(&session).unwrap();
    assert_eq!(seen.cause, Some(EndCause::MaxDuration));
    // The smallest rung that covers the grant: at most so much longer than it.
    assert_eq!(GRANT, Duration::from_secs(rung * 60));
}

#[tokio::test]
async fn and_a_revoked_grant_opens_nothing_more_also_where_ssm_ends_nothing() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let credentials = granted(&scene).await;
    let other = granted(&scene).await;
    let session = scene.opened(&credentials).await;
    scene.world().faults().inject(ssm_ends_nothing());
    let anna = scene.as_(Anna);
    anna.does("release", credentials.request).await.must_be(200);
    let report = scene.sweep_in_trouble().await;
    assert_eq!(report.failed, 1, "{report:?}");
    assert!(scene.world().session(&session).unwrap().status.is_usable());
    // They are valid for a while yet, and denied; those of another grant of hers are not.
    let again = scene.open_session(&credentials, BATCH_1, &credentials.document);
    assert_eq!(again.await, Err(Denied::by_policy()));
    scene.opened(&other).await;
    let resumed = scene
        .ssm(&credentials)
        .resume_session()
        .session_id(&session);
    let resumed = Box::pin(resumed.send()).await.map_err(Denied::by);
    assert_eq!(resumed.unwrap_err(), Denied::by_policy());
}

#[tokio::test]
async fn a_grant_is_said_to_end_before_it_does_and_again_when_it_was_extended() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    scene.advance_to(credentials.ends_at.minus(Duration::from_secs(300)));
    scene.sweep().await;
    scene.sweep().await;
    let said = scene.reckon(id).await.count("end_near");
    assert_eq!(said, 1);
    let longer = serde_json::json!({"longer_seconds": 1_200, "reason": "it takes longer"});
    let path = crate::scene::of(id, "extend");
    scene.as_(Anna).post(&path, &longer).await.must_be(200);
    scene
        .as_(postern_local::people::Person::Ben)
        .approve(id)
        .await
        .must_be(200);
    scene.advance(Duration::from_secs(1_200));
    scene.sweep().await;
    assert_eq!(scene.reckon(id).await.count("end_near"), 2);
    let events = scene.world().events();
    let near = events
        .iter()
        .filter(|event| event.detail["event"] == "end_near");
    assert_eq!(near.count(), 2);
    assert_eq!(WEB_7, credentials.targets[0].instance.to_string());
}
