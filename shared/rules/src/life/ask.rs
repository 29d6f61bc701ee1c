//! Asking: the only way in which a request begins.

use crate::ask::Ask;
use crate::audit::{Actor, Event, Head};
use crate::caller::Caller;
use crate::facts::{Platform, TargetFacts};
use crate::moment::Moment;
use crate::names::{AccessKind, DocumentName, Identity, RequestId};
use crate::on_call::OnCall;
use crate::pace::Pace;
use crate::place::{Place, Places};
use crate::policy::{Decision, PolicySet, Question, Sought};
use crate::refusal::Refusal;
use crate::request::{Asker, Request};
use crate::route::{Consent, Route};
use crate::session_document::{SessionDocument, User};
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
    /// An emergency of this person that nobody has reviewed yet.
    pub unreviewed: Option<RequestId>,
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
/// Where it is for somebody else, the policy is asked about whoever asks; about the one it is for it
/// is asked when they activate it, for only then is their token at hand.
///
/// # Errors
/// The place is not served, the targets do not fit into one set of credentials, a target is unknown
/// or its agent too old, the start is out of range, the policy says no, an emergency of the person is
/// not reviewed, or the person has too many requests waiting.
pub fn ask(asking: Asking<'_>, regime: Regime<'_>, now: Moment) -> Result<Step, Refusal> {
    let Asking {
        id,
        caller,
        mut ask,
        facts,
        waiting,
        unreviewed,
    } = asking;
    // Whoever names themselves asks for themselves.
    ask.for_person = ask.for_person.filter(|person| person != caller.person());
    must_start_in_time(&ask, regime.pace, now)?;
    if let Some(person) = &ask.for_person
        && person.iss != caller.person().iss
    {
        return Err(Refusal::OtherIssuer(person.iss.clone()));
    }
    let place = place_of(&ask, regime.places)?;
    // Whatever the route: no document has a shorter name.
    let shortest = SessionDocument::for_access(&ask.kind, ask.duration_seconds, User::Usual);
    session_policy(id, &ask, place, &shortest, now)?;
    must_be_known(&ask, &facts)?;
    must_carry(&ask.kind, &facts)?;
    let at = ask.starts_at.unwrap_or(now);
    let route = match regime.judge(caller, &ask, Sought::Anew, &facts, at) {
        Decision::Allowed { route } => route,
        Decision::Denied(denial) => return Err(Refusal::Policy(denial)),
    };
    must_run_as(&route, place, &facts)?;
    let document = SessionDocument::for_grant(&ask, &route);
    session_policy(id, &ask, place, &document, now)?;
    route
        .chat
        .for_asking(ask.break_glass)
        .takes(caller.channel())?;
    if ask.break_glass
        && let Some(request) = unreviewed
    {
        return Err(Refusal::ReviewOpen { request });
    }
    if waiting >= regime.pace.most_pending {
        return Err(Refusal::TooManyPending {
            most: regime.pace.most_pending,
        });
    }
    let automatic = route.consent == Consent::Automatic;
    let caller_name = caller.name().map(str::to_owned);
    let (requester, requester_name, asker) = match &ask.for_person {
        None => (caller.identity().clone(), caller_name, None),
        Some(person) => {
            let other = Identity {
                person: person.clone(),
                human: None,
            };
            let asker = Asker {
                identity: caller.identity().clone(),
                name: caller_name,
            };
            (other, None, Some(asker))
        }
    };
    let status = if automatic {
        Status::Approved {
            activate_by: activate_by(&ask, regime.pace, now),
        }
    } else {
        Status::Pending {
            answer_by: now.plus(route.answer_within),
        }
    };
    let request = Request {
        id,
        requester,
        requester_name,
        asker,
        ask,
        facts,
        route,
        asked_at: now,
        approvals: Vec::new(),
        extension: None,
        refused: None,
        review: None,
        status,
        head: Head::empty(id),
    };
    let rotas = regime.on_call.rotas_of(caller.person());
    let asked = Event::Asked {
        ask: Box::new(request.ask.clone()),
        route: Box::new(request.route.clone()),
        groups: caller.groups().iter().cloned().collect(),
        rotas: rotas.into_iter().collect(),
        facts: request.facts.clone(),
        shown: request.shown(),
    };
    let mut step = Step::from(&request).with(super::person(caller), asked, now);
    if let Some(reviewers) = &request.route.reviewers {
        let reviewers = reviewers.iter().cloned().collect();
        step = step.with(super::person(caller), Event::GlassBroken { reviewers }, now);
    }
    Ok(if automatic {
        step.with(Actor::Postern {}, Event::ApprovedByPolicy {}, now)
    } else {
        step
    })
}

/// Until when access that is approved now may be activated. Whoever may not begin before has as long
/// from then on.
pub(crate) fn activate_by(ask: &Ask, pace: &Pace, now: Moment) -> Moment {
    let begins = ask.starts_at.map_or(now, |at| at.max(now));
    begins.plus(pace.activate_within)
}

fn must_start_in_time(ask: &Ask, pace: &Pace, now: Moment) -> Result<(), Refusal> {
    match ask.starts_at {
        Some(_) if ask.break_glass => Err(Refusal::EmergencyLater),
        Some(at) if at <= now || at > now.plus(pace.starts_within) => {
            Err(Refusal::StartOutOfRange {
                most: pace.starts_within,
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Everything apart from policy that a grant needs of its targets and their place.
pub(crate) fn must_be_possible<'a>(
    ask: &Ask,
    route: &Route,
    facts: &[TargetFacts],
    places: &'a Places,
) -> Result<&'a Place, Refusal> {
    let place = place_of(ask, places)?;
    must_be_known(ask, facts)?;
    must_carry(&ask.kind, facts)?;
    must_run_as(route, place, facts)?;
    Ok(place)
}

/// Sessions run as another user on Linux and macOS alone (AWS-FACTS 1.17), and by documents of their
/// own.
pub(crate) fn must_run_as(
    route: &Route,
    place: &Place,
    facts: &[TargetFacts],
) -> Result<(), Refusal> {
    let Some(user) = &route.run_as else {
        return Ok(());
    };
    facts
        .iter()
        .find(|fact| !place.run_as || fact.platform == Platform::Windows)
        .map_or(Ok(()), |fact| {
            Err(Refusal::RunAsImpossible {
                user: user.clone(),
                target: fact.target.clone(),
            })
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
            kind: ask.kind.to_string(),
            account: account.clone(),
            region: region.clone(),
        })
    }
}

/// The session policy of a grant of that ask. Its length does not depend on the end that it names, so
/// what could not be issued later is not asked for now.
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
pub(crate) fn forwards_safely(version: &str) -> bool {
    at_least(version, PORT_FLOOR)
}

/// Whether a version is of four numbers, and not before this one.
pub(crate) fn at_least(version: &str, floor: [u64; 4]) -> bool {
    let parts: Result<Vec<u64>, _> = version.split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| parts.len() == floor.len() && parts.as_slice() >= floor.as_slice())
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
