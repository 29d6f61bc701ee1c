//! Breaking the glass, and paying for it.

use postern_local::people::Person::{Ada, Anna, Ben, Cleo};
use rules::status::StatusWord::{Closed, Ending};
use serde_json::json;
use std::time::Duration;

use crate::chain;
use crate::scene::{Scene, of};

#[tokio::test]
async fn an_emergency_opens_at_once_and_closes_with_a_review_by_somebody_else() {
    let scene = Scene::open().await;
    let asked = scene.breaks_glass(Anna).await.must_be(201);
    assert_eq!(asked.body["status"], "approved");
    assert_eq!(asked.body["route"]["policy"], "emergency");
    assert_eq!(asked.body["review"], json!({"open": true}));
    let id = asked.id();
    let credentials = scene.credentials(id).await;
    let session = scene.opened(&credentials).await;

    // A lead sees it while it runs, and reviews it only when it is over.
    let ben = scene.as_(Ben);
    let shown = ben.show(id).await.must_be(200);
    assert_eq!(shown.body["you_may"], json!(["revoke"]));
    scene.reviews(Ben, id).await.must_say(409, "wrong-status");
    ben.does("revoke", id).await.must_be(200);
    assert_eq!(scene.status(id).await, Ending);
    scene.sweep().await;
    assert!(!scene.world().session(&session).unwrap().status.is_usable());
    for _ in 0..60 {
        scene.advance(Duration::from_secs(60));
        scene.sweep().await;
    }
    assert_eq!(scene.status(id).await, Closed);

    // It waits for the leads; Anna cannot do it again, and her own word does not close it.
    let waiting = ben.get("/v1/requests?view=waiting").await.must_be(200);
    assert_eq!(waiting.body["requests"][0]["id"], id.to_string());
    assert_eq!(waiting.body["requests"][0]["you_may"], json!(["review"]));
    scene.breaks_glass(Anna).await.must_say(403, "review-open");
    let anna_now_a_lead = scene.somebody("anna", &["engineers", "leads"]);
    let own = anna_now_a_lead
        .post(&of(id, "review"), &json!({"comment": "all fine"}))
        .await;
    own.must_say(403, "self-approval");

    let reviewed = scene.reviews(Ben, id).await.must_be(200);
    assert_eq!(reviewed.body["review"]["open"], false);
    assert_eq!(reviewed.body["review"]["comment"], "read the transcript");
    let waiting = ben.get("/v1/requests?view=waiting").await.must_be(200);
    assert_eq!(waiting.body["requests"], json!([]));
    scene.breaks_glass(Anna).await.must_be(201);

    let trail = scene.trail(id).await;
    assert_eq!(
        trail[..5],
        [
            "asked",
            "glass_broken",
            "approved_by_policy",
            "activated",
            "issuing"
        ]
    );
    assert_eq!(trail.last(), Some(&"reviewed"));
    let trail = scene.as_(Ada).get(&of(id, "entries")).await.must_be(200);
    assert_eq!(chain::broken_at(&trail.body), None);
}

#[tokio::test]
async fn of_many_emergencies_at_once_one_is_taken() {
    let scene = Scene::open().await;
    let (one, two, three, four) = tokio::join!(
        scene.breaks_glass(Anna),
        scene.breaks_glass(Anna),
        scene.breaks_glass(Anna),
        scene.breaks_glass(Anna)
    );
    let mut taken = 0;
    for said in [one, two, three, four] {
        match said.status {
            201 => taken += 1,
            _ => {
                said.must_say(403, "review-open");
            }
        }
    }
    assert_eq!(taken, 1);
    // Somebody else's is another matter.
    scene.breaks_glass(Cleo).await.must_be(201);
}

#[tokio::test]
async fn a_review_needs_its_comment() {
    let scene = Scene::open().await;
    let id = scene.broken().await;
    scene.as_(Anna).does("release", id).await.must_be(200);
    let ben = scene.as_(Ben);
    for body in [
        json!({}),
        json!({"comment": ""}),
        json!({"comment": "a\nb"}),
    ] {
        let said = ben.post(&of(id, "review"), &body).await;
        said.must_say(422, "invalid-body");
    }
    scene.reviews(Ben, id).await.must_be(200);
}
