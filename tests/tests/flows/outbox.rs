//! What happens is put on the event bus, at least once, whatever becomes of the bus.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postern_local::people::Person::{Anna, Ben};
use rules::names::RequestId;
use serde_json::Value;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use crate::scene::{Scene, of};

fn bus(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::Events, "PutEvents", kind)
}

fn down() -> FaultKind {
    FaultKind::Fail {
        status: 500,
        code: "InternalException".to_owned(),
    }
}

impl Scene {
    /// The events of a request that the bus has, in their order.
    fn on_bus(&self, id: RequestId) -> Vec<Value> {
        let mut events = self.world().events();
        events.retain(|event| event.detail["request"] == id.to_string());
        for event in &events {
            assert_eq!(event.source, "postern");
            assert_eq!(event.detail_type, "Postern Request Changed");
        }
        events.into_iter().map(|event| event.detail).collect()
    }

    /// That the bus has every entry of the chain, each as it stands there.
    async fn must_be_told(&self, id: RequestId) {
        let told = self.on_bus(id);
        let by_id: BTreeMap<&str, &Value> = told
            .iter()
            .map(|event| (event["id"].as_str().unwrap(), event))
            .collect();
        let trail = self.as_(postern_local::people::Person::Ada);
        let trail = trail.get(&of(id, "entries")).await.must_be(200).body;
        let entries = trail["entries"].as_array().unwrap();
        assert_eq!(by_id.len(), entries.len());
        for entry in entries {
            let n = &entry["entry"]["n"];
            let event = by_id[format!("{id}/{n}").as_str()];
            assert_eq!(event["entry"], entry["entry"]);
            assert_eq!(event["digest"], entry["digest"]);
            assert_eq!(event["event"], entry["entry"]["event"]["type"]);
        }
    }
}

#[tokio::test]
async fn every_entry_of_a_life_is_an_event_that_says_what_was_asked_for() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    scene.opened(&credentials).await;
    scene.as_(Ben).does("revoke", id).await.must_be(200);
    scene.settle(id).await;
    scene.must_be_told(id).await;
    for event in scene.on_bus(id) {
        assert_eq!(event["requester"]["sub"], "anna");
        assert_eq!(event["kind"]["type"], "shell");
        assert_eq!(event["reason"], "disk full");
    }
    // Each came once, in the order of the chain, and nothing is left to be told.
    let order: Vec<u64> = scene
        .on_bus(id)
        .iter()
        .map(|event| event["entry"]["n"].as_u64().unwrap())
        .collect();
    assert!(order.is_sorted() && order.iter().collect::<BTreeSet<_>>().len() == order.len());
    assert_eq!(scene.sweep().await.posted, 0);
}

#[tokio::test]
async fn what_happens_while_the_bus_is_down_is_told_when_it_is_back() {
    for kind in [down(), FaultKind::Throttle, FaultKind::TimeoutBeforeEffect] {
        let scene = Scene::open().await;
        scene.world().faults().inject(bus(kind));
        let (id, credentials) = scene.active().await;
        scene.opened(&credentials).await;
        scene.as_(Anna).does("release", id).await.must_be(200);
        for _ in 0..3 {
            let report = scene.sweep_in_trouble().await;
            assert_eq!(report.posted, 0);
            assert!(
                report.troubles[0].what.contains("events:PutEvents"),
                "{report:?}"
            );
            scene.advance(Duration::from_secs(60));
        }
        // Access has ended all the same.
        assert!(scene.sessions_of(id).iter().all(|one| one.status.is_over()));
        assert_eq!(scene.on_bus(id).len(), 0);
        scene.world().faults().clear();
        scene.settle(id).await;
        scene.must_be_told(id).await;
    }
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_comes_again_under_the_same_id() {
    let scene = Scene::open().await;
    let lost = FaultRule::once(Service::Events, "PutEvents", FaultKind::TimeoutAfterEffect);
    scene.world().faults().inject(lost.times(3));
    let id = scene.asked().await;
    scene.sweep_in_trouble().await;
    scene.sweep().await;
    let told = scene.on_bus(id);
    assert!(told.len() > 1);
    assert!(told.iter().all(|event| *event == told[0]), "{told:?}");
    scene.must_be_told(id).await;
}

#[tokio::test]
async fn events_hold_no_secret() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    scene.sweep().await;
    let all = serde_json::to_string(&scene.on_bus(id)).unwrap();
    assert!(all.contains(&credentials.access_key_id));
    assert!(!all.contains(credentials.secret_access_key.expose()));
    assert!(!all.contains(credentials.session_token.expose()));
}
