//! Asking: the only way in which a request begins.

use crate::ask::Ask;
use crate::audit::{Actor, Event, Head};
use crate::caller::Caller;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{AccessKind, DocumentName, RequestId};
use crate::on_call::OnCall;
use crate::pace::Pace;
use crate::place::{Place, Places};
use crate::policy::{Decision, PolicySet, Question, Sought};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::route::Consent;
use crate::session_document::SessionDocument;
use crate::session_policy::{Scope, SessionPolicy};
use crate::status::Status;
use crate::step::Step;

/// The first agent that does not forward a port to link-local addresses (CVE-2026-89049).
const PORT_FLOOR: [u64; 4] = [3, 3, 4851, 0];

/// Somebody asking, with all that the rule needs to know.
#[derive(Debug)]
pub struct Asking<'a> {
    /// The id the request will have.
    pub id: RequestId,
    /// Who asks.
    pub caller: &'a Caller,
    /// For what.
    pub ask: Ask,
    /// What the inventory says of the targets it found.
    pub facts: Vec<TargetFacts>,
    /// How many requests of this person wait for an answer.
    pub waiting: usize,
}

/// Where access is given, by which policy, and at which pace.
#[derive(Debug, Clone, Copy)]
pub struct Regime<'a> {
    /// The places served.
    pub places: &'a Places,
    /// The policy set in force.
    pub policy: &'a PolicySet,
    /// Who is on call.
    pub on_call: &'a OnCall,
    /// The waits.
    pub pace: &'a Pace,
}

impl Regime<'_> {
    /// What the policy in force says to access for a caller, sought in that way.
    pub(crate) fn judge(
        &self,
        caller: &Caller,
        ask: &Ask,
        sought: Sought<'_>,
        facts: &[TargetFacts],
        at: Moment,
    ) -> Decision {
        self.policy.decide(&Question {
            ask,
            person: caller.person(),
            groups: caller.groups(),
            rotas: &self.on_call.rotas_of(caller.person()),
            facts,
            at,
            sought,
        })
    }
}

/// A request for access begins, pending or, where the policy says yes by itself, approved.
///
/// # Errors
/// The place is not served, the targets do not fit into one set of credentials, a target is unknown
/// or its agent too old, the policy says no, or the person has too many requests waiting.
pub fn ask(asking: Asking<'_>, regime: Regime<'_>, now: Moment) -> Result<Step, Refusal> {
    let Asking {
        id,
        caller,
        ask,
        facts,
        waiting,
    } = asking;
    let place = place_of(&ask, regime.places)?;
    must_fit(id, &ask, place, now)?;
    must_be_known(&ask, &facts)?;
    must_carry(&ask.kind, &facts)?;
    let route = match regime.judge(caller, &ask, Sought::Anew, &facts, now) {
        Decision::Allowed { route } => route,
        Decision::Denied(denial) => return Err(Refusal::Policy(denial)),
    };
    if waiting >= regime.pace.most_pending {
        return Err(Refusal::TooManyPending {
            most: regime.pace.most_pending,
        });
    }
    let automatic = route.consent == Consent::Automatic;
    let status = if automatic {
        Status::Approved {
            activate_by: now.plus(regime.pace.activate_within),
        }
    } else {
        Status::Pending {
            answer_by: now.plus(route.answer_within),
        }
    };
    let request = Request {
        id,
        requester: caller.person().clone(),
        requester_name: caller.name().map(str::to_owned),
        ask: ask.clone(),
        facts,
        route: route.clone(),
        asked_at: now,
        approvals: Vec::new(),
        status,
        head: Head::empty(id),
    };
    let shown = request.shown();
    let step = Step::from(&request).with(
        super::person(caller),
        Event::Asked { ask, route, shown },
        now,
    );
    Ok(if automatic {
        step.with(Actor::Postern {}, Event::ApprovedByPolicy {}, now)
    } else {
        step
    })
}

/// The place an ask is for, which must offer the kind asked for.
pub(crate) fn place_of<'a>(ask: &Ask, places: &'a Places) -> Result<&'a Place, Refusal> {
    let account = ask.targets.account();
    let region = ask.targets.region();
    let place = places
        .of(account, region)
        .ok_or_else(|| Refusal::PlaceNotServed {
            account: account.clone(),
            region: region.clone(),
        })?;
    if place.kinds.contains(&ask.kind) {
        Ok(place)
    } else {
        Err(Refusal::KindNotOffered {
            kind: ask.kind.clone(),
            account: account.clone(),
            region: region.clone(),
        })
    }
}

/// What could not be issued later is not asked for now. The length of a session policy does not
/// depend on the end it names.
fn must_fit(id: RequestId, ask: &Ask, place: &Place, now: Moment) -> Result<(), Refusal> {
    let document = SessionDocument::for_ask(&ask.kind, ask.duration_seconds);
    session_policy(id, ask, place, &document, now).map(|_| ())
}

/// The session policy of a grant of that ask.
pub(crate) fn session_policy(
    request: RequestId,
    ask: &Ask,
    place: &Place,
    document: &DocumentName,
    ends_at: Moment,
) -> Result<SessionPolicy, Refusal> {
    SessionPolicy::of(&Scope {
        request,
        targets: &ask.targets,
        document,
        ends_at,
        session_key: place.session_key.as_ref(),
        data_channel: place.data_channel,
    })
    .map_err(|_| Refusal::TooManyTargets)
}

/// Every target must be in the inventory: nothing is granted on what nobody can look at.
pub(crate) fn must_be_known(ask: &Ask, facts: &[TargetFacts]) -> Result<(), Refusal> {
    ask.targets
        .iter()
        .find(|target| !facts.iter().any(|fact| fact.target == **target))
        .map_or(Ok(()), |unknown| {
            Err(Refusal::UnknownTarget(unknown.clone()))
        })
}

/// Agents that would forward a port to the metadata service carry no port forward.
pub(crate) fn must_carry(kind: &AccessKind, facts: &[TargetFacts]) -> Result<(), Refusal> {
    match kind {
        AccessKind::Shell {} | AccessKind::Command { .. } => Ok(()),
        AccessKind::Port { .. } | AccessKind::Ssh {} => facts
            .iter()
            .find(|fact| !fact.agent_version.as_deref().is_some_and(forwards_safely))
            .map_or(Ok(()), |old| {
                Err(Refusal::AgentTooOld {
                    target: old.target.clone(),
                    version: old
                        .agent_version
                        .clone()
                        .unwrap_or_else(|| "unknown".to_owned()),
                })
            }),
    }
}

/// Whether a version of four numbers is at the floor or above; anything else is not.
fn forwards_safely(version: &str) -> bool {
    let parts: Result<Vec<u64>, _> = version.split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| {
        parts.len() == PORT_FLOOR.len() && parts.as_slice() >= PORT_FLOOR.as_slice()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_fail_closed() {
        for (version, safe) in [
            ("3.3.4851.0", true),
            ("3.3.5226.0", true),
            ("4.0.0.0", true),
            ("3.3.4850.9", false),
            ("3.3.999.0", false),
            ("3.10.0.0", true),
            ("3.3", false),
            ("3.3.4851.x", false),
            ("", false),
        ] {
            assert_eq!(forwards_safely(version), safe, "{version}");
        }
    }
}
