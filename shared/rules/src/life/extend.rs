//! Making a grant last longer while it runs.
//!
//! An extension is the matter of the policy that offered the access, and of no other: it is asked
//! again, for the whole length that the grant would have. Where people approved, people approve
//! again, for they said yes to a shorter time. Sessions go on meanwhile: nothing of a grant changes
//! but its end, and the sweeper goes by the end that is on record.

use std::time::Duration;

use super::ask::{Regime, must_be_possible};
use super::{must_be_requester, must_see, person, wrong_status};
use crate::audit::{Actor, Event};
use crate::caller::Caller;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{GrantDuration, Reason};
use crate::offices::Offices;
use crate::policy::{Decision, Denial, DenialKind, Sought};
use crate::refusal::{Refusal, Verb};
use crate::request::{Extension, Request};
use crate::route::Consent;
use crate::status::{Grant, Status};
use crate::step::Step;

/// How much longer somebody wants a grant, and why.
#[derive(Debug, Clone)]
pub struct Longer {
    /// By how much.
    pub by: Duration,
    /// Why.
    pub reason: Reason,
}

/// The requester wants the grant to last longer.
///
/// # Errors
/// The request is not theirs or no grant runs; an extension waits for an answer already; the policy
/// that offered the access does not offer it for so long.
pub fn extend(
    request: &Request,
    caller: &Caller,
    longer: Longer,
    facts: Vec<TargetFacts>,
    regime: Regime<'_>,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    must_be_requester(request, caller)?;
    let grant = match &request.status {
        Status::Active { grant } if now >= grant.ends_at => {
            return Err(Refusal::GrantOver { at: grant.ends_at });
        }
        Status::Active { grant } if grant.extending.is_some() => {
            return Err(Refusal::ExtensionWaiting);
        }
        Status::Active { grant } => grant,
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => return Err(wrong_status(Verb::Extend, request)),
    };
    let total = total(request, longer.by)?;
    let facts: Vec<TargetFacts> = facts
        .into_iter()
        .map(|known| known.with_readiness_of(&request.facts))
        .collect();
    must_be_possible(&request.ask, &request.route, &facts, regime.places)?;
    let sought = Sought::Longer {
        by: &request.route.policy,
        total,
    };
    let route = match regime.judge(caller, &request.ask, sought, &facts, now) {
        Decision::Allowed { route } => route,
        Decision::Denied(denial) => return Err(Refusal::Policy(denial)),
    };
    route
        .chat
        .for_asking(request.ask.break_glass)
        .takes(caller.channel())?;
    let automatic = route.consent == Consent::Automatic;
    let extension = Box::new(Extension {
        total,
        ends_at: grant.activated_at.whole_second().plus(total.length()),
        reason: longer.reason,
        asked_at: now,
        facts,
        route,
    });
    let asked = Grant {
        extending: Some(extension.clone()),
        ..grant.clone()
    };
    let step = Step::from(request).to(Status::Active {
        grant: asked.clone(),
    });
    let event = Event::ExtensionAsked {
        extension,
        groups: caller.groups().iter().cloned().collect(),
        shown: step.request().shown(),
    };
    let step = step.with(person(caller), event, now);
    Ok(if automatic {
        self::grant(step, &asked, now)
    } else {
        step
    })
}

/// Everybody needed has said yes: the grant ends when the extension says.
pub(super) fn grant(step: Step, grant: &Grant, now: Moment) -> Step {
    // INVARIANT: the grant whose extension was approved has one.
    let Some(extension) = grant.extending.as_deref().cloned() else {
        return step;
    };
    let event = Event::Extended {
        total: extension.total,
        ends_at: extension.ends_at,
        policy_set: extension.route.policy_set,
    };
    let longer = Grant {
        ends_at: extension.ends_at,
        extending: None,
        ..grant.clone()
    };
    step.with(Actor::Postern {}, event, now)
        .to(Status::Active { grant: longer })
        .having(|request| request.extension = Some(extension))
}

/// How long the grant would last in all. What no grant may last, no policy has to be asked about.
fn total(request: &Request, by: Duration) -> Result<GrantDuration, Refusal> {
    let total = request.total().length().saturating_add(by);
    GrantDuration::from_seconds(total.as_secs()).map_err(|_| {
        let longest = GrantDuration::longest();
        Refusal::Policy(Denial {
            kind: DenialKind::TooLong { longest },
            reasons: Vec::new(),
        })
    })
}
