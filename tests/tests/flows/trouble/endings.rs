//! Ends that are made hard: listings that lag, credentials that outlive their grant, sessions that
//! SSM cannot end, grants that overlap (THREATS D7, T4, T6).

use std::time::Duration;

use postern_local::account::{WEB_7, WEB_8};
use postern_local::people::Person::{Anna, Ben, Cleo};
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::Credentials;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::journal::JournalEntry;

use crate::scene::{Denied, Scene, of, shell_on};

/// How far listings lag here.
const LAG: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

impl Scene {
    fn is_open(&self, session: &str) -> bool {
        let seen = self.world().session(session).expect("there is the session");
        seen.status.is_usable()
    }

    fn listings_lag(&self, by: Duration) {
        let millis = u32::try_from(by.as_millis()).unwrap();
        self.world()
            .change_session_habits(|habits| habits.listing_lag_millis = millis);
    }

    async fn opens(&self, credentials: &Credentials) -> Result<String, Denied> {
        let instance = credentials.targets[0].instance.to_string();
        self.open_session(credentials, &instance, &credentials.document)
            .await
    }

    /// The calls of this operation that took effect and speak of this.
    fn effects(&self, service: Service, operation: &str, of: &str) -> Vec<JournalEntry> {
        let mut calls = self.world().calls_of(service, operation);
        calls.retain(|call| call.took_effect && call.parameters.to_string().contains(of));
        calls
    }
}

/// A call that is refused, always.
fn never(service: Service, operation: &str) -> FaultRule {
    let denied = FaultKind::Fail {
        status: 400,
        code: "AccessDeniedException".to_owned(),
    };
    FaultRule::always(service, operation, denied)
}

#[tokio::test]
async fn a_sweep_tells_by_how_much_each_session_outlived_its_grant() {
    let scene = Scene::open().await;
    let (_, credentials) = scene.active().await;
    // Late, lest Session Manager end it for want of input.
    scene.advance_to(credentials.ends_at.minus(60 * SECOND));
    scene.opens(&credentials).await.unwrap();
    scene.advance_to(credentials.ends_at.plus(90 * SECOND));
    let mut overruns = scene.sweep().await.overruns_ms;
    scene.advance(SECOND);
    overruns.extend(scene.sweep().await.overruns_ms);
    assert_eq!(overruns.len(), 1);
    assert!((90_000..91_000).contains(&overruns[0]), "{overruns:?}");
}

#[tokio::test]
async fn a_run_that_waits_ends_the_session_at_the_second() {
    let scene = Scene::open().await;
    let (_, credentials) = scene.active().await;
    scene.advance(Duration::from_secs(60));
    let session = scene.opened(&credentials).await;
    scene.advance_to(credentials.ends_at.minus(10 * SECOND));

    let window = scene.now().plus(60 * SECOND);
    let run = Box::pin(scene.house().sweeper().run(window));
    let time = async {
        scene.advance(9 * SECOND);
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert!(scene.is_open(&session), "ended before the grant");
        scene.advance(SECOND);
        while scene.is_open(&session) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        scene.advance(60 * SECOND);
    };
    let (report, ()) =
        tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(run, time) })
            .await
            .expect("the run ends the session, and then itself");
    assert_eq!(report.troubles, []);
    let ended = scene.world().session(&session).unwrap().ended_millis;
    assert_eq!(ended, Some(credentials.ends_at.millis()));
}

#[tokio::test]
async fn a_session_reopened_after_the_first_pass_is_gone_after_the_next_that_can_see_it() {
    let scene = Scene::open().await;
    scene.listings_lag(LAG);
    let (id, credentials) = scene.active().await;
    let first = scene.opened(&credentials).await;
    scene.advance(60 * SECOND);
    scene.as_(Ben).does("revoke", id).await.must_be(200);

    // IAM does not take the denial, as if it were slow to tell everybody.
    let unheard = scene
        .world()
        .faults()
        .inject(never(Service::Iam, "PutRolePolicy"));
    let report = scene.sweep_in_trouble().await;
    assert_eq!(report.troubles.len(), 1, "{report:?}");
    assert!(!scene.is_open(&first));
    let second = scene
        .opens(&credentials)
        .await
        .expect("the credentials are valid yet");
    scene.world().faults().remove(unheard);

    scene.advance(SECOND);
    scene.sweep().await;
    assert!(scene.is_open(&second), "nobody can see it yet");
    assert_eq!(scene.opens(&credentials).await, Err(Denied::by_policy()));
    scene.advance(LAG);
    scene.sweep().await;
    assert!(!scene.is_open(&second));
    assert_eq!(scene.status(id).await, StatusWord::Ending);

    scene.listings_lag(Duration::ZERO);
    let closed = scene.settle(id).await;
    assert_eq!(closed.sessions.len(), 2);
    assert_eq!(closed.count("log_judged"), 2);
}

#[tokio::test]
async fn revoked_credentials_are_denied_until_they_have_expired_and_those_of_others_are_not() {
    let scene = Scene::open().await;
    let (revoked, credentials) = scene.active().await;
    let (other, others) = scene.active().await;
    scene.as_(Ben).does("revoke", revoked).await.must_be(200);
    scene.sweep().await;
    assert!(scene.now() < credentials.expires_at);
    assert_eq!(scene.opens(&credentials).await, Err(Denied::by_policy()));
    scene
        .opens(&others)
        .await
        .expect("another grant of the same person lives");

    let written = scene.effects(Service::Iam, "PutRolePolicy", &revoked.to_string());
    assert_eq!(
        written.len(),
        1,
        "written once, however often it is looked at"
    );
    assert!(
        !written[0]
            .parameters
            .to_string()
            .contains(&other.to_string())
    );
    scene.settle(revoked).await;
    scene.advance(Duration::from_secs(60 * 60));
    scene.sweep().await;
    let pruned = scene.effects(Service::Iam, "DeleteRolePolicy", "PosternRevoked");
    assert_eq!(pruned.len(), 1);
    assert!(pruned[0].at_millis > credentials.expires_at.millis());
}

#[tokio::test]
async fn a_session_that_turns_up_after_the_close_is_ended_and_the_request_stays_closed() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    // Longer than anybody waits for stragglers.
    scene.listings_lag(Duration::from_secs(300));
    scene.advance_to(credentials.ends_at.minus(SECOND));
    let session = scene.opened(&credentials).await;
    scene.advance(SECOND);
    for _ in 0..3 {
        scene.sweep().await;
        scene.advance(60 * SECOND);
    }
    assert_eq!(scene.status(id).await, StatusWord::Closed);
    assert!(scene.is_open(&session));

    scene.advance(Duration::from_secs(300));
    scene.sweep().await;
    assert!(!scene.is_open(&session));
    assert_eq!(scene.status(id).await, StatusWord::Closed);
    let trail = scene.trail(id).await;
    assert_eq!(
        trail[trail.len() - 3..],
        ["closed", "session_seen", "session_terminating"]
    );
    // Its log is looked for like that of any other session.
    scene.listings_lag(Duration::ZERO);
    for _ in 0..3 {
        scene.advance(60 * SECOND);
        scene.sweep().await;
    }
    let trail = scene.trail(id).await;
    assert_eq!(trail[trail.len() - 2..], ["session_over", "log_judged"]);
    assert_eq!(scene.status(id).await, StatusWord::Closed);
    assert!(scene.entries(id).await.whole);
}

/// Somebody's grant of half an hour that runs from now on, with a session that is open.
async fn in_session(scene: &Scene, instance: &str) -> (RequestId, Credentials, String) {
    let cleo = scene.as_(Cleo);
    let id = cleo.ask(&shell_on(instance)).await.must_be(201).id();
    scene.as_(Ben).approve(id).await.must_be(200);
    let credentials: Credentials = cleo.does("credentials", id).await.must_be(200).read();
    scene.advance(60 * SECOND);
    let session = scene.opened(&credentials).await;
    (id, credentials, session)
}

#[tokio::test]
async fn a_session_that_ssm_cannot_end_is_told_again_ever_less_often_and_holds_nobody_up() {
    let scene = Scene::open().await;
    let (stuck, _, held) = in_session(&scene, WEB_7).await;
    let (other, _, free) = in_session(&scene, WEB_8).await;
    let rule = never(Service::Ssm, "TerminateSession").body_contains(&held);
    let broken = scene.world().faults().inject(rule);
    for id in [stuck, other] {
        scene.as_(Ben).does("revoke", id).await.must_be(200);
    }
    let ended_at = scene.now();
    while scene.now() < ended_at.plus(Duration::from_secs(180)) {
        let report = scene.sweep_in_trouble().await;
        assert!(
            report
                .troubles
                .iter()
                .all(|trouble| trouble.request == Some(stuck))
        );
        assert!(!scene.is_open(&free));
        scene.advance(5 * SECOND);
    }
    assert_eq!(scene.reckon(other).await.count("log_judged"), 1);
    assert_eq!(scene.reckon(stuck).await.count("session_over"), 0);

    let mut told = scene.world().calls_of(Service::Ssm, "TerminateSession");
    told.retain(|call| call.parameters.to_string().contains(&held));
    let times: Vec<i64> = told.iter().map(|call| call.at_millis).collect();
    let waits: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((6..=12).contains(&times.len()), "{waits:?}");
    // A sweep comes every five seconds, and so much a wait may seem shorter than the one before.
    let longer = |pair: &[i64]| pair[1] + 5_000 >= pair[0];
    assert!(waits.windows(2).all(longer), "{waits:?}");
    assert!(waits.first() < waits.last(), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 35_000), "{waits:?}");

    scene.world().faults().remove(broken);
    scene.advance(30 * SECOND);
    scene.sweep().await;
    assert!(!scene.is_open(&held));
    let closed = scene.settle(stuck).await;
    assert_eq!(closed.count("session_terminating"), times.len() + 1);
}

#[tokio::test]
async fn of_two_overlapping_grants_one_ends_and_the_other_lives() {
    for early in [None, Some("release")] {
        let scene = Scene::open().await;
        let (first, first_ends) = scene.active().await;
        scene.advance(Duration::from_secs(600));
        let (second, second_ends) = scene.active().await;
        let ends = scene.opened(&first_ends).await;
        let lives = scene.opened(&second_ends).await;
        let (by_others, _, of_others) = in_session(&scene, WEB_7).await;
        match early {
            Some(verb) => drop(scene.as_(Anna).does(verb, first).await.must_be(200)),
            None => scene.advance_to(first_ends.ends_at),
        }
        scene.sweep().await;
        assert!(!scene.is_open(&ends));
        assert!(scene.is_open(&lives) && scene.is_open(&of_others));
        assert_eq!(scene.opens(&first_ends).await, Err(Denied::by_policy()));
        scene
            .opens(&second_ends)
            .await
            .expect("the other grant goes on");
        assert_eq!(scene.status(second).await, StatusWord::Active);

        for id in [first, second, by_others] {
            let closed = scene.settle(id).await;
            let owner = format!("/{id}");
            assert!(
                scene
                    .sessions_of(id)
                    .iter()
                    .all(|one| one.owner.ends_with(&owner))
            );
            assert_eq!(closed.sessions.len(), scene.sessions_of(id).len());
        }
        let trail = scene
            .as_(Anna)
            .get(&of(second, "entries"))
            .await
            .must_be(200);
        assert!(!trail.text().contains(&ends), "of the first grant");
    }
}
