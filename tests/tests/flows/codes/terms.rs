//! What is said where a policy's terms are not met: reasons, tickets, emergencies, extensions, later
//! starts, access for others.

use std::time::Duration;

use postern_local::account::WEB_7;
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use serde_json::{Value, json};

use crate::scene::{Reply, Scene, ask, of, shell_on};

/// A permit for engineers with these annotations.
fn permit(annotations: &str) -> String {
    format!(
        r#"@id("terms") @max_duration("1h") {annotations}
        permit (principal in Postern::Group::"engineers", action, resource);"#
    )
}

/// What Anna is told who asks for a shell, otherwise changed, under a permit with these annotations.
async fn asked_under(annotations: &str, changes: Value) -> Reply {
    let scene = Scene::with(&[("POSTERN_POLICY", &permit(annotations))]).await;
    asking(&scene, changes).await
}

async fn asking(scene: &Scene, changes: Value) -> Reply {
    let mut body = shell_on(WEB_7);
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    scene.as_(Anna).ask(&body).await
}

/// An emergency of Anna's under the starter policies, handed back at once.
async fn over(scene: &Scene) -> rules::names::RequestId {
    let id = scene.broken().await;
    scene.as_(Anna).does("release", id).await.must_be(200);
    id
}

#[tokio::test]
async fn reason_too_short() {
    let said = asked_under(r#"@auto("true") @reason_length("20")"#, json!({})).await;
    let said = said.must_say(403, "reason-too-short");
    assert_eq!(said.body["next"], "Say why in 20 characters or more.");
}

#[tokio::test]
async fn reason_unlike() {
    let wanted = r#"@auto("true") @reason_pattern("INC-[0-9]+: .+")"#;
    let said = asked_under(wanted, json!({})).await;
    let said = said.must_say(403, "reason-unlike");
    assert_eq!(
        said.body["next"],
        "Give a reason of the form `INC-[0-9]+: .+`."
    );
    let named = json!({"reason": "INC-7: disk full"});
    asked_under(wanted, named).await.must_be(201);
}

#[tokio::test]
async fn ticket_unlike() {
    let wanted = r#"@auto("true") @ticket_pattern("OPS-[0-9]+")"#;
    for changes in [json!({}), json!({"ticket": "HELP-1"})] {
        let said = asked_under(wanted, changes)
            .await
            .must_say(403, "ticket-unlike");
        assert_eq!(said.body["next"], "Name a ticket of the form `OPS-[0-9]+`.");
    }
    asked_under(wanted, json!({"ticket": "OPS-1"}))
        .await
        .must_be(201);
}

#[tokio::test]
async fn not_for_others() {
    let scene = Scene::open().await;
    let cleo = json!({"iss": scene.house().issuer_url(), "sub": Cleo.subject()});
    let said = asking(&scene, json!({"for": cleo})).await;
    said.must_say(403, "not-for-others");
}

#[tokio::test]
async fn not_unlogged() {
    let port = json!({"type": "port", "host": "localhost", "port": 5432});
    let policy = permit(r#"@auto("true")"#);
    let scene = Scene::with(&[("POSTERN_POLICY", &policy)]).await;
    let said = scene.as_(Anna).ask(&ask(&port, &[WEB_7])).await;
    said.must_say(403, "not-unlogged");
}

#[tokio::test]
async fn not_extendable() {
    let policy = permit(r#"@auto("true")"#);
    let scene = Scene::with(&[("POSTERN_POLICY", &policy)]).await;
    let id = asking(&scene, json!({})).await.must_be(201).id();
    scene.credentials(id).await;
    let said = scene.extends(id, 60).await;
    said.must_say(403, "not-extendable");
}

#[tokio::test]
async fn no_break_glass() {
    let said = asked_under(r#"@auto("true")"#, json!({"break_glass": true})).await;
    said.must_say(403, "no-break-glass");
}

#[tokio::test]
async fn no_groups() {
    let scene = Scene::open().await;
    let mut claims = scene.house().issuer().claims(Anna);
    claims.as_object_mut().unwrap().remove("groups");
    let said = scene.claiming(&claims).ask(&shell_on(WEB_7)).await;
    said.must_say(403, "no-groups");
}

#[tokio::test]
async fn no_policy() {
    let nothing = "// Nothing is permitted yet.";
    let scene = Scene::with(&[("POSTERN_POLICY", nothing)]).await;
    let said = scene.as_(Anna).ask(&shell_on(WEB_7)).await;
    said.must_say(403, "no-policy");
}

#[tokio::test]
async fn too_early() {
    let scene = Scene::open().await;
    let later = scene.now().plus(Duration::from_secs(3_600));
    let id = asking(&scene, json!({"starts_at": later}))
        .await
        .must_be(201)
        .id();
    scene.as_(Ben).approve(id).await.must_be(200);
    scene.advance(Duration::from_secs(3_600) - Duration::from_millis(1));
    let anna = scene.as_(Anna);
    anna.does("credentials", id)
        .await
        .must_say(409, "too-early");
    scene.advance(Duration::from_millis(1));
    anna.does("credentials", id).await.must_be(200);
}

#[tokio::test]
async fn start_out_of_range() {
    let scene = Scene::open().await;
    let week = Duration::from_secs(7 * 86_400);
    for at in [
        scene.now(),
        scene.now().plus(week + Duration::from_millis(1)),
    ] {
        let said = asking(&scene, json!({"starts_at": at})).await;
        said.must_say(422, "start-out-of-range");
    }
    let last = scene.now().plus(week);
    asking(&scene, json!({"starts_at": last}))
        .await
        .must_be(201);
}

#[tokio::test]
async fn emergency_later() {
    let scene = Scene::open().await;
    let later = scene.now().plus(Duration::from_secs(60));
    let said = asking(&scene, json!({"break_glass": true, "starts_at": later})).await;
    said.must_say(422, "emergency-later");
}

#[tokio::test]
async fn other_issuer() {
    let scene = Scene::open().await;
    let other = json!({"iss": "https://other.example.com", "sub": "cleo"});
    let said = asking(&scene, json!({"for": other})).await;
    said.must_say(422, "other-issuer");
}

#[tokio::test]
async fn review_open() {
    let scene = Scene::open().await;
    let id = over(&scene).await;
    let said = scene.breaks_glass(Anna).await.must_say(403, "review-open");
    assert_eq!(said.body["facts"]["unreviewed"], id.to_string());
    // Others may, and as usual she may ask as well.
    scene.breaks_glass(Cleo).await.must_be(201);
    scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
}

#[tokio::test]
async fn not_a_reviewer() {
    let scene = Scene::open().await;
    let id = over(&scene).await;
    for other in [Omar, Ada] {
        let said = scene.reviews(other, id).await;
        let said = said.must_say(403, "not-a-reviewer");
        let groups = &said.body["facts"]["reviewer_groups"];
        assert_eq!(groups, &json!(["leads", "security"]));
    }
}

#[tokio::test]
async fn nothing_to_review() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    let said = scene.reviews(Ben, id).await;
    said.must_say(409, "nothing-to-review");
}

#[tokio::test]
async fn already_reviewed() {
    let scene = Scene::open().await;
    let id = over(&scene).await;
    scene.reviews(Ben, id).await.must_be(200);
    let said = scene.reviews(Ben, id).await;
    said.must_say(409, "already-reviewed");
}

#[tokio::test]
async fn extension_waiting() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    scene.extends(id, 60).await.must_be(200);
    let said = scene.extends(id, 120).await;
    said.must_say(409, "extension-waiting");
    scene.as_(Anna).does("withdraw", id).await.must_be(200);
    scene.extends(id, 120).await.must_be(200);
    let path = of(id, "extend");
    let nothing = json!({"longer_seconds": 14, "reason": "too short to matter"});
    scene.as_(Anna).post(&path, &nothing).await.must_be(422);
}

#[tokio::test]
async fn run_as_impossible() {
    // The local deployment has no documents by which sessions run as another user.
    let said = asked_under(r#"@auto("true") @run_as("deploy")"#, json!({})).await;
    said.must_say(422, "run-as-impossible");
}
