//! `api`, killed while it records: everything was recorded or nothing was, and the same call said
//! again comes to the same.

use postern_local::account::{Function as Role, WEB_7};
use postern_local::people::Person::{Anna, Ben};
use rules::wire::{RequestList, RequestView};
use serde_json::json;
use standin::Service::DynamoDb;
use standin::faults::Moment;

use super::{Point, call, scene};
use crate::scene::{Scene, of, shell_on};

const KEY: &str = "said-once-only";

/// What Anna has asked for.
async fn asked(scene: &Scene) -> Vec<RequestView> {
    let list: RequestList = scene.as_(Anna).get("/v1/requests?view=mine").await.read();
    list.requests
}

/// How many changes of requests have been recorded.
fn recorded(scene: &Scene) -> usize {
    let transactions = scene.world().calls_of(DynamoDb, "TransactWriteItems");
    transactions.iter().filter(|call| call.took_effect).count()
}

#[tokio::test]
async fn an_ask_whose_function_died_is_recorded_once_or_not_at_all() {
    for at in [Moment::BeforeEffect, Moment::AfterEffect] {
        let scene = scene().await;
        let ask = shell_on(WEB_7);
        let event = call(&scene, Anna, "/v1/requests", Some(KEY), &ask);
        let recording = Point::before(DynamoDb, "TransactWriteItems");
        let point = Point { at, ..recording };
        point.kill(&scene, Role::Api, event).await;

        let done = at == Moment::AfterEffect;
        let before = asked(&scene).await;
        assert_eq!(before.len(), usize::from(done), "{at:?}");
        assert_eq!(recorded(&scene), usize::from(done), "{at:?}");

        // Anna's tool says it again, as it was told to.
        let again = scene.as_(Anna).with_key(KEY).ask(&ask).await.must_be(201);
        assert_eq!(again.is_replay(), done, "{at:?}");
        let id = again.id();
        assert_eq!(asked(&scene).await.len(), 1);
        assert!(before.iter().all(|request| request.id == id));
        assert_eq!(scene.reckon(id).await.words(), ["asked"]);
    }
}

#[tokio::test]
async fn an_approval_whose_function_died_counts_once_or_not_at_all() {
    for at in [Moment::BeforeEffect, Moment::AfterEffect] {
        let scene = scene().await;
        let id = scene.asked().await;
        let yes = json!({"shown": scene.view(id).await.shown});
        let event = call(&scene, Ben, &of(id, "approve"), Some(KEY), &yes);
        let recording = Point::before(DynamoDb, "TransactWriteItems");
        Point { at, ..recording }
            .kill(&scene, Role::Api, event)
            .await;

        let done = at == Moment::AfterEffect;
        assert_eq!(scene.reckon(id).await.count("approved"), usize::from(done));
        let again = scene
            .as_(Ben)
            .with_key(KEY)
            .post(&of(id, "approve"), &yes)
            .await;
        let again = again.must_be(200);
        assert_eq!(again.is_replay(), done, "{at:?}");
        assert_eq!(again.body["status"], "approved");
        assert_eq!(scene.reckon(id).await.words(), ["asked", "approved"]);
    }
}
