//! Calls to AWS that fail: each kind of call that a grant's whole life makes, in each of four ways
//! (THREATS T3, D3).
//!
//! The calls are not listed here: a life without faults is lived first, and its journal names them.

mod life;
mod site;

use std::sync::Arc;

use postern_local::people::Person::Anna;
use rules::wire::RequestList;
use standin::Service;
use standin::faults::FaultKind;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::life::{Lived, live};
use self::site::{Site, one_of_each_operation, sites, with_effect};
use crate::scene::Scene;

/// How many lives are lived at once. They wait, for the SDK to try again, more than they work.
const AT_ONCE: usize = 8;
/// Fewer partitions, and with them fewer calls that are all alike.
const SETTINGS: [(&str, &str); 1] = [("POSTERN_TABLE_SHARDS", "1")];

/// What happens to one call: to each of its attempts in turn.
type Fault = Vec<FaultKind>;

fn broken() -> FaultKind {
    FaultKind::Fail {
        status: 500,
        code: "InternalServerError".to_owned(),
    }
}

fn denied() -> FaultKind {
    FaultKind::Fail {
        status: 400,
        code: "AccessDeniedException".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_fails_for_a_moment_is_not_noticed() {
    let fault = vec![FaultKind::Throttle, broken()];
    strike(one_of_each_operation, fault, |site, lived| {
        // Of a broken call nobody knows whether it made credentials; it is never made again. And
        // every call of the sweeper to SSM is one that was counted.
        let noticed = match site.is_counted() {
            true => 2,
            false => usize::from(site.is(Service::Sts)),
        };
        assert_eq!(lived.noticed(), noticed, "{site}: {:?}", lived.troubles);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_answer_is_lost_does_nothing_twice() {
    strike(
        with_effect,
        vec![FaultKind::TimeoutAfterEffect],
        |site, lived| {
            let lost = usize::from(site.is(Service::Sts));
            let noticed = lost + usize::from(site.is_counted());
            assert_eq!(lived.noticed(), noticed, "{site}: {:?}", lived.troubles);
            assert_eq!(lived.closed.minted, 1 + lost, "{site}");
            assert_eq!(lived.closed.count("issue_failed"), lost, "{site}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_throttled_for_long_is_told_once_and_works_the_next_time() {
    strike(
        one_of_each_operation,
        vec![FaultKind::Throttle; 3],
        |site, lived| {
            let noticed = if site.is_counted() { 3 } else { 1 };
            if site.has_twins() {
                assert!(lived.noticed() <= 1, "{site}: {:?}", lived.troubles);
            } else {
                assert_eq!(lived.noticed(), noticed, "{site}: {:?}", lived.troubles);
            }
            assert_eq!(lived.closed.minted, 1, "{site}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_denied_is_told_and_works_once_it_is_allowed() {
    strike(
        |sites| sites,
        vec![denied()],
        |site, lived| {
            assert_eq!(lived.noticed(), 1, "{site}: {:?}", lived.troubles);
            // Where STS has answered and that cannot be recorded, the credentials are lost with the
            // issue, which counts as dead by the time that the person comes again.
            let dead = lived.closed.count("issue_orphaned");
            assert_eq!(lived.closed.minted, 1 + dead, "{site}");
        },
    )
    .await;
}

/// Lives one life for each chosen kind of call, in which the first such call meets the fault.
async fn strike(choose: fn(Vec<Site>) -> Vec<Site>, fault: Fault, check: fn(&Site, &Lived)) {
    let plain = Box::pin(Scene::with(&SETTINGS)).await;
    plain.world().clear_journal();
    assert_eq!(Box::pin(live(&plain)).await.noticed(), 0);
    let sites = sites(&plain.world().journal());
    assert!(sites.len() >= 30, "only {} kinds of calls", sites.len());

    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut lives = JoinSet::new();
    for site in choose(sites) {
        let (fault, turns) = (fault.clone(), Arc::clone(&turns));
        lives.spawn(Box::pin(async move {
            let _turn = turns.acquire().await.unwrap();
            let scene = Scene::with(&SETTINGS).await;
            let rules = site.strike(&scene, fault);
            let lived = live(&scene).await;
            for rule in rules {
                assert_eq!(scene.world().faults().struck(rule), 1, "{site}");
            }
            nothing_happened_twice(&scene, &site, &lived).await;
            check(&site, &lived);
        }));
    }
    while let Some(life) = lives.join_next().await {
        life.unwrap();
    }
}

/// Whatever had to be said again was said once, and nothing of it is left over.
async fn nothing_happened_twice(scene: &Scene, site: &Site, lived: &Lived) {
    let Lived { closed, .. } = lived;
    for once in [
        "asked",
        "approved",
        "activated",
        "issued",
        "session_seen",
        "ended",
        "session_over",
        "log_judged",
        "closed",
    ] {
        assert_eq!(
            closed.count(once),
            1,
            "{once} with {site}: {:?}",
            closed.words()
        );
    }
    let mine = scene.as_(Anna).get("/v1/requests?view=mine").await;
    let mine: RequestList = mine.read();
    assert_eq!(mine.requests.len(), 1, "{site}");
    // Nobody is denied any more whose credentials have expired.
    let denials = |operation| {
        let calls = scene.world().calls_of(Service::Iam, operation);
        calls.iter().filter(|call| call.took_effect).count()
    };
    assert!(denials("PutRolePolicy") > 0, "{site}");
    assert!(denials("DeleteRolePolicy") > 0, "{site}");
}
