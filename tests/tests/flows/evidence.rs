//! Evidence outside the table: checkpoints in a locked bucket, and the export of a day.

use std::time::Duration;

use postern_local::account::EVIDENCE_BUCKET;
use postern_local::people::Person::{Ada, Anna, Ben};
use rules::audit::checkpoint::{Checkpoint, CheckpointHead};
use rules::names::RequestId;
use rules::wire::EntryView;
use standin::Service;
use standin::faults::{FaultKind, FaultRule, Gate, Moment};
use standin::s3::PutObject;

use crate::scene::Scene;

const DEPLOYMENT: &str = "111122223333/postern";
const EVERY: Duration = Duration::from_secs(5 * 60);

impl Scene {
    /// The checkpoints in the bucket, in their order; each of them is the only version of its key
    /// and locked.
    fn checkpoints(&self) -> Vec<Checkpoint> {
        let objects = self.world().bucket(EVIDENCE_BUCKET);
        let read = objects.iter().map(|object| {
            assert!(object.retention.is_some(), "{} is not locked", object.key);
            serde_json::from_slice(&object.body).unwrap()
        });
        let all: Vec<Checkpoint> = read.collect();
        let mut last = CheckpointHead::empty(DEPLOYMENT);
        for (checkpoint, object) in all.iter().zip(&objects) {
            assert!(checkpoint.follows(last, DEPLOYMENT));
            assert_eq!(object.key, Checkpoint::key(checkpoint.checkpoint));
            last = checkpoint.head();
        }
        all
    }

    /// That the last checkpoint of a request names its chain as it is.
    async fn must_be_kept(&self, id: RequestId) {
        let head = self.reckon(id).await.request.head();
        let all = self.checkpoints();
        let mut named = all.iter().rev().flat_map(|one| &one.heads);
        let last = named.find(|one| one.request == id).expect("it is named");
        assert_eq!((last.n, last.digest), (head.n, head.digest));
    }
}

#[tokio::test]
async fn the_heads_of_all_chains_that_have_grown_go_into_a_locked_chain_of_checkpoints() {
    let scene = Scene::open().await;
    let (one, other) = (scene.asked().await, scene.asked().await);
    assert_eq!(scene.sweep().await.checkpoint, Some(1));
    assert_eq!(scene.checkpoints()[0].heads.len(), 2);
    // Not before its time, and not where nothing has happened.
    scene.as_(Ben).approve(one).await.must_be(200);
    assert_eq!(scene.sweep().await.checkpoint, None);
    scene.advance(EVERY);
    assert_eq!(scene.sweep().await.checkpoint, Some(2));
    let second = scene.checkpoints()[1].clone();
    assert_eq!(
        second
            .heads
            .iter()
            .map(|head| head.request)
            .collect::<Vec<_>>(),
        [one]
    );
    scene.advance(EVERY);
    assert_eq!(scene.sweep().await.checkpoint, None);
    for id in [one, other] {
        scene.must_be_kept(id).await;
    }
}

#[tokio::test]
async fn a_sweep_that_dies_between_the_bucket_and_the_ledger_leaves_what_the_next_one_finds() {
    for at in [Moment::BeforeEffect, Moment::AfterEffect] {
        for operation in ["PutObject", "UpdateItem", "DeleteItem"] {
            let scene = Scene::open().await;
            let id = scene.asked().await;
            // The first writes of this kind are the lease and the outbox, not the checkpoint's.
            let (service, holding) = match operation {
                "PutObject" => (Service::S3, ""),
                "UpdateItem" => (Service::DynamoDb, "CHECKPOINT"),
                _ => (Service::DynamoDb, "GROWN#"),
            };
            let gate = Gate::new();
            let pause = FaultKind::Pause(gate.clone(), at);
            let rule = FaultRule::once(service, operation, pause).body_contains(holding);
            scene.world().faults().inject(rule);
            {
                let sweep = scene.sweep_in_trouble();
                tokio::select! {
                    report = sweep => panic!("it went through {operation}: {report:?}"),
                    () = gate.wait_for_arrivals(1) => {}
                }
            }
            // The lease of the dead run is over by then.
            scene.advance(EVERY);
            scene.as_(Ben).approve(id).await.must_be(200);
            scene.sweep().await;
            scene.advance(EVERY);
            scene.sweep().await;
            scene.must_be_kept(id).await;
        }
    }
}

#[tokio::test]
async fn an_object_that_somebody_else_put_in_the_way_is_told_and_left() {
    let scene = Scene::open().await;
    scene.asked().await;
    let foreign = PutObject {
        body: "{}".into(),
        ..PutObject::default()
    };
    let key = Checkpoint::key(1);
    scene
        .world()
        .put_object(EVIDENCE_BUCKET, &key, foreign)
        .unwrap();
    let report = scene.sweep_in_trouble().await;
    let [trouble] = report.troubles.as_slice() else {
        panic!("one trouble: {report:?}");
    };
    assert!(trouble.what.contains(&key), "{trouble:?}");
    assert_eq!(scene.world().bucket(EVIDENCE_BUCKET).len(), 1);
}

#[tokio::test]
async fn without_the_bucket_access_ends_and_checkpoints_follow_later() {
    let scene = Scene::open().await;
    let (id, credentials) = scene.active().await;
    let session = scene.opened(&credentials).await;
    let down = FaultKind::Fail {
        status: 503,
        code: "ServiceUnavailable".to_owned(),
    };
    scene
        .world()
        .faults()
        .inject(FaultRule::always(Service::S3, "PutObject", down));
    scene.as_(Anna).does("release", id).await.must_be(200);
    scene.sweep_in_trouble().await;
    assert!(scene.world().session(&session).unwrap().status.is_over());
    scene.world().faults().clear();
    scene.settle(id).await;
    scene.advance(EVERY);
    scene.sweep().await;
    scene.must_be_kept(id).await;
}

#[tokio::test]
async fn a_day_is_exported_page_by_page_with_every_trail_whole() {
    let scene = Scene::with(&[("POSTERN_MOST_PENDING", "1000")]).await;
    let mut asked = Vec::new();
    for _ in 0..130 {
        asked.push(scene.asked().await);
        scene.advance(Duration::from_millis(1));
    }
    let (live, _) = scene.active().await;
    asked.push(live);
    let ada = scene.as_(Ada);
    let mut next = Some("/v1/audit/entries?day=2026-11-24".to_owned());
    let mut lines: Vec<EntryView> = Vec::new();
    let mut pages = 0;
    while let Some(path) = next {
        let page = ada.get(&path).await.must_be(200);
        assert_eq!(page.header("content-type"), Some("application/x-ndjson"));
        let read = page
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines.extend(read);
        next = page.header("link").map(|link| {
            let (address, rel) = link.split_once("; ").unwrap();
            assert_eq!(rel, "rel=\"next\"");
            address.trim_matches(['<', '>']).to_owned()
        });
        pages += 1;
    }
    assert_eq!(pages, 2);
    for id in asked {
        let trail: Vec<_> = lines
            .iter()
            .filter(|line| line.entry.request == id)
            .collect();
        let entries: Vec<_> = trail.iter().map(|line| line.entry.clone()).collect();
        let head = scene.reckon(id).await.request.head();
        assert_eq!(rules::audit::verify(id, &entries, head), Ok(()));
        assert!(trail.iter().all(|line| line.digest == line.entry.digest()));
    }
    // Another day has none, and only offices may.
    let none = ada
        .get("/v1/audit/entries?day=2026-11-23")
        .await
        .must_be(200);
    assert_eq!((none.text(), none.header("link")), ("", None));
    let refused = scene
        .as_(Anna)
        .get("/v1/audit/entries?day=2026-11-24")
        .await;
    refused.must_say(403, "may-not-list-all");
    for bad in [
        "",
        "?day=yesterday",
        "?day=2026-11-24&after=x",
        "?day=2026-11-24&limit=9",
    ] {
        let path = format!("/v1/audit/entries{bad}");
        ada.get(&path).await.must_say(400, "invalid-query");
    }
}
