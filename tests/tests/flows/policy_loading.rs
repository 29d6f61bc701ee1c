//! The policy set in S3, and who is on call: what stops when they cannot be had, and what does not.

use std::time::Duration;

use postern_local::account::{
    BATCH_1, CONFIG_BUCKET, ON_CALL_KEY, ON_CALL_PARAMETER, WEB_7, WEB_8,
};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use rules::names::RequestId;
use rules::status::StatusWord::{Active, Approved, Closed, Denied, Ending, Withdrawn};
use rules::wire::Credentials;
use serde_json::Value;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::s3::PutObject;
use standin::ssm::ParameterType;

use crate::log::Log;
use crate::scene::{GRANT, Reply, Scene, shell_on};

const POLICY: &str = include_str!("../../../policies/starter.cedar");

/// Settings by which the policy set stands in S3.
pub(crate) const IN_S3: [(&str, &str); 3] = [
    ("POSTERN_POLICY", ""),
    ("POSTERN_POLICY_OBJECT", "s3://postern-config/policy.cedar"),
    ("POSTERN_POLICY_KEEP", "20m"),
];

const ON_CALL: [(&str, &str); 2] = [
    ("POSTERN_ON_CALL_OBJECT", "s3://postern-config/on-call.json"),
    ("POSTERN_ON_CALL_KEY_PARAMETER", ON_CALL_PARAMETER),
];

const MINUTE: Duration = Duration::from_secs(60);

/// A deployment whose policy set stands in S3, and is good.
async fn in_s3() -> Scene {
    let scene = Scene::with(&IN_S3).await;
    scene.house().put_policy(POLICY).unwrap();
    scene
}

/// How often something was counted.
fn counted(scene: &Scene, metric: &str) -> usize {
    let lines = scene.house().metrics();
    let lines = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line[metric] == 1).count()
}

/// Whatever needs a policy set says so, and tells when to try again.
async fn nothing_is_asked_for_or_issued(scene: &Scene, granted: RequestId, code: &str) {
    let waits = |said: Reply| {
        let said = said.must_say(503, code);
        let wait = said.header("retry-after").map(str::parse::<u64>);
        assert!(matches!(wait, Some(Ok(1..=60))), "{wait:?}");
    };
    let anna = scene.as_(Anna);
    waits(anna.ask(&shell_on(WEB_7)).await);
    waits(anna.does("credentials", granted).await);
    waits(anna.get("/v1/targets").await);
}

/// Requests of Anna's in each state that something can be done to.
struct Requests {
    pending: [RequestId; 3],
    approved: RequestId,
    running: [(RequestId, Credentials); 3],
}

impl Requests {
    async fn of(scene: &Scene) -> Self {
        Self {
            pending: [
                scene.asked().await,
                scene.asked().await,
                scene.asked().await,
            ],
            approved: scene.approved().await,
            running: [
                scene.active().await,
                scene.active().await,
                scene.active().await,
            ],
        }
    }

    /// Everything that takes access back, or says yes or no to a request, goes on; and so does
    /// looking.
    async fn go_on(&self, scene: &Scene) {
        let (anna, ben, omar) = (scene.as_(Anna), scene.as_(Ben), scene.as_(Omar));
        let [approve, deny, withdraw] = self.pending;
        ben.approve(approve).await.must_be(200);
        ben.does("deny", deny).await.must_be(200);
        anna.does("withdraw", withdraw).await.must_be(200);
        for (id, status) in [(approve, Approved), (deny, Denied), (withdraw, Withdrawn)] {
            assert_eq!(scene.status(id).await, status);
        }
        let [(revoked, _), (released, _), (ends, held)] = &self.running;
        let session = scene.opened(held).await;
        omar.does("revoke", *revoked).await.must_be(200);
        anna.does("release", *released).await.must_be(200);
        for id in [revoked, released] {
            assert_eq!(scene.status(*id).await, Ending);
        }
        anna.get("/v1/requests").await.must_be(200);
        scene
            .as_(Ada)
            .get("/v1/requests?view=all")
            .await
            .must_be(200);
        assert!(scene.entries(*ends).await.whole);

        // The grant ends at its second, and its session with it.
        assert_eq!(scene.status(*ends).await, Active);
        scene.advance(GRANT);
        scene.sweep().await;
        let alive = scene
            .world()
            .session(&session)
            .unwrap()
            .ended_millis
            .is_none();
        assert!(!alive, "the session goes on");
        for _ in 0..3 {
            scene.advance(Duration::from_secs(40 * 60));
            scene.sweep().await;
        }
        for id in [revoked, released, ends] {
            assert_eq!(scene.status(*id).await, Closed);
        }
    }
}

#[tokio::test]
async fn without_a_valid_policy_set_nothing_is_asked_for_or_issued_and_all_else_goes_on() {
    let scene = in_s3().await;
    let requests = Requests::of(&scene).await;
    let asked_before = scene.as_(Cleo).with_key("key-before-0001");
    let first = asked_before.ask(&shell_on(WEB_8)).await.must_be(201).id();
    let (log, _guard) = Log::as_deployed_on_this_thread();

    scene
        .house()
        .put_policy("permit (principal, action, resource);")
        .unwrap();
    scene.advance(MINUTE);
    nothing_is_asked_for_or_issued(&scene, requests.approved, "policy-invalid").await;
    assert_eq!(counted(&scene, "AnsweredPolicyInvalid"), 3);
    // `api` and `issue` have each looked.
    assert_eq!(counted(&scene, "PolicyInvalid"), 2);
    let said = log.text();
    assert!(said.contains("the policy set is not valid, and nothing is asked for or issued"));
    assert!(said.contains("does not validate"), "{said}");
    // What was said before is remembered; it needs no policy set.
    let again = asked_before.ask(&shell_on(WEB_8)).await.must_be(201);
    assert!(again.is_replay() && again.id() == first);
    requests.go_on(&scene).await;

    scene.house().put_policy(POLICY).unwrap();
    scene.advance(MINUTE);
    scene.asked().await;
}

#[tokio::test]
async fn the_last_good_policy_set_is_kept_while_s3_fails_and_then_all_else_goes_on() {
    let scene = in_s3().await;
    let requests = Requests::of(&scene).await;
    let denied = FaultKind::Fail {
        status: 403,
        code: "AccessDenied".to_owned(),
    };
    let rule = FaultRule::always(Service::S3, "GetObject", denied);
    let outage = scene.world().faults().inject(rule);
    scene.advance(19 * MINUTE);
    scene.as_(Cleo).ask(&shell_on(WEB_8)).await.must_be(201);
    scene.credentials(requests.approved).await;
    assert_eq!(counted(&scene, "PolicyKept"), 2);
    scene.advance(2 * MINUTE);
    nothing_is_asked_for_or_issued(&scene, requests.approved, "policy-unavailable").await;
    assert_eq!(counted(&scene, "AnsweredPolicyUnavailable"), 3);
    assert_eq!(counted(&scene, "PolicyUnavailable"), 2);
    requests.go_on(&scene).await;
    scene.world().faults().remove(outage);
    scene.advance(MINUTE);
    scene.asked().await;
}

#[tokio::test]
async fn a_set_that_is_put_in_place_is_the_one_that_judges() {
    let scene = in_s3().await;
    let cleo = scene.as_(Cleo);
    cleo.ask(&shell_on(BATCH_1)).await.must_be(201);
    // An empty set permits nothing.
    scene
        .house()
        .put_policy("// Closed for the holidays.")
        .unwrap();
    cleo.ask(&shell_on(BATCH_1)).await.must_be(201);
    scene.advance(MINUTE);
    cleo.ask(&shell_on(BATCH_1))
        .await
        .must_say(403, "no-policy");
    scene.house().put_policy(POLICY).unwrap();
    scene.advance(MINUTE);
    cleo.ask(&shell_on(BATCH_1)).await.must_be(201);
    assert_eq!(counted(&scene, "PolicyLoaded"), 3);
}

/// A way in for whoever is on call for payments.
const FOR_PAYMENTS: &str = r#"@id("on-call-shell") @auto("true") @max_duration("1h")
permit (principal in Postern::Group::"engineers", action == Postern::Action::"shell", resource)
when { context.on_call && context.rotas.contains("payments") };"#;

#[tokio::test]
async fn a_way_in_for_whoever_is_on_call_opens_and_closes_with_the_feed() {
    let settings = [&ON_CALL[..], &[("POSTERN_POLICY", FOR_PAYMENTS)]].concat();
    let scene = Scene::with(&settings).await;
    let (anna, cleo) = (scene.as_(Anna), scene.as_(Cleo));
    let ask = shell_on(WEB_7);
    anna.ask(&ask).await.must_say(403, "no-route");
    let rotas: [(&str, &[_]); 2] = [("payments", &[Anna]), ("search", &[Cleo])];
    scene.house().put_on_call(&rotas, 10 * MINUTE).unwrap();
    scene.advance(MINUTE);
    let id = anna.ask(&ask).await.must_be(201).id();
    cleo.ask(&ask).await.must_say(403, "no-route");
    scene.credentials(id).await;
    // The feed is over in nine minutes, and the policy is asked again at each issue.
    scene.advance(9 * MINUTE - Duration::from_millis(1));
    scene.credentials(id).await;
    scene.advance(Duration::from_millis(1));
    anna.ask(&ask).await.must_say(403, "no-route");
    let issue = anna.does("credentials", id).await;
    issue.must_say(403, "no-longer-allowed");
}

#[tokio::test]
async fn whatever_becomes_of_the_on_call_feed_nobody_is_kept_from_asking() {
    let scene = Scene::with(&ON_CALL).await;
    // There is no feed at all.
    scene.asked().await;
    assert_eq!(counted(&scene, "OnCallUnread"), 1);
    scene
        .house()
        .put_on_call(&[("payments", &[Anna])], MINUTE)
        .unwrap();
    scene.advance(MINUTE / 2);
    scene.asked().await;
    assert_eq!(counted(&scene, "OnCallUnread"), 1);
    scene.advance(MINUTE);
    scene.asked().await;
    assert_eq!(counted(&scene, "OnCallStale"), 1);
    let forged = PutObject {
        body: r#"{"payload":"{}","hmac_sha256":""}"#.into(),
        ..PutObject::default()
    };
    scene
        .world()
        .put_object(CONFIG_BUCKET, ON_CALL_KEY, forged)
        .unwrap();
    scene.advance(MINUTE);
    scene.asked().await;
    assert_eq!(counted(&scene, "OnCallRefused"), 1);
}

#[tokio::test]
async fn the_key_of_the_on_call_feed_is_in_no_log_and_no_metric() {
    let (log, _guard) = Log::of_everything_on_this_thread();
    let scene = Scene::with(&[&IN_S3[..], &ON_CALL].concat()).await;
    let house = scene.house();
    let key = house.on_call_key().expose().to_owned();
    assert!(key.len() >= 32);
    house.put_policy(POLICY).unwrap();
    house
        .put_on_call(&[("payments", &[Anna, Ben])], MINUTE)
        .unwrap();
    scene.active().await;
    // A signature of another key, so that the parameter is read again; and then no key at all.
    let secure = ParameterType::SecureString;
    let other = format!("{key}-and-more");
    scene
        .world()
        .put_parameter(ON_CALL_PARAMETER, secure, &other);
    house.put_on_call(&[], MINUTE).unwrap();
    scene.advance(6 * MINUTE);
    scene.asked().await;
    let bad = format!("{key} \n{key}\n{key}");
    scene.world().put_parameter(ON_CALL_PARAMETER, secure, &bad);
    scene.advance(6 * MINUTE);
    scene.asked().await;
    scene.world().remove_parameter(ON_CALL_PARAMETER);
    scene.advance(6 * MINUTE);
    scene.asked().await;
    scene.sweep().await;

    let text = format!("{}{}", log.text(), house.metrics().concat());
    for sign in [
        "GetObject",
        "OnCallRefused",
        "OnCallUnread",
        "the on-call feed",
    ] {
        assert!(text.contains(sign), "nothing was written of {sign}");
    }
    let ends = [key.get(..20).unwrap(), key.get(key.len() - 20..).unwrap()];
    assert!(
        ends.iter().all(|end| !text.contains(end)),
        "the key was written down"
    );
    // It would have been found.
    tracing::trace!(key, "for once");
    assert!(log.text().contains(ends[0]));
}
