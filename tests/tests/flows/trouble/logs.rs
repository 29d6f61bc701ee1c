//! Logs of sessions: those that come, and those that come late, empty, twice, or not at all
//! (THREATS T1, T2).

use std::time::Duration;

use postern_local::account::{LOG_BUCKET, WEB_7};
use postern_local::people::Person::{Anna, Ben};
use rules::audit::Event;
use rules::log_verdict::LogVerdict;
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::Credentials;
use serde_json::json;
use standin::ssm::LogBehaviour;

use crate::scene::{Scene, ask};

const MINUTE: Duration = Duration::from_secs(60);

/// A grant that is over, with one session, whose log the agent dealt with like this.
struct Ended {
    scene: Scene,
    id: RequestId,
    session: String,
}

impl Ended {
    /// A grant that has just ended, its session with it.
    async fn with(behaviour: LogBehaviour) -> Self {
        let scene = Scene::open().await;
        scene.world().set_agent_log(WEB_7, behaviour);
        let (id, credentials) = scene.active().await;
        scene.advance(MINUTE);
        let session = scene.opened(&credentials).await;
        let typed = scene.world().type_into_session(&session, "df -h");
        typed.expect("the session is open");
        scene.advance_to(credentials.ends_at);
        scene.sweep().await;
        let ended = Self { scene, id, session };
        assert!(ended.is_over());
        ended
    }

    fn is_over(&self) -> bool {
        let seen = self.scene.world().session(&self.session).unwrap();
        seen.status.is_over()
    }

    /// Where the log lies.
    fn key(&self) -> String {
        let seen = self.scene.world().session(&self.session).unwrap();
        seen.log.expect("a session that is logged").1
    }

    /// Lets so much time pass, and sweeps.
    async fn wait(&self, minutes: u32) {
        self.scene.advance(MINUTE * minutes);
        self.scene.sweep().await;
    }

    /// The verdict as people are shown it, and whether the request is closed with it.
    async fn verdict(&self) -> (LogVerdict, bool) {
        let sessions = self.scene.sessions(self.id).await;
        let [session] = sessions.as_slice() else {
            panic!("one session: {sessions:?}");
        };
        assert_eq!(session.id.to_string(), self.session);
        let closed = self.scene.status(self.id).await == StatusWord::Closed;
        (session.log.clone(), closed)
    }

    /// That the verdict is this one, with the one entry that says so, and the request is closed.
    async fn must_be(&self, word: &str) -> LogVerdict {
        let (verdict, closed) = self.verdict().await;
        assert_eq!((verdict.word().as_str(), closed), (word, true));
        let found = self.scene.reckon(self.id).await;
        let said = found.entries.iter().map(|entry| &entry.event);
        let judged = said.filter(|event| event.word() == "log_judged");
        let expected = Event::LogJudged {
            session: self.session.parse().unwrap(),
            log: verdict.clone(),
        };
        assert_eq!(judged.collect::<Vec<_>>(), [&expected]);
        verdict
    }

    async fn must_wait(&self) {
        assert_eq!(self.verdict().await, (LogVerdict::Pending {}, false));
    }
}

#[tokio::test]
async fn a_log_that_comes_at_once_has_landed() {
    let ended = Ended::with(LogBehaviour::Write).await;
    ended.wait(1).await;
    let LogVerdict::Landed { object } = ended.must_be("landed").await else {
        panic!("landed");
    };
    assert_eq!(object.key, ended.key());
    let versions = ended.scene.world().object_versions(LOG_BUCKET, &object.key);
    assert_eq!(object.size, versions[0].body.len() as u64);
    assert!(object.version.is_some());
}

#[tokio::test]
async fn a_log_within_the_grace_has_landed_and_one_after_it_is_late() {
    for (minutes, word) in [(4, "landed"), (7, "late")] {
        let delay = LogBehaviour::DelayMillis(u64::from(minutes) * 60_000);
        let ended = Ended::with(delay).await;
        ended.wait(minutes - 1).await;
        ended.must_wait().await;
        ended.wait(3).await;
        ended.must_be(word).await;
    }
}

#[tokio::test]
async fn a_log_that_never_comes_is_missing_when_its_time_is_over() {
    let ended = Ended::with(LogBehaviour::Withhold).await;
    ended.wait(59).await;
    ended.must_wait().await;
    ended.wait(2).await;
    ended.must_be("missing").await;
}

#[tokio::test]
async fn a_log_without_content_is_empty() {
    let ended = Ended::with(LogBehaviour::Truncate).await;
    ended.wait(1).await;
    let verdict = ended.must_be("empty").await;
    assert!(matches!(verdict, LogVerdict::Empty { object } if object.size == 0));
}

#[tokio::test]
async fn a_log_that_was_written_over_is_altered() {
    let ended = Ended::with(LogBehaviour::Duplicate).await;
    ended.wait(1).await;
    let verdict = ended.must_be("altered").await;
    let altered = LogVerdict::Altered {
        versions: 2,
        deleted: false,
    };
    assert_eq!(verdict, altered);
}

#[tokio::test]
async fn a_log_that_was_deleted_is_altered() {
    let ended = Ended::with(LogBehaviour::Write).await;
    let deleted = ended.scene.world().delete_object(LOG_BUCKET, &ended.key());
    deleted.expect("the bucket is there");
    ended.wait(1).await;
    let verdict = ended.must_be("altered").await;
    let altered = LogVerdict::Altered {
        versions: 1,
        deleted: true,
    };
    assert_eq!(verdict, altered);
}

#[tokio::test]
async fn a_log_under_a_key_that_only_begins_alike_is_nobodys() {
    let ended = Ended::with(LogBehaviour::Withhold).await;
    let key = format!("{}.old", ended.key());
    let other = standin::s3::PutObject {
        body: "somebody else's".into(),
        ..standin::s3::PutObject::default()
    };
    ended
        .scene
        .world()
        .put_object(LOG_BUCKET, &key, other)
        .unwrap();
    ended.wait(2).await;
    ended.must_wait().await;
}

#[tokio::test]
async fn what_is_never_logged_is_unloggable_and_waits_for_nothing() {
    let scene = Scene::open().await;
    let port = json!({"type": "port", "host": "localhost", "port": 5432});
    let asked = scene
        .as_(Anna)
        .ask(&ask(&port, &[WEB_7]))
        .await
        .must_be(201);
    assert_eq!(asked.body["loggable"], false);
    let id = asked.id();
    for approver in [scene.as_(Ben), scene.somebody("sam", &["security"])] {
        approver.approve(id).await.must_be(200);
    }
    let credentials: Credentials = scene.credentials(id).await;
    scene.advance(MINUTE);
    let session = scene.opened(&credentials).await;
    scene.advance_to(credentials.ends_at);
    scene.sweep().await;
    let ended = Ended { scene, id, session };
    assert!(ended.is_over());
    ended.wait(1).await;
    let (verdict, closed) = ended.verdict().await;
    assert_eq!((verdict, closed), (LogVerdict::Unloggable {}, true));
    let listings = ended.scene.world();
    let looked = listings.calls_of(standin::Service::S3, "ListObjectVersions");
    assert_eq!(looked.len(), 0);
}
