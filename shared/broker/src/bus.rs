//! EventBridge: what has happened, put where others can act on it.
//!
//! A call takes ten events and 256 KB, and answers for each of them: one that the bus has not taken
//! is put there again later, and the others are not.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use rules::wire::bus::{BusEvent, SOURCE};

use crate::fault::AwsFault;

const SERVICE: &str = "events";
const PUT_EVENTS: &str = "PutEvents";

/// The most events of one call.
const MOST: usize = 10;
/// The most bytes of one call, with some to spare for what goes with the details.
const MOST_BYTES: usize = 240_000;

/// The name of an event bus: 1 to 256 letters, digits or `/._-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusName(String);

/// A text that is no name of an event bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an event bus: 1 to 256 letters, digits or `/._-`")]
pub struct NotABus(String);

impl std::str::FromStr for BusName {
    type Err = NotABus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of_name = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        match (1..=256).contains(&text.len()) && text.chars().all(of_name) {
            true => Ok(Self(text.to_owned())),
            false => Err(NotABus(text.to_owned())),
        }
    }
}

/// A bus that Postern's events are put on.
#[derive(Debug)]
pub struct Bus {
    client: Client,
    name: BusName,
}

impl Bus {
    /// A bus of the account and Region of the configuration.
    #[must_use]
    pub fn new(sdk: &SdkConfig, name: BusName) -> Self {
        Self {
            client: Client::new(sdk),
            name,
        }
    }

    /// Puts events on the bus, in their order, until one is not taken. Gives how many were, and what
    /// stopped it.
    pub async fn put(&self, events: &[BusEvent]) -> (usize, Option<AwsFault>) {
        let mut taken = 0_usize;
        for call in calls(events) {
            match Box::pin(self.call(call)).await {
                Ok(None) => taken = taken.saturating_add(call.len()),
                Ok(Some((before, code))) => {
                    let fault = AwsFault::of_code(SERVICE, PUT_EVENTS, &code);
                    return (taken.saturating_add(before), Some(fault));
                }
                Err(fault) => return (taken, Some(fault)),
            }
        }
        (taken, None)
    }

    /// One call. Gives how many were taken before the first that was not, and why that was not.
    async fn call(&self, events: &[BusEvent]) -> Result<Option<(usize, String)>, AwsFault> {
        let entries = events
            .iter()
            .map(|event| {
                PutEventsRequestEntry::builder()
                    .source(SOURCE)
                    .detail_type(event.kind)
                    .detail(&event.detail)
                    .event_bus_name(&self.name.0)
                    .build()
            })
            .collect();
        let answer = self
            .client
            .put_events()
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| AwsFault::of(SERVICE, PUT_EVENTS, &error))?;
        if answer.entries().len() != events.len() {
            return Err(AwsFault::unreadable(SERVICE, PUT_EVENTS));
        }
        let refused = answer
            .entries()
            .iter()
            .position(|entry| entry.event_id().is_none());
        Ok(refused.map(|at| {
            let code = answer
                .entries()
                .get(at)
                .and_then(|entry| entry.error_code());
            (at, code.unwrap_or("unreadable").to_owned())
        }))
    }
}

/// The events in calls that are small enough.
fn calls(events: &[BusEvent]) -> Vec<&[BusEvent]> {
    let mut calls = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fits = rest.iter().take(MOST).take_while(|event| {
            bytes = bytes.saturating_add(event.detail.len());
            bytes <= MOST_BYTES
        });
        // One that is too long by itself is the bus's to refuse.
        let (call, left) = rest.split_at(fits.count().max(1).min(rest.len()));
        calls.push(call);
        rest = left;
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bytes: usize) -> BusEvent {
        BusEvent {
            kind: "Test",
            detail: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_call_is_ten_events_and_no_more_than_the_bus_takes() {
        let lengths = |events: &[BusEvent]| -> Vec<usize> {
            calls(events).iter().map(|call| call.len()).collect()
        };
        assert_eq!(lengths(&[]), [0_usize; 0]);
        assert_eq!(lengths(&vec![event(10); 23]), [10, 10, 3]);
        assert_eq!(lengths(&vec![event(100_000); 5]), [2, 2, 1]);
        assert_eq!(lengths(&[event(10), event(300_000), event(10)]), [1, 1, 1]);
    }
}
