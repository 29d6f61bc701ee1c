//! The service from inside: calls that are authentic already, and no policy in the way.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::document::tests::shell;
use super::session::tests::START;
use super::*;
use crate::clock::StandinClock;
use crate::iam::Caller;
use crate::s3::BucketSpec;

mod documents;
mod inventory;
mod logs;
mod opening;

const NODE: &str = "i-0123456789abcdef0";
const ACCOUNT: &str = "111122223333";
const REGION: &str = "ap-northeast-2";

/// A world with a bucket, a shell document of an hour, and an online node.
fn world() -> World {
    world_lagging(Duration::ZERO)
}

fn world_lagging(lag: Duration) -> World {
    let clock = StandinClock::by_hand(START);
    let world = World::builder()
        .clock(clock)
        .listing_lag(lag)
        .build()
        .unwrap();
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    world
        .add_document("Shell-60", &shell("logs", "60"), REGION)
        .unwrap();
    world.add_node(NodeSpec::linux(NODE).tag("Name", "db-1").tag("Env", "dev"));
    world
}

fn caller(account: &str) -> Caller {
    Caller::of_role(account, "Access", "req-1")
}

fn call_from(world: &World, account: &str, region: &str, operation: &str, body: &Value) -> Call {
    Call {
        service: crate::Service::Ssm,
        operation: operation.to_owned(),
        region: region.to_owned(),
        caller: caller(account),
        now_millis: world.now_millis(),
        method: http::Method::POST,
        path: "/".to_owned(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: body.to_string().into(),
    }
}

fn call(world: &World, operation: &str, body: &Value) -> Call {
    call_from(world, ACCOUNT, REGION, operation, body)
}

fn told(world: &World, call: &Call) -> Result<Value, AwsError> {
    demands(world, call)?;
    handle(world, call).map(|answer| serde_json::from_slice(&answer.body).unwrap())
}

fn ask(world: &World, operation: &str, body: Value) -> Result<Value, AwsError> {
    told(world, &call(world, operation, &body))
}

fn code(result: Result<Value, AwsError>) -> String {
    result.expect_err("a refusal").code.into_owned()
}

/// Opens a session with a document and gives its id.
fn open(world: &World, document: &str) -> String {
    let body = json!({ "Target": NODE, "DocumentName": document, "Reason": "a ticket" });
    ask(world, "StartSession", body).unwrap()["SessionId"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn demanded(world: &World, operation: &str, body: &Value) -> Vec<Demand> {
    demands(world, &call(world, operation, body)).unwrap()
}

#[test]
fn the_state_outlives_its_process() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.type_into_session(&id, "uptime").unwrap();
    world.set_agent_log(NODE, LogBehaviour::Withhold);
    world.enforce_ssm_rate_limits(true);
    let kept = serde_json::to_string(&*world.ssm_state()).unwrap();
    let back: State = serde_json::from_str(&kept).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), kept);
    assert_eq!(back.sessions[&id].typed, [(START, "uptime".to_owned())]);
    assert!(back.habits.rate_limits);
}

#[test]
fn no_token_of_a_session_is_kept() {
    let world = world();
    let body = json!({ "Target": NODE, "DocumentName": "Shell-60" });
    let answer = ask(&world, "StartSession", body).unwrap();
    let kept = serde_json::to_string(&*world.ssm_state()).unwrap();
    assert!(!kept.contains(answer["TokenValue"].as_str().unwrap()));
}

#[test]
fn what_is_not_offered_is_said_so() {
    let world = world();
    assert_eq!(
        code(ask(&world, "SendCommand", json!({}))),
        "UnknownOperationException"
    );
    let handled = handle(&world, &call(&world, "SendCommand", &json!({})));
    assert_eq!(handled.unwrap_err().code, "UnknownOperationException");
}

#[test]
fn the_accounts_calls_per_second_are_limited_where_asked() {
    let world = world();
    let start = |world: &World| {
        ask(
            world,
            "StartSession",
            json!({ "Target": NODE, "DocumentName": "Shell-60" }),
        )
    };
    for _ in 0..10 {
        start(&world).unwrap();
    }
    world.enforce_ssm_rate_limits(true);
    for _ in 0..3 {
        start(&world).unwrap();
    }
    assert_eq!(code(start(&world)), "ThrottlingException");
    // Another operation, Region and account have their own budget.
    ask(&world, "DescribeSessions", json!({ "State": "Active" })).unwrap();
    for (account, region) in [(ACCOUNT, "us-east-1"), ("444455556666", REGION)] {
        let body = json!({ "Target": NODE });
        let call = call_from(&world, account, region, "StartSession", &body);
        assert_eq!(code(told(&world, &call)), "TargetNotConnected");
    }
    world.clock().advance(Duration::from_millis(999));
    assert_eq!(code(start(&world)), "ThrottlingException");
    world.clock().advance(Duration::from_millis(1));
    start(&world).unwrap();
}
