//! What one sweep must carry: a damaged record among many, and a past that grows (THREATS T5).

use std::time::Duration;

use postern_local::account::BATCH_1;
use postern_local::people::Person::Anna;
use rules::names::RequestId;

use crate::scene::{AT_ONCE, Scene, shell_on};

/// Requests of Anna's that policy has approved by itself and that nobody activates.
async fn approved(scene: &Scene, count: usize) -> Vec<RequestId> {
    let anna = scene.as_(Anna);
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(anna.ask(&shell_on(BATCH_1)).await.must_be(201).id());
    }
    ids
}

#[tokio::test]
async fn one_damaged_record_among_a_hundred_is_told_and_put_aside_and_the_others_are_handled() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let ids = approved(&scene, 100).await;
    let damaged = ids[37];
    scene.damage(damaged).await;
    scene.advance(Duration::from_secs(4 * 60 * 60));

    let report = scene.sweep_in_trouble().await;
    assert_eq!(report.events["lapsed"], 99);
    assert_eq!(report.quarantined, 1);
    let [trouble] = report.troubles.as_slice() else {
        panic!("one trouble: {:?}", report.troubles);
    };
    assert_eq!(trouble.request, Some(damaged));

    // Once told is enough for the sweep; whoever asks for it is told that somebody has to look.
    let next = scene.sweep().await;
    assert!(next.events.is_empty(), "{next:?}");
    let shown = scene
        .as_(Anna)
        .show(damaged)
        .await
        .must_say(500, "internal");
    assert!(!shown.text().contains("doc"), "{}", shown.text());
    scene.as_(Anna).show(ids[0]).await.must_be(200);
}

/// How many calls to AWS a sweep makes with nothing to do, after so many requests are over.
async fn calls_of_an_idle_sweep(over: usize) -> usize {
    let scene = Scene::with(&[AT_ONCE]).await;
    for id in approved(&scene, over).await {
        scene.as_(Anna).does("release", id).await.must_be(200);
    }
    scene.advance(Duration::from_secs(4 * 60 * 60));
    // The first sweeps put the empty hours behind them.
    for _ in 0..2 {
        scene.sweep().await;
    }
    scene.world().clear_journal();
    let report = scene.sweep().await;
    assert!(report.events.is_empty());
    scene.world().journal().len()
}

#[tokio::test]
async fn an_idle_sweep_costs_the_same_however_much_is_over() {
    let few = calls_of_an_idle_sweep(5).await;
    let many = calls_of_an_idle_sweep(100).await;
    assert_eq!(few, many);
    assert!(few <= 20, "an idle sweep makes {few} calls");
}
