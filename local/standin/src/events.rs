//! EventBridge: a bus that keeps what was put on it, for tests to read.
//!
//! `PutEvents` validates each entry on its own, as EventBridge does: a bad entry is reported in
//! its place and does not stop the others.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::random;
use crate::world::World;

/// The most entries of one call.
const MAX_ENTRIES: usize = 10;

/// An event that was put on a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id that EventBridge gave it.
    pub id: String,
    /// The name of the bus.
    pub bus: String,
    /// The Region of the bus.
    pub region: String,
    /// Who says so, such as `postern`.
    pub source: String,
    /// What kind of thing happened.
    pub detail_type: String,
    /// The event itself: a JSON object.
    pub detail: Value,
    /// The ARNs that it is about.
    pub resources: Vec<String>,
    /// When it was put, in milliseconds since the Unix epoch.
    pub at_millis: i64,
    /// The ARN of the caller that put it.
    pub put_by: String,
}

/// The events so far.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    events: Vec<Event>,
}

impl World {
    /// Every event so far, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events_state().events.clone()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
}

impl Entry {
    /// The bus by name; an ARN is cut down to it.
    fn bus(&self) -> &str {
        let named = self.event_bus_name.as_deref().unwrap_or("default");
        named
            .rsplit_once("event-bus/")
            .map_or(named, |(_, name)| name)
    }
}

fn request(call: &Call) -> Result<PutEvents, AwsError> {
    if call.operation != "PutEvents" {
        return Err(AwsError::unknown_operation(call.service, &call.operation));
    }
    let request: PutEvents = call.json_as()?;
    if request.entries.is_empty() || request.entries.len() > MAX_ENTRIES {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member \
             must have length between 1 and {MAX_ENTRIES}"
        )));
    }
    Ok(request)
}

/// What a call needs to be allowed: each bus that it puts on.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    Ok(request(call)?
        .entries
        .iter()
        .map(|entry| {
            let bus = format!(
                "arn:aws:events:{}:{}:event-bus/{}",
                call.region,
                world.account(),
                entry.bus()
            );
            let mut demand = Demand::new("events:PutEvents", bus);
            if let Some(source) = &entry.source {
                demand = demand.with("events:source", source);
            }
            if let Some(kind) = &entry.detail_type {
                demand = demand.with("events:detail-type", kind);
            }
            demand
        })
        .collect())
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let results: Vec<Value> = request(call)?
        .entries
        .into_iter()
        .map(|entry| match event(entry, call) {
            Ok(event) => {
                let id = event.id.clone();
                world.events_state().events.push(event);
                json!({ "EventId": id })
            }
            Err((code, message)) => json!({ "ErrorCode": code, "ErrorMessage": message }),
        })
        .collect();
    let failed = results
        .iter()
        .filter(|result| result.get("ErrorCode").is_some())
        .count();
    Ok(Answer::json_1_1(
        &json!({ "FailedEntryCount": failed, "Entries": results }),
    ))
}

fn event(entry: Entry, call: &Call) -> Result<Event, (&'static str, String)> {
    let bus = entry.bus().to_owned();
    let needed = |value: Option<String>, name: &str| {
        value
            .filter(|text| !text.is_empty())
            .ok_or_else(|| ("InvalidArgument", format!("Parameter {name} is not valid.")))
    };
    let source = needed(entry.source, "Source")?;
    let detail_type = needed(entry.detail_type, "DetailType")?;
    let detail = needed(entry.detail, "Detail")?;
    let detail: Value = serde_json::from_str(&detail)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
    Ok(Event {
        id: random::request_id(),
        bus,
        region: call.region.clone(),
        source,
        detail_type,
        detail,
        resources: entry.resources,
        at_millis: call.now_millis,
        put_by: call.caller.arn(),
    })
}

#[cfg(test)]
mod tests;
