//! Hybrid nodes: machines elsewhere that Systems Manager knows, and whose tags it alone has.

use postern_local::people::Person::{Anna, Ben};
use standin::Service;
use standin::ssm::NodeSpec;

use crate::scene::{GRANT, Scene, shell_on};

const HYBRID: &str = "mi-0123456789abcdef0";

#[tokio::test]
async fn a_hybrid_node_is_asked_for_opened_and_closed_by_its_own_tags() {
    let scene = Scene::open().await;
    let node = NodeSpec::linux(HYBRID)
        .tag("Name", "rack-3")
        .tag("Env", "prod");
    scene.world().add_node(node);
    let listed = scene.as_(Anna).get("/v1/targets").await.must_be(200);
    assert!(listed.text().contains("rack-3"), "{}", listed.text());

    let id = scene
        .as_(Anna)
        .ask(&shell_on(HYBRID))
        .await
        .must_be(201)
        .id();
    scene.as_(Ben).approve(id).await.must_be(200);
    let credentials = scene.credentials(id).await;
    let session = scene.opened(&credentials).await;
    for caller in ["PosternApi", "PosternIssue"] {
        let tags = scene.world().calls_of(Service::Ssm, "ListTagsForResource");
        let by = |call: &&standin::journal::JournalEntry| {
            call.caller.as_ref().is_some_and(|arn| arn.contains(caller))
        };
        assert!(tags.iter().any(|call| by(&call)), "{caller}: {tags:?}");
    }
    scene.advance(GRANT);
    scene.sweep().await;
    assert!(scene.world().session(&session).unwrap().status.is_over());
    let closed = scene.settle(id).await;
    assert_eq!(closed.sessions[0].log.word().as_str(), "landed");
}
