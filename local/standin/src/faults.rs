//! Faults: what goes wrong, when, on request of a test.
//!
//! A rule names the calls that it concerns and what happens to them. Rules are tried in the order
//! in which they were injected, and every rule that is due takes part in the call. A fault comes
//! either before the effect of a call or after it; the latter is the cruel one, where the work is
//! done and nobody hears of it. A [`Gate`] holds a call at exactly one of those two points until
//! the test opens it or drops the caller.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::call::Service;
use crate::world::locked;

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// The service says that calls come too fast, in the code of its family; no effect.
    Throttle,
    /// An answer of this status and code; no effect.
    Fail {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
    },
    /// The call is lost on its way: no effect, and the caller's read times out. In process that
    /// is at once; on loopback the connection is held until the caller gives up.
    TimeoutBeforeEffect,
    /// The answer is lost on its way back: the effect stands, the caller's read times out.
    TimeoutAfterEffect,
    /// `TransactWriteItems` is cancelled with the reason `TransactionConflict`; no effect.
    TransactionConflict,
    /// The call is held for so long, in real milliseconds, and then goes on.
    DelayMillis(u64),
    /// The call is never answered and has no effect; it ends when the caller drops it.
    Hang,
    /// The call waits at this point until the gate opens.
    Pause(Arc<Gate>, Moment),
}

/// Where in a call something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has been done yet.
    BeforeEffect,
    /// The effect stands (and is on disk, where there is a disk), the answer is still held.
    AfterEffect,
}

/// Which calls meet which fault.
#[derive(Clone, Debug)]
pub struct FaultRule {
    /// The service concerned.
    pub service: Service,
    /// The operation concerned; `None` for every operation of the service.
    pub operation: Option<String>,
    /// Only calls whose body holds this text, such as the key of one item.
    pub body_contains: Option<String>,
    /// How many calls it strikes before it is spent; `None` for all.
    pub times: Option<u32>,
    /// How many matching calls pass first.
    pub after_skipping: u32,
    /// The chance of striking a matching call, 0.0 to 1.0; `None` is certainty. The dice are
    /// seeded: see [`Faults::seed`].
    pub probability: Option<f64>,
    /// What happens.
    pub kind: FaultKind,
}

impl FaultRule {
    /// A rule that strikes the next call of the operation, once.
    #[must_use]
    pub fn once(service: Service, operation: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            times: Some(1),
            ..Self::always(service, operation, kind)
        }
    }

    /// A rule that strikes every call of the operation.
    #[must_use]
    pub fn always(service: Service, operation: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            service,
            operation: Some(operation.into()),
            body_contains: None,
            times: None,
            after_skipping: 0,
            probability: None,
            kind,
        }
    }

    /// Lets so many matching calls pass first.
    #[must_use]
    pub fn after_skipping(mut self, calls: u32) -> Self {
        self.after_skipping = calls;
        self
    }

    /// Strikes so many calls.
    #[must_use]
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Concerns only calls whose body holds `text`.
    #[must_use]
    pub fn body_contains(mut self, text: impl Into<String>) -> Self {
        self.body_contains = Some(text.into());
        self
    }

    fn concerns(&self, service: Service, operation: &str, body: &[u8]) -> bool {
        self.service == service
            && self
                .operation
                .as_deref()
                .is_none_or(|name| name == operation)
            && self
                .body_contains
                .as_ref()
                .is_none_or(|text| holds(body, text.as_bytes()))
    }
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// Names an injected rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleId(u64);

/// The faults of a world; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    dice: u64,
    rules: Vec<Injected>,
}

#[derive(Debug)]
struct Injected {
    id: RuleId,
    rule: FaultRule,
    matched: u32,
    struck: u32,
}

impl Faults {
    /// Adds a rule.
    pub fn inject(&self, rule: FaultRule) -> RuleId {
        let mut state = locked(&self.state);
        let id = RuleId(state.next_id);
        state.next_id = state.next_id.saturating_add(1);
        state.rules.push(Injected {
            id,
            rule,
            matched: 0,
            struck: 0,
        });
        id
    }

    /// Injects a pause and gives its gate: the next call of the operation waits at `moment`.
    #[must_use]
    pub fn pause(&self, service: Service, operation: &str, moment: Moment) -> Arc<Gate> {
        let gate = Gate::new();
        self.inject(FaultRule::once(
            service,
            operation,
            FaultKind::Pause(gate.clone(), moment),
        ));
        gate
    }

    /// How many calls a rule has struck.
    #[must_use]
    pub fn struck(&self, id: RuleId) -> u32 {
        locked(&self.state)
            .rules
            .iter()
            .find(|injected| injected.id == id)
            .map_or(0, |found| found.struck)
    }

    /// Takes a rule away; calls that already wait at its gate stay there.
    pub fn remove(&self, id: RuleId) {
        locked(&self.state)
            .rules
            .retain(|injected| injected.id != id);
    }

    /// Takes every rule away.
    pub fn clear(&self) {
        locked(&self.state).rules.clear();
    }

    /// Seeds the dice of rules with a probability.
    pub fn seed(&self, seed: u64) {
        locked(&self.state).dice = seed;
    }

    /// What this call meets, in order. Counts the call for every rule that concerns it.
    pub(crate) fn due(&self, service: Service, operation: &str, body: &[u8]) -> Vec<FaultKind> {
        let mut state = locked(&self.state);
        let State { dice, rules, .. } = &mut *state;
        rules
            .iter_mut()
            .filter(|injected| injected.rule.concerns(service, operation, body))
            .filter_map(|injected| {
                injected.matched = injected.matched.saturating_add(1);
                let passed = injected.matched > injected.rule.after_skipping;
                let left = injected
                    .rule
                    .times
                    .is_none_or(|times| injected.struck < times);
                if !passed || !left {
                    return None;
                }
                if injected
                    .rule
                    .probability
                    .is_some_and(|chance| roll(dice) >= chance)
                {
                    return None;
                }
                injected.struck = injected.struck.saturating_add(1);
                Some(injected.rule.kind.clone())
            })
            .collect()
    }
}

/// The next number of SplitMix64, as a fraction of one.
fn roll(dice: &mut u64) -> f64 {
    *dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let top = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(top) / (f64::from(u32::MAX) + 1.0)
}

/// A place where calls wait for a test.
#[derive(Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            open: watch::Sender::new(false),
            arrived: watch::Sender::new(0),
        })
    }

    /// Lets every call through, those that wait and those to come.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// How many calls have come to the gate so far.
    #[must_use]
    pub fn arrived(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Waits until `calls` have come to the gate. Give it a time limit in tests.
    pub async fn wait_for_arrivals(&self, calls: usize) {
        // The sender lives in `self`, so the channel cannot close under this wait.
        let _ = self
            .arrived
            .subscribe()
            .wait_for(|arrived| *arrived >= calls)
            .await;
    }

    /// Waits until the gate is open.
    pub(crate) async fn pass(&self) {
        self.arrived
            .send_modify(|arrived| *arrived = arrived.saturating_add(1));
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(faults: &Faults, operation: &str) -> usize {
        faults
            .due(Service::Sts, operation, b"body with REQ#1")
            .len()
    }

    #[test]
    fn a_rule_skips_then_strikes_then_is_spent() {
        let faults = Faults::default();
        let id = faults.inject(
            FaultRule::always(Service::Sts, "AssumeRole", FaultKind::Throttle)
                .after_skipping(1)
                .times(2),
        );
        assert_eq!(struck(&faults, "GetCallerIdentity"), 0);
        let hits: Vec<_> = (0..4).map(|_| struck(&faults, "AssumeRole")).collect();
        assert_eq!(hits, [0, 1, 1, 0]);
        assert_eq!(faults.struck(id), 2);
    }

    #[test]
    fn a_rule_can_single_out_calls_by_their_body() {
        let faults = Faults::default();
        faults.inject(
            FaultRule::always(Service::Sts, "AssumeRole", FaultKind::Throttle)
                .body_contains("REQ#2"),
        );
        assert_eq!(struck(&faults, "AssumeRole"), 0);
        faults.inject(
            FaultRule::always(Service::Sts, "AssumeRole", FaultKind::Throttle)
                .body_contains("REQ#1"),
        );
        assert_eq!(struck(&faults, "AssumeRole"), 1);
    }

    #[test]
    fn seeded_dice_fall_the_same_way_twice() {
        let run = || {
            let faults = Faults::default();
            faults.seed(7);
            let mut rule = FaultRule::always(Service::Sts, "AssumeRole", FaultKind::Throttle);
            rule.probability = Some(0.5);
            faults.inject(rule);
            (0..200)
                .map(|_| struck(&faults, "AssumeRole"))
                .collect::<Vec<_>>()
        };
        let hits = run();
        assert_eq!(hits, run());
        assert!((60..140).contains(&hits.iter().sum::<usize>()));
    }
}
