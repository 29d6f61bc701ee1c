//! The main job: from nothing to a shell that somebody else has said yes to, and back to nothing.

use std::time::Duration;

use postern_local::account::{LOG_BUCKET, WEB_7};
use postern_local::people::Person::{Ada, Anna, Ben};
use rules::log_verdict::LogVerdict;
use rules::session::SessionLife;
use rules::status::StatusWord::{Active, Approved, Closed, Ending, Pending};
use rules::wire::Credentials;
use serde_json::json;
use standin::Service;
use standin::journal::{JournalEntry, Outcome};

use crate::chain;
use crate::scene::{AT_ONCE, GRANT, Scene, of, shell_on};

#[tokio::test]
async fn a_grant_is_asked_for_approved_used_ended_at_its_second_logged_and_closed() {
    let scene = Scene::open().await;
    let (anna, ben) = (scene.as_(Anna), scene.as_(Ben));

    // Anna asks, and nothing is open yet.
    let asked = anna.ask(&shell_on(WEB_7)).await.must_be(201);
    let id = asked.id();
    assert_eq!(asked.header("location"), Some(of(id, "").as_str()));
    assert_eq!(asked.body["status"], "pending");
    assert_eq!(asked.body["route"]["policy"], "prod-shell");
    assert_eq!(asked.body["you_may"], json!(["withdraw"]));
    anna.does("credentials", id)
        .await
        .must_say(409, "wrong-status");

    // Ben finds it in his list and says yes to exactly what he is shown.
    let list = ben.get("/v1/requests?view=waiting").await.must_be(200);
    let [waiting] = list.body["requests"].as_array().unwrap().as_slice() else {
        panic!("one request waits for Ben: {}", list.text());
    };
    assert_eq!(waiting["id"], id.to_string());
    assert_eq!(waiting["you_may"], json!(["approve", "deny"]));
    scene.advance(Duration::from_millis(90_500));
    let approved = ben
        .post(
            &of(id, "approve"),
            &json!({"shown": waiting["shown"], "comment": "go ahead"}),
        )
        .await
        .must_be(200);
    assert_eq!(approved.body["status"], "approved");
    assert!(
        scene
            .world()
            .calls_of(Service::Sts, "AssumeRole")
            .is_empty()
    );

    // The clock starts when Anna has credentials issued, and runs to a whole second.
    scene.advance(Duration::from_millis(60_250));
    let credentials = scene.credentials(id).await;
    let ends_at = scene.now().whole_second().plus(GRANT);
    assert_eq!(credentials.ends_at, ends_at);
    assert_eq!(credentials.document, "Postern-Shell-240");
    assert_eq!(scene.status(id).await, Active);

    // They open a session on that instance, and she works in it.
    let session = scene.opened(&credentials).await;
    assert!(session.starts_with(&format!("{id}-")), "{session}");
    scene
        .world()
        .type_into_session(&session, "df -h /var")
        .unwrap();

    // Up to the last millisecond the grant is hers.
    scene.advance_to(ends_at.minus(Duration::from_millis(1)));
    scene.sweep().await;
    assert_eq!(scene.status(id).await, Active);
    assert!(scene.world().session(&session).unwrap().status.is_usable());

    // At the very second it ends: the credentials are worth nothing, and the session is ended.
    scene.advance_to(ends_at);
    let late = scene
        .open_session(&credentials, WEB_7, &credentials.document)
        .await;
    assert!(late.is_err(), "{late:?} was opened");
    let report = scene.sweep().await;
    assert_eq!(report.terminated, 1);
    let ended = scene.world().session(&session).unwrap();
    assert_eq!(ended.ended_millis, Some(ends_at.millis()));
    assert_eq!(scene.status(id).await, Ending);

    // Postern looks for the log in S3 until it is there.
    scene.advance(Duration::from_secs(60));
    scene.sweep().await;
    let [seen] = scene.sessions(id).await.try_into().unwrap();
    assert_eq!(seen.id.to_string(), session);
    assert_eq!(seen.instance, WEB_7);
    assert_eq!(seen.life, SessionLife::Over { at: ends_at });
    let LogVerdict::Landed { object } = seen.log else {
        panic!("the log has landed, not {:?}", seen.log);
    };
    assert_eq!(object.key, format!("sessions/{session}.log"));
    let stored = scene.world().object_versions(LOG_BUCKET, &object.key);
    assert!(String::from_utf8_lossy(&stored[0].body).contains("df -h /var"));

    // Once nobody can open a session any more, the request is closed.
    scene.advance(GRANT);
    scene.sweep().await;
    assert_eq!(scene.status(id).await, Closed);
    assert_eq!(
        scene.trail(id).await,
        [
            "asked",
            "approved",
            "activated",
            "issuing",
            "issued",
            "end_near",
            "session_seen",
            "ended",
            "session_terminating",
            "session_over",
            "log_judged",
            "closed",
        ]
    );
}

#[tokio::test]
async fn the_audit_trail_is_whole_and_a_change_of_any_entry_shows() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    let trail = scene
        .as_(Ada)
        .get(&of(id, "entries"))
        .await
        .must_be(200)
        .body;
    assert_eq!(trail["whole"], true);
    assert_eq!(chain::broken_at(&trail), None);

    for n in 0..trail["entries"].as_array().unwrap().len() {
        let mut forged = trail.clone();
        forged["entries"][n]["entry"]["at"] = "2026-11-24T09:00:00.001Z".into();
        assert_eq!(
            chain::broken_at(&forged),
            Some(n + 1),
            "entry {} was moved",
            n + 1
        );
        let mut cut = trail.clone();
        cut["entries"].as_array_mut().unwrap().remove(n);
        assert!(
            chain::broken_at(&cut).is_some(),
            "entry {} was left out",
            n + 1
        );
    }
}

#[tokio::test]
async fn what_aws_logs_of_a_session_leads_back_to_one_request_and_one_person() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    let session = scene.opened(&credentials).await;

    // The call that made the credentials names request and person.
    let [minted]: [JournalEntry; 1] = scene
        .world()
        .calls_of(Service::Sts, "AssumeRole")
        .try_into()
        .unwrap();
    assert_eq!(minted.outcome, Outcome::Answered { status: 200 });
    assert_eq!(minted.parameters["RoleSessionName"], id.to_string());
    assert_eq!(minted.parameters["SourceIdentity"], "anna");
    assert_eq!(minted.parameters["Tags.member.1.Key"], "postern:request");
    assert_eq!(minted.parameters["Tags.member.1.Value"], id.to_string());
    assert!(minted.caller.unwrap().contains("/PosternIssue/"));

    // So does the line about the session: its caller ends with the request's id.
    let [started]: [JournalEntry; 1] = scene
        .world()
        .calls_of(Service::Ssm, "StartSession")
        .try_into()
        .unwrap();
    let caller = started.caller.unwrap();
    let (_, request) = caller.rsplit_once('/').unwrap();
    let found = scene
        .as_(Ada)
        .get(&format!("/v1/requests/{request}"))
        .await
        .must_be(200);
    assert_eq!(found.body["requester"]["sub"], "anna");
    assert_eq!(found.body["ask"]["reason"], "disk full");
    assert!(session.starts_with(request));

    // And the access key of either line is in the trail.
    let trail = scene.as_(Ada).get(&of(id, "entries")).await.must_be(200);
    let Credentials { access_key_id, .. } = credentials;
    let issued = trail.body["entries"][4]["entry"]["event"].clone();
    assert_eq!(
        (&issued["type"], &issued["issue"]),
        (&json!("issued"), &json!(1))
    );
    assert_eq!(issued["access_key_id"], access_key_id);
}

#[tokio::test]
async fn where_the_policy_says_yes_by_itself_nobody_is_asked() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let asked = scene
        .as_(Anna)
        .ask(&shell_on(postern_local::account::BATCH_1))
        .await
        .must_be(201);
    assert_eq!(asked.body["status"], "approved");
    assert_eq!(
        scene.trail(asked.id()).await,
        ["asked", "approved_by_policy"]
    );
    let credentials = scene.credentials(asked.id()).await;
    scene.opened(&credentials).await;
}

#[tokio::test]
async fn what_nobody_answers_and_what_nobody_activates_lapses() {
    let scene = Scene::open().await;
    let (unanswered, unused) = (scene.asked().await, scene.approved().await);
    assert_eq!(scene.status(unanswered).await, Pending);
    assert_eq!(scene.status(unused).await, Approved);
    scene.advance(Duration::from_secs(4 * 60 * 60));
    scene.sweep().await;
    for (id, why) in [(unanswered, "unanswered"), (unused, "unused")] {
        let lapsed = scene.as_(Ada).show(id).await.must_be(200);
        assert_eq!(lapsed.body["status"], "lapsed");
        assert_eq!(lapsed.body["state"]["lapsed_because"], why);
        assert_eq!(lapsed.body["you_may"], json!([]));
    }
}
