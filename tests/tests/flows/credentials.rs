//! What issued credentials open, and what they do not: with the real SDK, against a stand-in that
//! enforces what AWS enforces (THREATS E5, E6, E7, T6, D6, D7, I5).

use std::time::Duration;

use aws_sdk_ssm::types::SessionState;
use postern_local::account::{ACCESS_ROLE, BATCH_1, LOG_BUCKET, TABLE, WEB_7, WEB_8};
use postern_local::people::Person::{self, Anna, Ben, Cleo};
use rules::status::StatusWord::{Closed, Ending};
use rules::wire::Credentials;
use serde_json::json;
use standin::Demand;

use crate::scene::{Denied, GRANT, Scene, of, shell_on};

/// Shorter than any credentials that STS gives, so that they outlive their grant.
const SHORT: Duration = Duration::from_secs(5 * 60);

impl Scene {
    /// A grant of a shell that runs from now on, with its first credentials.
    async fn granted(&self, person: Person, instance: &str, length: Duration) -> Credentials {
        let mut body = shell_on(instance);
        body["duration_seconds"] = length.as_secs().into();
        let id = self.as_(person).ask(&body).await.must_be(201).id();
        self.as_(Ben).approve(id).await.must_be(200);
        let credentials = self.as_(person).does("credentials", id).await;
        credentials.must_be(200).read()
    }

    async fn resume(&self, credentials: &Credentials, session: &str) -> Result<(), Denied> {
        let call = self
            .ssm(credentials)
            .resume_session()
            .session_id(session)
            .send();
        Box::pin(call).await.map(drop).map_err(Denied::by)
    }

    async fn terminate(&self, credentials: &Credentials, session: &str) -> Result<(), Denied> {
        let call = self
            .ssm(credentials)
            .terminate_session()
            .session_id(session)
            .send();
        Box::pin(call).await.map(drop).map_err(Denied::by)
    }
}

fn is_open(scene: &Scene, session: &str) -> bool {
    let session = scene.world().session(session);
    session.is_some_and(|session| session.status.is_usable())
}

#[tokio::test]
async fn credentials_come_with_all_that_is_needed_to_use_them_and_are_never_stored() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let reply = scene.as_(Anna).does("credentials", id).await.must_be(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let Credentials {
        document,
        region,
        targets,
        ..
    } = reply.read();
    assert_eq!(
        (document.as_str(), region.as_str()),
        ("Postern-Shell-240", "ap-northeast-2")
    );
    let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
    assert_eq!(targets, [crate::scene::target(WEB_7)]);
    // A no is not stored either.
    let no = scene
        .as_(Cleo)
        .does("credentials", id)
        .await
        .must_say(404, "request-not-found");
    assert_eq!(no.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_aws_cli_reads_them_as_they_come() {
    let scene = Scene::open().await;
    let id = scene.approved().await;
    let path = of(id, "credentials?format=credential_process");
    let reply = scene.as_(Anna).post(&path, &json!({})).await.must_be(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let mut members: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
    members.sort();
    let wanted = [
        "AccessKeyId",
        "Expiration",
        "SecretAccessKey",
        "SessionToken",
        "Version",
    ];
    assert_eq!(members, wanted);
    assert_eq!(reply.body["Version"], 1);
    // The CLI runs the process again once they have expired, and never later than the grant ends.
    let expiration = reply.body["Expiration"].as_str().unwrap();
    let ends_at = scene.now().plus(GRANT);
    assert_eq!(expiration.parse(), Ok(ends_at), "{expiration}");
    assert!(
        !expiration.contains('.'),
        "{expiration} has no fraction of a second"
    );

    let whole: Credentials = scene.credentials(id).await;
    let of_process =
        |name: &str| serde_json::from_value(reply.body[name].clone()).expect("a secret is a text");
    let credentials = Credentials {
        access_key_id: reply.body["AccessKeyId"].as_str().unwrap().to_owned(),
        secret_access_key: of_process("SecretAccessKey"),
        session_token: of_process("SessionToken"),
        ..whole
    };
    scene.opened(&credentials).await;
}

#[tokio::test]
async fn they_open_the_instance_of_the_grant_with_its_document_and_nothing_else() {
    let scene = Scene::open().await;
    let credentials = scene.granted(Anna, WEB_7, SHORT).await;
    let document = credentials.document.clone();
    assert_eq!(document, "Postern-Shell-240");
    scene
        .open_session(&credentials, WEB_7, &document)
        .await
        .unwrap();

    for instance in [WEB_8, BATCH_1] {
        let other = scene.open_session(&credentials, instance, &document).await;
        assert_eq!(other, Err(Denied::by_policy()), "{instance}");
    }
    let documents = [
        "Postern-Shell-480",
        "Postern-Command-disk-usage",
        "Postern-Port-localhost-5432",
        "SSM-SessionManagerRunShell",
        "AWS-StartInteractiveCommand",
        "AWS-StartPortForwardingSession",
        "AWS-StartPortForwardingSessionToRemoteHost",
        "AWS-StartSSHSession",
    ];
    for document in documents {
        let other = scene.open_session(&credentials, WEB_7, document).await;
        assert_eq!(other, Err(Denied::by_policy()), "{document}");
    }
    // Without a document the account's own would be taken.
    let call = scene.ssm(&credentials).start_session().target(WEB_7).send();
    let none = Box::pin(call).await.map_err(Denied::by);
    assert_eq!(none.map(drop), Err(Denied::by_policy()));
    assert_eq!(scene.world().sessions().len(), 1);
}

#[tokio::test]
async fn they_reach_no_session_but_their_own() {
    let scene = Scene::open().await;
    let annas = scene.granted(Anna, WEB_7, SHORT).await;
    let cleos = scene.granted(Cleo, WEB_7, SHORT).await;
    let (own, other) = (scene.opened(&annas).await, scene.opened(&cleos).await);
    assert_eq!(scene.resume(&annas, &other).await, Err(Denied::by_policy()));
    assert_eq!(
        scene.terminate(&annas, &other).await,
        Err(Denied::by_policy())
    );
    assert!(is_open(&scene, &other));
    assert_eq!(scene.resume(&annas, &own).await, Ok(()));
    assert_eq!(scene.terminate(&annas, &own).await, Ok(()));
    assert!(!is_open(&scene, &own));
    // Nor do they see who is in which session.
    let look = scene
        .ssm(&annas)
        .describe_sessions()
        .state(SessionState::Active)
        .send();
    let look = Box::pin(look).await.map_err(Denied::by);
    assert_eq!(look.map(drop), Err(Denied::by_policy()));
}

#[tokio::test]
async fn they_reach_no_role_no_record_and_no_log() {
    let scene = Scene::open().await;
    let credentials = scene.granted(Anna, WEB_7, SHORT).await;
    let aws = scene.aws(&credentials);
    let again = aws_sdk_sts::Client::new(&aws)
        .assume_role()
        .role_arn(ACCESS_ROLE)
        .role_session_name(credentials.request.to_string())
        .send();
    let again = Box::pin(again).await.map_err(Denied::by);
    assert_eq!(again.map(drop), Err(Denied("AccessDenied".to_owned())));
    let table = aws_sdk_dynamodb::Client::new(&aws)
        .describe_table()
        .table_name(TABLE)
        .send();
    let table = Box::pin(table).await.map_err(Denied::by);
    assert_eq!(table.map(drop), Err(Denied::by_policy()));

    // And whatever else there is to do in the account.
    let role = "arn:aws:iam::111122223333:role/postern/PosternIssue";
    let instance = format!("arn:aws:ec2:ap-northeast-2:111122223333:instance/{WEB_7}");
    let logs = format!("arn:aws:s3:::{LOG_BUCKET}/sessions/any.log");
    let wishes = [
        ("sts:AssumeRole", role),
        ("iam:PassRole", role),
        ("iam:DeleteRolePolicy", ACCESS_ROLE),
        ("ssm:SendCommand", &instance),
        ("ssm:UpdateInstanceInformation", &instance),
        ("ec2:TerminateInstances", &instance),
        ("ec2-instance-connect:SendSSHPublicKey", &instance),
        ("s3:GetObject", &logs),
        ("s3:DeleteObject", &logs),
        ("lambda:InvokeFunction", "*"),
    ];
    for (action, resource) in wishes {
        let may = scene
            .world()
            .may(&credentials.access_key_id, &Demand::new(action, resource));
        assert!(may.is_err(), "{action} on {resource}");
    }
}

#[tokio::test]
async fn they_die_with_the_grant_though_sts_gives_none_so_short() {
    let scene = Scene::open().await;
    let credentials = scene.granted(Anna, WEB_7, SHORT).await;
    assert_eq!(credentials.expires_at, credentials.ends_at);
    scene.advance(SHORT - Duration::from_millis(1));
    let session = scene.opened(&credentials).await;
    scene.advance(Duration::from_millis(1));
    assert_eq!(scene.now(), credentials.ends_at);
    let late = scene
        .open_session(&credentials, WEB_7, &credentials.document)
        .await;
    assert_eq!(late, Err(Denied::by_policy()));
    assert_eq!(
        scene.resume(&credentials, &session).await,
        Err(Denied::by_policy())
    );
    // What was opened in the last millisecond is ended with all else.
    scene.sweep().await;
    assert!(!is_open(&scene, &session));
}

#[tokio::test]
async fn new_credentials_of_a_grant_never_outlive_it() {
    let scene = Scene::open().await;
    let long = Duration::from_secs(2 * 60 * 60);
    let first = scene.granted(Anna, WEB_7, long).await;
    let hour = Duration::from_secs(60 * 60);
    assert_eq!(first.expires_at, scene.now().plus(hour));
    scene.advance(hour);
    let expired = scene.open_session(&first, WEB_7, &first.document).await;
    assert!(expired.is_err());
    // Half an hour before the end comes the last issue.
    scene.advance(hour / 2);
    let second = scene.credentials(first.request).await;
    assert_eq!((second.issue, second.ends_at), (2, first.ends_at));
    assert_eq!(second.expires_at, first.ends_at);
    scene.opened(&second).await;
    scene.advance_to(first.ends_at);
    scene
        .as_(Anna)
        .does("credentials", first.request)
        .await
        .must_say(409, "grant-over");
    assert!(
        scene
            .open_session(&second, WEB_7, &second.document)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn two_issues_of_one_grant_are_one_grant() {
    let scene = Scene::open().await;
    let first = scene.granted(Anna, WEB_7, SHORT).await;
    let second = scene.credentials(first.request).await;
    assert_eq!((second.issue, second.ends_at), (2, first.ends_at));
    let sessions = [scene.opened(&first).await, scene.opened(&second).await];
    // Either set reaches the sessions of both: they are of one request.
    assert_eq!(scene.resume(&first, &sessions[1]).await, Ok(()));
    scene.advance_to(first.ends_at);
    assert_eq!(scene.sweep().await.terminated, 2);
    for session in sessions {
        assert!(!is_open(&scene, &session));
    }
}

#[tokio::test]
async fn of_two_overlapping_grants_one_ends_and_the_other_lives() {
    let scene = Scene::open().await;
    let short = scene.granted(Anna, WEB_7, SHORT).await;
    let long = scene.granted(Anna, WEB_7, GRANT).await;
    let (brief, lasting) = (scene.opened(&short).await, scene.opened(&long).await);
    // One person's, on one instance, and still each reaches only its own.
    assert_eq!(scene.resume(&long, &brief).await, Err(Denied::by_policy()));
    assert_eq!(
        scene.terminate(&short, &lasting).await,
        Err(Denied::by_policy())
    );

    scene.advance_to(short.ends_at);
    assert_eq!(scene.sweep().await.terminated, 1);
    assert!(!is_open(&scene, &brief));
    assert!(is_open(&scene, &lasting));
    assert_eq!(scene.status(short.request).await, Ending);
    let later = scene.opened(&long).await;

    scene.advance_to(long.ends_at);
    scene.sweep().await;
    assert!(!is_open(&scene, &lasting) && !is_open(&scene, &later));
    for id in [short.request, long.request] {
        let sessions = scene.sessions(id).await;
        assert!(sessions.iter().all(|session| session.id.request() == id));
    }
    assert_eq!(scene.sessions(short.request).await.len(), 1);
}

#[tokio::test]
async fn a_revoked_grant_ends_at_once_and_its_credentials_open_nothing_more() {
    let scene = Scene::open().await;
    let revoked = scene.granted(Anna, WEB_7, GRANT).await;
    let other = scene.granted(Cleo, WEB_7, GRANT).await;
    let (before, others) = (scene.opened(&revoked).await, scene.opened(&other).await);
    scene.advance(Duration::from_secs(60));
    scene
        .as_(Ben)
        .does("revoke", revoked.request)
        .await
        .must_be(200);
    scene
        .as_(Anna)
        .does("credentials", revoked.request)
        .await
        .must_say(409, "wrong-status");
    // IAM takes its time, and until the sweep is there somebody is quick.
    let between = scene.opened(&revoked).await;
    assert_eq!(scene.sweep().await.terminated, 2);
    assert!(!is_open(&scene, &before) && !is_open(&scene, &between));
    let late = scene.open_session(&revoked, WEB_7, &revoked.document).await;
    assert_eq!(late, Err(Denied::by_policy()));

    // Nobody else's grant is touched.
    assert!(is_open(&scene, &others));
    scene.opened(&other).await;
    // It closes once the credentials have expired, and not before.
    scene.sweep().await;
    assert_eq!(scene.status(revoked.request).await, Ending);
    scene.advance_to(revoked.ends_at.plus(Duration::from_secs(5 * 60)));
    scene.sweep().await;
    assert_eq!(scene.status(revoked.request).await, Closed);
}
