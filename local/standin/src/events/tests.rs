use serde_json::{Value, json};

use super::*;
use crate::call::Service;
use crate::clock::StandinClock;
use crate::iam::Caller;

/// 2026-11-24T09:00:00Z.
const START: i64 = 1_795_510_800_000;

fn world() -> World {
    World::builder()
        .clock(StandinClock::by_hand(START))
        .build()
        .unwrap()
}

fn call(operation: &str, body: &Value) -> Call {
    Call {
        service: Service::Events,
        operation: operation.to_owned(),
        region: "ap-northeast-2".to_owned(),
        caller: Caller::of_role("111122223333", "Sweeper", "s-1"),
        now_millis: START,
        method: http::Method::POST,
        path: "/".to_owned(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: body.to_string().into(),
    }
}

fn put(world: &World, entries: &Value) -> Result<Value, AwsError> {
    let call = call("PutEvents", &json!({ "Entries": entries }));
    demands(world, &call)?;
    handle(world, &call).map(|answer| serde_json::from_slice(&answer.body).unwrap())
}

fn entry(detail: &str) -> Value {
    json!({ "Source": "postern", "DetailType": "request.closed", "Detail": detail })
}

#[test]
fn an_event_is_kept_as_it_was_put() {
    let world = world();
    let mut entry = entry(r#"{"request":"REQ1"}"#);
    entry["EventBusName"] = json!("arn:aws:events:ap-northeast-2:111122223333:event-bus/audit");
    entry["Resources"] = json!(["arn:aws:s3:::logs"]);
    let answer = put(&world, &json!([entry])).unwrap();
    assert_eq!(answer["FailedEntryCount"], 0);
    let [event] = world.events().try_into().unwrap();
    assert_eq!(answer["Entries"][0]["EventId"], event.id.as_str());
    assert_eq!((&*event.bus, &*event.region), ("audit", "ap-northeast-2"));
    assert_eq!(
        (&*event.source, &*event.detail_type),
        ("postern", "request.closed")
    );
    assert_eq!(event.detail, json!({ "request": "REQ1" }));
    assert_eq!(event.resources, ["arn:aws:s3:::logs"]);
    assert_eq!(event.at_millis, START);
    assert_eq!(
        event.put_by,
        "arn:aws:sts::111122223333:assumed-role/Sweeper/s-1"
    );
}

#[test]
fn a_bad_entry_is_reported_in_its_place_and_stops_no_other() {
    let world = world();
    let mut silent = entry("{}");
    silent["Source"] = json!("");
    let entries = json!([entry("nonsense"), entry("{}"), entry("[]"), silent]);
    let answer = put(&world, &entries).unwrap();
    assert_eq!(answer["FailedEntryCount"], 3);
    assert_eq!(answer["Entries"][0]["ErrorCode"], "MalformedDetail");
    assert!(answer["Entries"][1]["EventId"].is_string());
    assert_eq!(answer["Entries"][2]["ErrorCode"], "MalformedDetail");
    assert_eq!(answer["Entries"][3]["ErrorCode"], "InvalidArgument");
    assert_eq!(world.events().len(), 1);
}

#[test]
fn a_call_puts_one_to_ten_events() {
    let world = world();
    for (count, fine) in [(0, false), (1, true), (10, true), (11, false)] {
        let entries: Vec<Value> = (0..count).map(|_| entry("{}")).collect();
        let code = put(&world, &json!(entries)).map_err(|error| error.code);
        assert_eq!(code.is_ok(), fine, "{count}: {code:?}");
    }
    assert_eq!(world.events().len(), 11);
}

#[test]
fn every_bus_is_demanded_with_what_is_put_on_it() {
    let world = world();
    let mut other = entry("{}");
    other["EventBusName"] = json!("audit");
    let call = call("PutEvents", &json!({ "Entries": [entry("{}"), other] }));
    let demanded = demands(&world, &call).unwrap();
    let buses: Vec<_> = demanded
        .iter()
        .map(|demand| demand.resource.as_str())
        .collect();
    let here = "arn:aws:events:ap-northeast-2:111122223333:event-bus";
    assert_eq!(buses, [format!("{here}/default"), format!("{here}/audit")]);
    assert!(
        demanded
            .iter()
            .all(|demand| demand.action == "events:PutEvents"
                && demand.context["events:source"] == ["postern"]
                && demand.context["events:detail-type"] == ["request.closed"])
    );
}

#[test]
fn nothing_else_of_the_bus_is_offered() {
    let refused = demands(&world(), &call("PutRule", &json!({})));
    assert_eq!(refused.unwrap_err().code, "UnknownOperationException");
}
