//! Logs after the close: looked at again, sooner where S3 says so, and remembered with the instance
//! (THREATS T1).

use std::time::Duration;

use postern_local::account::{BATCH_1, LOG_BUCKET};
use postern_local::people::Person::Anna;
use rules::log_verdict::LogWord;
use rules::names::RequestId;
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::s3::PutObject;
use standin::ssm::LogBehaviour;

use crate::scene::{AT_ONCE, Scene, shell_on};

const HOUR: Duration = Duration::from_secs(3_600);

/// A policy that closes an instance whose last log is missing, but for operators.
const MUST_BE_LOGGED: &str = concat!(
    include_str!("../../../../policies/starter.cedar"),
    r#"@id("staging-at-once") @auto("true") @max_duration("1h")
    permit (principal, action == Postern::Action::"shell", resource)
    when { resource.hasTag("Env") && resource.getTag("Env") == "staging" };

    @id("last-log-missing") @because("the log of the last session on it never came; have it repaired")
    forbid (principal, action, resource)
    when { resource has last_log && resource.last_log == "missing" }
    unless { principal in Postern::Group::"operators" };"#
);

/// A grant that is over, and the one session of it.
struct Over {
    scene: Scene,
    id: RequestId,
    session: String,
}

impl Over {
    async fn with(behaviour: LogBehaviour, policy: &str) -> Self {
        let scene = Scene::with(&[("POSTERN_POLICY", policy)]).await;
        scene.world().set_agent_log(BATCH_1, behaviour);
        let anna = scene.as_(Anna);
        let id = anna.ask(&shell_on(BATCH_1)).await.must_be(201).id();
        let credentials = scene.credentials(id).await;
        let session = scene.opened(&credentials).await;
        anna.does("release", id).await.must_be(200);
        scene.sweep().await;
        let over = Self { scene, id, session };
        over.wait(Duration::from_secs(31 * 60)).await;
        over
    }

    async fn wait(&self, length: Duration) {
        self.scene.advance(length);
        self.scene.sweep().await;
    }

    async fn verdict(&self) -> &'static str {
        let sessions = self.scene.sessions(self.id).await;
        sessions[0].log.word().as_str()
    }

    fn key(&self) -> String {
        let seen = self.scene.world().session(&self.session).unwrap();
        seen.log.unwrap().1
    }

    /// Writes under the key of the log, as whoever may write the bucket could.
    fn write_over(&self) {
        let put = PutObject {
            body: "nothing happened".into(),
            ..PutObject::default()
        };
        self.scene
            .world()
            .put_object(LOG_BUCKET, &self.key(), put)
            .unwrap();
    }
}

#[tokio::test]
async fn a_log_that_is_written_over_after_the_close_is_found_at_the_next_look() {
    let over = Over::with(LogBehaviour::Write, AT_ONCE.1).await;
    assert_eq!(over.verdict().await, "landed");
    over.wait(HOUR).await;
    assert_eq!(over.scene.reckon(over.id).await.count("logs_rechecked"), 1);
    over.write_over();
    over.wait(3 * HOUR).await;
    assert_eq!(over.verdict().await, "altered");
    let critical = over.scene.world().events().into_iter().any(|event| {
        event.detail["severity"] == "critical" && event.detail["event"] == "log_judged"
    });
    assert!(critical);
    over.scene.settle(over.id).await;
}

#[tokio::test]
async fn a_version_that_is_removed_after_the_close_is_found() {
    let over = Over::with(LogBehaviour::Write, AT_ONCE.1).await;
    let versions = over.scene.world().object_versions(LOG_BUCKET, &over.key());
    let version = versions[0].version_id.clone();
    let removed = over
        .scene
        .world()
        .remove_version(LOG_BUCKET, &over.key(), &version);
    assert!(removed.unwrap().is_some());
    over.wait(HOUR).await;
    assert_eq!(over.verdict().await, "altered");
}

#[tokio::test]
async fn what_s3_says_makes_a_verdict_sooner_and_is_not_believed() {
    let over = Over::with(LogBehaviour::Write, AT_ONCE.1).await;
    let sweeper = over.scene.house().sweeper();
    // Nothing has changed, whatever is said, and nothing is looked at for keys that are nobody's.
    let says = async |key: &str| Box::pin(sweeper.log_stored(LOG_BUCKET, key)).await;
    let looked = || {
        over.scene
            .world()
            .calls_of(Service::S3, "ListObjectVersions")
            .len()
    };
    let before = looked();
    assert!(says(&over.key()).await.events.is_empty());
    assert_eq!(looked(), before + 1);
    for key in [
        "",
        "x.log",
        "sessions/x.log",
        &format!("other/{}.log", over.session),
    ] {
        assert!(says(key).await.events.is_empty());
    }
    assert_eq!(looked(), before + 1);
    over.write_over();
    let report = says(&over.key()).await;
    assert_eq!(report.verdicts["altered"], 1);
    assert_eq!(over.verdict().await, "altered");
}

#[tokio::test]
async fn a_bucket_that_may_not_be_looked_at_is_told_and_then_unreadable() {
    let denied = FaultKind::Fail {
        status: 403,
        code: "AccessDenied".to_owned(),
    };
    let scene = Scene::with(&[AT_ONCE]).await;
    let rule = FaultRule::always(Service::S3, "ListObjectVersions", denied);
    scene.world().faults().inject(rule);
    let anna = scene.as_(Anna);
    let id = anna.ask(&shell_on(BATCH_1)).await.must_be(201).id();
    let credentials = scene.credentials(id).await;
    scene.opened(&credentials).await;
    anna.does("release", id).await.must_be(200);
    scene.sweep().await;
    scene.advance(Duration::from_secs(59 * 60));
    let report = scene.sweep_in_trouble().await;
    assert!(
        report.troubles[0].what.contains("AccessDenied"),
        "{report:?}"
    );
    scene.advance(Duration::from_secs(120));
    let report = scene.sweep_in_trouble().await;
    assert_eq!(report.verdicts["unreadable"], 1);
    // Once it may be looked at again, the log turns out to be there.
    scene.world().faults().clear();
    scene.advance(HOUR);
    let report = scene.sweep().await;
    assert_eq!(report.verdicts["landed"], 1);
}

#[tokio::test]
async fn a_policy_may_close_an_instance_whose_last_log_is_missing() {
    let over = Over::with(LogBehaviour::Withhold, MUST_BE_LOGGED).await;
    let anna = over.scene.as_(Anna);
    // While it may still come, nothing is said of it.
    anna.ask(&shell_on(BATCH_1)).await.must_be(201);
    over.wait(HOUR).await;
    assert_eq!(over.verdict().await, "missing");
    // An hour is as long as her token lasts.
    let anna = over.scene.as_(Anna);
    let refused = anna
        .ask(&shell_on(BATCH_1))
        .await
        .must_say(403, "policy-forbids");
    assert!(
        refused
            .text()
            .contains("the log of the last session on it never came")
    );
    let explained = anna.post("/v1/policy/explain", &shell_on(BATCH_1)).await;
    assert!(explained.must_be(200).text().contains("last-log-missing"));

    // Whoever is let in all the same leaves a log, and with it the instance is open again.
    over.scene
        .world()
        .set_agent_log(BATCH_1, LogBehaviour::Write);
    let olga = over.scene.somebody("olga", &["operators"]);
    let asked = olga.ask(&shell_on(BATCH_1)).await.must_be(201);
    assert_eq!(
        asked.body["targets"][0]["last_log"]["verdict"],
        json!(LogWord::Missing)
    );
    let id = asked.id();
    let credentials = olga.does("credentials", id).await.must_be(200).read();
    over.scene.opened(&credentials).await;
    olga.does("release", id).await.must_be(200);
    over.scene.sweep().await;
    over.wait(Duration::from_secs(60)).await;
    let anna = over.scene.as_(Anna);
    anna.ask(&shell_on(BATCH_1)).await.must_be(201);
}
