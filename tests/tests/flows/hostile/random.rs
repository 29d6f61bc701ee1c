//! Whatever anybody sends: random JSON at every door, the same in every run.

use std::collections::BTreeSet;

use postern_local::account::{BATCH_1, DB_1, WEB_7, WEB_8};
use postern_local::people::Person::{Anna, Ben, Cleo, Omar};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::doors;
use crate::scene::{Scene, ask, of};

/// How many bodies are tried.
const BODIES: usize = 400;

const FIELDS: [&str; 12] = [
    "targets",
    "kind",
    "duration_seconds",
    "reason",
    "ticket",
    "shown",
    "comment",
    "type",
    "name",
    "host",
    "port",
    "",
];

/// JSON that is more or less like what the API takes.
fn anything() -> impl Strategy<Value = Value> {
    let target = crate::scene::target(WEB_7);
    let likely = vec![
        target.as_str(),
        "shell",
        "command",
        "disk-usage",
        "port",
        "localhost",
        "*",
    ];
    let likely: Vec<Value> = likely.into_iter().map(Value::from).collect();
    let leaf = prop_oneof![
        select(likely),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let field = prop_oneof![
            4 => select(&FIELDS[..]).prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(field, inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// What might be asked for, by somebody who knows the shape.
fn asks() -> impl Strategy<Value = Value> {
    let kinds = [
        json!({"type": "shell"}),
        json!({"type": "command", "name": "disk-usage"}),
        json!({"type": "port", "host": "localhost", "port": 5432}),
        json!({"type": "ssh"}),
    ];
    let instances = vec![WEB_7, WEB_8, BATCH_1, DB_1, "i-0123456789abcdef0"];
    let targets = btree_set(select(instances), 1..3);
    (
        select(kinds.to_vec()),
        targets,
        0..40_000_u32,
        "[a-z ]{0,9}",
    )
        .prop_map(|(kind, instances, seconds, reason)| {
            let mut body = ask(&kind, &Vec::from_iter(instances));
            body["duration_seconds"] = seconds.into();
            body["reason"] = reason.into();
            body
        })
}

/// What might be said of a request, by somebody who knows the shape.
fn answers() -> impl Strategy<Value = Value> {
    let nothing_shown = || "0".repeat(64);
    prop_oneof![
        Just(json!({})),
        "[a-z ]{0,9}".prop_map(|comment| json!({"comment": comment})),
        "[a-z]{1,9}".prop_map(move |said| json!({"shown": nothing_shown(), "comment": said})),
    ]
}

/// Anything, a body of the right shape, or one with one thing wrong.
fn bodies() -> impl Strategy<Value = Value> {
    let right = || prop_oneof![asks(), answers()];
    let one_wrong = (right(), select(&FIELDS[..]), anything()).prop_map(|(right, field, value)| {
        let mut body = right;
        body[field] = value;
        body
    });
    prop_oneof![1 => anything(), 2 => one_wrong, 3 => right()]
}

#[tokio::test]
async fn nothing_that_anybody_sends_makes_postern_fail_or_breaks_a_record() {
    let scene = Scene::with(&[("POSTERN_MOST_PENDING", "1000")]).await;
    let ids = [
        scene.asked().await,
        scene.approved().await,
        scene.active().await.0,
    ];
    let doors: Vec<String> = ids.into_iter().flat_map(doors).collect();
    let mut runner = TestRunner::deterministic();
    let calls = (
        bodies(),
        select(doors),
        select(&[Anna, Ben, Cleo, Omar][..]),
    );
    let mut told = BTreeSet::new();
    for _ in 0..BODIES {
        let (body, door, person) = calls.new_tree(&mut runner).unwrap().current();
        let said = scene.as_(person).post(&door, &body).await;
        assert!(
            said.status < 500,
            "{person} sends {body} to {door}: {}",
            said.text()
        );
        told.insert((said.status, said.code().to_owned()));
        let told_why = said.status < 300 || !said.code().is_empty();
        assert!(
            told_why,
            "{person} sends {body} to {door}: {} {}",
            said.status,
            said.text()
        );
    }
    // It was not always the same no.
    assert!(told.len() > 10, "{told:?}");
    for id in ids {
        assert!(scene.entries(id).await.whole);
        scene.as_(Anna).get(&of(id, "sessions")).await.must_be(200);
    }
    scene.sweep().await;
}
