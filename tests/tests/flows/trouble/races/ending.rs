//! Sweeps that overlap.

use std::collections::BTreeMap;
use std::time::Duration;

use postern_local::house::Function;
use standin::Service;
use standin::faults::{FaultKind, FaultRule, Gate, Moment};
use tokio::time::timeout;

use super::at_once;
use crate::scene::Scene;
use crate::trouble::reckoning::PATIENCE;

/// How many sweeps there are at once.
const SWEEPS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_sweeps_at_the_end_of_a_grant_write_every_entry_once() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    // Later than the grant began, so that no session reaches the limit of its document first.
    scene.advance(Duration::from_secs(60));
    let sessions = [
        scene.opened(&credentials).await,
        scene.opened(&credentials).await,
    ];
    scene.advance_to(credentials.ends_at);

    // All of them have judged the end before the first of them records it.
    let gate = Gate::new();
    let pause = FaultKind::Pause(gate.clone(), Moment::BeforeEffect);
    let recording = FaultRule::always(Service::DynamoDb, "TransactWriteItems", pause);
    scene.world().faults().inject(recording);
    let open = tokio::spawn(async move {
        let met = timeout(PATIENCE, gate.wait_for_arrivals(SWEEPS)).await;
        gate.open();
        met.expect("the sweeps meet");
    });

    let house = scene.house();
    let mut written: BTreeMap<&str, u32> = BTreeMap::new();
    let mut lost_races = 0;
    // The end and the order to terminate; the sessions seen gone, with their logs; the close.
    for wait in [0, 2, 60] {
        scene.advance(Duration::from_secs(wait));
        let (config, now) = (house.config(), scene.now());
        let sweepers = (0..SWEEPS).map(|_| {
            let sdk = house.sdk_config(Function::Sweeper);
            config.ground().sweeper(sdk, house.clock().clone()).unwrap()
        });
        let sweeps = sweepers.map(|sweeper| async move { Box::pin(sweeper.run(now)).await });
        for report in at_once(sweeps).await {
            assert_eq!(report.troubles, []);
            lost_races += report.lost_races;
            for (word, count) in report.events {
                *written.entry(word).or_default() += count;
            }
        }
        for session in &sessions {
            assert!(scene.world().session(session).unwrap().status.is_over());
        }
    }
    open.await.unwrap();
    assert!(lost_races >= 9, "{lost_races} of ten sweeps lost a race");

    let found = scene.reckon(id).await;
    for (word, times) in [
        ("ended", 1),
        ("session_seen", 2),
        ("session_terminating", 2),
        ("session_over", 2),
        ("log_judged", 2),
        ("closed", 1),
    ] {
        assert_eq!(found.count(word), times, "{word}: {:?}", found.words());
        assert_eq!(written[word] as usize, times, "{word} in the reports");
    }
}
