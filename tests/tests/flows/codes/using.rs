//! What is said to the requester who comes for credentials too late, too soon, or without still
//! being allowed to have them.

use postern_local::account::{BATCH_1, WEB_7};
use postern_local::people::Person::Anna;
use standin::Service;
use standin::faults::Moment::BeforeEffect;
use standin::ssm::NodeSpec;

use crate::scene::{AT_ONCE, GRANT, Scene, shell_on};

#[tokio::test]
async fn grant_over() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    scene.advance(GRANT);
    assert_eq!(scene.now(), credentials.ends_at);
    // No sweep has been by: the rule holds by itself.
    let said = scene
        .as_(Anna)
        .does("credentials", id)
        .await
        .must_say(409, "grant-over");
    assert_eq!(said.body["request"]["status"], "active");
}

#[tokio::test]
async fn issue_in_progress() {
    let scene = Scene::open().await;
    let (id, anna) = (scene.approved().await, scene.as_(Anna));
    let gate = scene
        .world()
        .faults()
        .pause(Service::Sts, "AssumeRole", BeforeEffect);
    let first = tokio::spawn({
        let anna = anna.clone();
        async move { anna.does("credentials", id).await }
    });
    gate.wait_for_arrivals(1).await;
    let said = anna
        .does("credentials", id)
        .await
        .must_say(409, "issue-in-progress");
    assert_eq!(said.header("retry-after"), Some("2"));
    gate.open();
    first.await.unwrap().must_be(200);
}

#[tokio::test]
async fn no_longer_allowed() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    // Anna has left the engineers since Ben said yes.
    let said = scene.somebody("anna", &[]).does("credentials", id).await;
    said.must_say(403, "no-longer-allowed");
    assert!(
        scene
            .world()
            .calls_of(Service::Sts, "AssumeRole")
            .is_empty()
    );
}

#[tokio::test]
async fn user_changed() {
    let as_usual = r#"@id("shell") @auto("true") @max_duration("1h")
        permit (principal, action, resource) when { resource.getTag("Env") == "prod" };"#;
    let as_deploy = r#"@id("deploy") @auto("true") @max_duration("1h") @run_as("deploy")
        permit (principal, action, resource) when { resource.getTag("Env") == "moved" };"#;
    let policy = format!("{as_usual}{as_deploy}").replace(
        "resource.getTag",
        "resource.hasTag(\"Env\") && resource.getTag",
    );
    let scene = Scene::with(&[("POSTERN_POLICY", &policy)]).await;
    let id = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    // The instance has gone where another policy holds.
    scene
        .world()
        .add_node(NodeSpec::linux(WEB_7).tag("Env", "moved"));
    let said = scene.as_(Anna).does("credentials", id).await;
    said.must_say(403, "user-changed");
}

#[tokio::test]
async fn approvals_void() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let id = scene
        .as_(Anna)
        .ask(&shell_on(BATCH_1))
        .await
        .must_be(201)
        .id();
    // The policy said yes by itself; since then the instance has gone into production.
    scene
        .world()
        .add_node(NodeSpec::linux(BATCH_1).tag("Env", "prod"));
    let said = scene.as_(Anna).does("credentials", id).await;
    said.must_say(403, "approvals-void");
    assert!(
        scene
            .world()
            .calls_of(Service::Sts, "AssumeRole")
            .is_empty()
    );
}
