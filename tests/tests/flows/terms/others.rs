//! Access that somebody else asked for, accounts of one human being, and other users.

use postern_local::account::{ACCOUNT, REGION, WEB_7};
use postern_local::people::Person::{Anna, Ben, Cleo};
use serde_json::{Value, json};
use standin::Service;

use crate::scene::{Scene, Visitor, of, shell_on};

const FOR_OTHERS: &str = r#"
    @id("shell") @approvals("1") @approvers("leads") @max_duration("1h") @for_others("true")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

#[tokio::test]
async fn a_lead_asks_for_an_engineer_and_another_lead_says_yes() {
    let scene = Scene::with(&[("POSTERN_POLICY", FOR_OTHERS)]).await;
    let (ben, anna) = (scene.as_(Ben), scene.as_(Anna));
    let mut body = shell_on(WEB_7);
    body["for"] = json!({"iss": scene.house().issuer_url(), "sub": Anna.subject()});
    let asked = ben.ask(&body).await.must_be(201);
    let id = asked.id();
    assert_eq!(asked.body["requester"]["sub"], "anna");
    assert_eq!(asked.body["asked_by"]["person"]["sub"], "ben");
    // Neither of the two may say yes, and both find it.
    ben.approve(id).await.must_say(403, "self-approval");
    for own in [&ben, &anna] {
        let mine = own.get("/v1/requests").await.must_be(200);
        assert_eq!(mine.body["requests"][0]["id"], id.to_string());
    }
    let dora = scene.somebody("dora", &["leads"]);
    dora.approve(id).await.must_be(200);
    ben.does("credentials", id)
        .await
        .must_say(403, "not-the-requester");
    let credentials = scene.credentials(id).await;
    scene.opened(&credentials).await;
    // CloudTrail names whoever uses them.
    let calls = scene.world().calls_of(Service::Sts, "AssumeRole");
    assert_eq!(calls[0].parameters["SourceIdentity"], "anna");
}

#[tokio::test]
async fn what_is_asked_for_somebody_is_judged_by_their_own_groups_when_they_come() {
    let scene = Scene::with(&[("POSTERN_POLICY", FOR_OTHERS)]).await;
    let mut body = shell_on(WEB_7);
    body["for"] = json!({"iss": scene.house().issuer_url(), "sub": "omar"});
    let id = scene.as_(Ben).ask(&body).await.must_be(201).id();
    scene
        .somebody("dora", &["leads"])
        .approve(id)
        .await
        .must_be(200);
    let omar = scene.somebody("omar", &["operators"]);
    omar.does("credentials", id)
        .await
        .must_say(403, "no-longer-allowed");
    let trail = scene.trail(id).await;
    assert_eq!(trail, ["asked", "approved", "issue_refused"]);
}

/// An account of somebody, whose token says who is behind it.
fn account(scene: &Scene, sub: &str, human: &str, groups: &[&str]) -> Visitor {
    let mut claims: Value = scene.house().issuer().claims(Anna);
    claims["sub"] = sub.into();
    claims["groups"] = json!(groups);
    claims["employee_id"] = human.into();
    scene.claiming(&claims)
}

#[tokio::test]
async fn two_accounts_of_one_human_being_do_not_approve_each_other() {
    let scene = Scene::with(&[("POSTERN_HUMAN_CLAIM", "employee_id")]).await;
    let anna = account(&scene, "anna", "7", &["engineers"]);
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let admin = account(&scene, "anna-admin", "7", &["leads"]);
    admin.approve(id).await.must_say(403, "self-approval");
    admin.does("deny", id).await.must_say(403, "self-approval");
    let ben = account(&scene, "ben", "8", &["leads"]);
    ben.approve(id).await.must_be(200);
    // A token that does not say who is behind it might be anybody's second account.
    scene
        .as_(Cleo)
        .ask(&shell_on(WEB_7))
        .await
        .must_say(401, "unauthenticated");
}

#[tokio::test]
async fn sessions_run_as_the_user_that_the_policy_names() {
    let policy = r#"@id("deploy") @auto("true") @max_duration("1h") @run_as("deploy")
        permit (principal in Postern::Group::"engineers", action, resource);"#;
    let places = json!([{
        "account": ACCOUNT, "region": REGION, "log_bucket": "postern-session-logs",
        "access_role": postern_local::account::ACCESS_ROLE, "log_prefix": "sessions",
        "kinds": [{"type": "shell"}], "run_as": true,
    }]);
    let settings = [
        ("POSTERN_POLICY", policy),
        ("POSTERN_PLACES", &places.to_string()),
    ];
    let scene = Scene::with(&settings).await;
    let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    assert_eq!(asked.body["route"]["run_as"], "deploy");
    assert_eq!(asked.body["document"], "Postern-ShellAs-30");
    let credentials = scene.credentials(asked.id()).await;
    scene.opened(&credentials).await;
    let calls = scene.world().calls_of(Service::Sts, "AssumeRole");
    let sent = calls[0].parameters.to_string();
    assert!(
        sent.contains("SSMSessionRunAs") && sent.contains("deploy"),
        "{sent}"
    );
    // The usual documents are not what the credentials are for.
    let usual = scene
        .open_session(&credentials, WEB_7, "Postern-Shell-30")
        .await;
    assert!(usual.is_err());
}

#[tokio::test]
async fn a_policy_that_changes_its_answer_is_named_in_the_trail_once() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let left = scene.somebody("anna", &["interns"]);
    for _ in 0..3 {
        left.does("credentials", id)
            .await
            .must_say(403, "no-longer-allowed");
    }
    let entries = scene.entries(id).await.entries;
    let refused: Vec<Value> = entries
        .iter()
        .map(|view| serde_json::to_value(&view.entry.event).unwrap())
        .filter(|event| event["type"] == "issue_refused")
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["policies"], json!(["prod-shell"]));
    assert_eq!(refused[0]["code"], "no-longer-allowed");
    let shown = scene.view(id).await;
    assert_eq!(refused[0]["policy_set"], json!(shown.route.policy_set));
    assert_eq!(of(id, "").len(), 43);
    scene.credentials(id).await;
}
