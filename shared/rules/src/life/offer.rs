//! What a person may ask for: the rules of asking, tried without asking.

use super::ask::{Regime, must_carry};
use crate::ask::{Ask, Targets};
use crate::caller::Caller;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{AccessKind, GrantDuration};
use crate::place::Place;
use crate::policy::{Decision, Sought};
use crate::route::Route;
use crate::wire::{KindOffer, Offer, RouteView};

/// What stands in for a reason. What the annotations of a permit want of it is not asked here; a
/// condition that looks into it is asked again when it matters.
const REASON: &str = "what may I ask for";

/// The targets of a place on which a policy offers the caller something now, and what: every kind
/// of the place, for the shortest of durations. The route says how long it may be.
#[must_use]
pub fn offers(
    facts: &[TargetFacts],
    caller: &Caller,
    place: &Place,
    regime: Regime<'_>,
    now: Moment,
) -> Vec<Offer> {
    facts
        .iter()
        .filter_map(|fact| {
            let kinds: Vec<KindOffer> = place
                .kinds
                .iter()
                .filter(|kind| must_carry(kind, std::slice::from_ref(fact)).is_ok())
                .filter_map(|kind| {
                    let by = |emergency| route(fact, kind, emergency, caller, regime, now);
                    let (usual, emergency) = (by(false), by(true));
                    (usual.is_some() || emergency.is_some()).then(|| KindOffer {
                        kind: kind.clone(),
                        loggable: kind.loggable(),
                        route: usual.as_ref().map(RouteView::from),
                        emergency: emergency.as_ref().map(RouteView::from),
                    })
                })
                .collect();
            (!kinds.is_empty()).then(|| Offer {
                target: fact.into(),
                kinds,
            })
        })
        .collect()
}

/// Whether a policy offers the caller something on a target, whatever its agent carries.
pub(super) fn is_offered(
    fact: &TargetFacts,
    caller: &Caller,
    place: &Place,
    regime: Regime<'_>,
    now: Moment,
) -> bool {
    place.kinds.iter().any(|kind| {
        [false, true]
            .into_iter()
            .any(|emergency| route(fact, kind, emergency, caller, regime, now).is_some())
    })
}

fn route(
    fact: &TargetFacts,
    kind: &AccessKind,
    break_glass: bool,
    caller: &Caller,
    regime: Regime<'_>,
    now: Moment,
) -> Option<Route> {
    let ask = Ask {
        targets: Targets::try_from(vec![fact.target.clone()]).ok()?,
        kind: kind.clone(),
        duration_seconds: GrantDuration::from_seconds(GrantDuration::LEAST.into()).ok()?,
        reason: REASON.parse().ok()?,
        ticket: None,
        starts_at: None,
        break_glass,
        for_person: None,
    };
    let facts = std::slice::from_ref(fact);
    match regime.judge(caller, &ask, Sought::Perhaps, facts, now) {
        Decision::Allowed { route } => Some(route),
        Decision::Denied(_) => None,
    }
}
