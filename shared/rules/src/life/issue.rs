//! Issuing credentials: written ahead, minted, recorded, and only then handed out.
//!
//! ```text
//! begin ── recorded ──► STS ── complete ── recorded ──► the requester
//!                        └──── fail ───── recorded ──► an error
//! ```
//!
//! A crash anywhere leaves an issue without an outcome, which the sweeper closes as orphaned. Its
//! credentials, if STS made any, never left the function. The first issue activates the grant: its
//! clock starts when that issue begins, not when somebody approved.

use super::ask::{Regime, must_be_possible, session_policy};
use super::{must_be_requester, must_see, person, wrong_status};
use crate::audit::{Actor, Event};
use crate::caller::Caller;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::Identity;
use crate::offices::Offices;
use crate::permit::Permit;
use crate::policy::{Decision, PolicyId, Sought};
use crate::refusal::{Refusal, Verb};
use crate::request::{Refused, Request};
use crate::route::{Consent, InChat, Route, Standing};
use crate::status::{Grant, Issuing, Status};
use crate::step::Step;

/// STS counts the life of credentials by its own clock; a bound on it leaves room for the skew.
const SKEW: std::time::Duration = std::time::Duration::from_secs(60);

/// An issue that has begun: the step to record, and the permit to use once it is recorded.
#[derive(Debug)]
pub struct Begun {
    /// To be recorded first.
    pub step: Step,
    /// To be used only then.
    pub permit: Permit,
}

/// An issue that does not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotBegun {
    /// Why.
    pub refusal: Refusal,
    /// To be recorded, where the policy has changed its answer: whoever reads the trail must see
    /// which one it was. The refusal stands whether or not that works.
    pub step: Option<Step>,
}

impl From<Refusal> for Box<NotBegun> {
    fn from(refusal: Refusal) -> Self {
        let step = None;
        Self::new(NotBegun { refusal, step })
    }
}

/// The requester has credentials issued. Everything is judged again: the targets as they are now,
/// but for their readiness, of which the doctor is asked once,
/// the requester's groups as they are now, the policy set now in force, and whether the approvals
/// given still satisfy it.
///
/// # Errors
/// The request is not theirs or has no grant; the grant is over, begins later or was not activated
/// in time; another issue is under way; the policy or the approvals no longer carry it.
pub fn begin(
    request: &Request,
    caller: &Caller,
    facts: &[TargetFacts],
    regime: Regime<'_>,
    offices: &Offices,
    now: Moment,
) -> Result<Begun, Box<NotBegun>> {
    must_see(request, caller, offices)?;
    must_be_requester(request, caller)?;
    // Credentials are for whoever shows a token of their own, and never go by way of chat.
    InChat::None.takes(caller.channel())?;
    let (grant, first) = match &request.status {
        Status::Approved { activate_by } if now >= *activate_by => {
            return Err(Refusal::DeadlinePassed { at: *activate_by }.into());
        }
        Status::Approved { .. } if request.ask.starts_at.is_some_and(|at| now < at) => {
            let at = request.ask.starts_at.unwrap_or(now);
            return Err(Refusal::TooEarly { at }.into());
        }
        Status::Approved { .. } => {
            // The end is a whole second, because IAM compares whole seconds, and rounded down: a
            // grant is never longer than was approved.
            let ends_at = now
                .whole_second()
                .plus(request.ask.duration_seconds.length());
            let grant = Grant {
                activated_at: now,
                ends_at,
                issues: 0,
                credentials_until: now,
                issuing: None,
                extending: None,
                reminded_of: None,
            };
            (grant, true)
        }
        Status::Active { grant } if now >= grant.ends_at => {
            return Err(Refusal::GrantOver { at: grant.ends_at }.into());
        }
        Status::Active { grant } => (grant.clone(), false),
        Status::Pending { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => return Err(wrong_status(Verb::Issue, request).into()),
    };
    let orphan = match &grant.issuing {
        Some(issuing) => {
            let dead_at = issuing.began_at.plus(regime.pace.orphan_after);
            if now < dead_at {
                // A live issue takes a moment; a dead one is waited for until it counts as such.
                let retry_after = dead_at.since(now).min(std::time::Duration::from_secs(2));
                return Err(Refusal::IssueInProgress { retry_after }.into());
            }
            Some(issuing.issue)
        }
        None => None,
    };
    let facts: Vec<TargetFacts> = facts
        .iter()
        .map(|known| known.clone().with_readiness_of(&request.facts))
        .collect();
    let place = must_be_possible(&request.ask, &request.route, &facts, regime.places)?;
    let route = judge_again(request, caller, &facts, regime, now).map_err(|taken_back| {
        let TakenBack { refusal, policies } = *taken_back;
        let judged = Refused {
            code: refusal.code().to_owned(),
            policies,
            policy_set: regime.policy.digest(),
        };
        let step = refused(request, caller, judged, now);
        Box::new(NotBegun { refusal, step })
    })?;

    let issue = grant.issues.saturating_add(1);
    let seconds = Permit::seconds_for(grant.ends_at, now);
    let until = now
        .plus(std::time::Duration::from_secs(u64::from(
            seconds.unsigned_abs(),
        )))
        .plus(SKEW);
    let document = request.document();
    let policy = session_policy(request.id, &request.ask, place, &document, grant.ends_at)?;
    let permit = Permit {
        request: request.id,
        issue,
        role: place.access_role.clone(),
        external_id: place.external_id.clone(),
        source_identity: caller.person().source_identity(),
        run_as: request.route.run_as.clone(),
        policy,
        seconds,
        ends_at: grant.ends_at,
    };

    let mut step = Step::from(request);
    if first {
        step = step.with(
            person(caller),
            Event::Activated {
                ends_at: grant.ends_at,
            },
            now,
        );
    }
    if let Some(issue) = orphan {
        step = step.with(Actor::Postern {}, Event::IssueOrphaned { issue }, now);
    }
    let event = Event::Issuing {
        issue,
        until,
        policy_set: route.policy_set,
    };
    let grant = Grant {
        issues: issue,
        credentials_until: grant.credentials_until.max(until),
        issuing: Some(Issuing {
            issue,
            began_at: now,
        }),
        ..grant
    };
    let step = step
        .with(person(caller), event, now)
        .to(Status::Active { grant })
        .having(|request| {
            request.refused = None;
            // Whoever it was asked for has shown who is behind their account.
            request.requester = caller.identity().clone();
            request.requester_name = caller.name().map(str::to_owned);
        });
    Ok(Begun { step, permit })
}

/// STS answered with credentials. Only once this is recorded may they leave.
///
/// # Errors
/// The grant has ended in the meantime or the issue has been given up: the credentials must not
/// leave.
pub fn complete(
    request: &Request,
    issue: u32,
    access_key_id: &str,
    expires_at: Moment,
    now: Moment,
) -> Result<Step, Refusal> {
    let grant = open_issue(request, issue)?;
    if now >= grant.ends_at {
        return Err(Refusal::GrantOver { at: grant.ends_at });
    }
    let event = Event::Issued {
        issue,
        access_key_id: access_key_id.to_owned(),
        expires_at,
    };
    Ok(settle(request, grant, event, expires_at, now))
}

/// STS refused, or could not be reached.
///
/// # Errors
/// The issue has an outcome already.
pub fn fail(request: &Request, issue: u32, code: &str, now: Moment) -> Result<Step, Refusal> {
    let grant = open_issue(request, issue)?;
    let until = grant.credentials_until;
    Ok(settle(
        request,
        grant,
        Event::IssueFailed {
            issue,
            code: code.to_owned(),
        },
        until,
        now,
    ))
}

/// The issue was found without an outcome and is too old to get one.
pub(crate) fn orphan(request: &Request, grant: &Grant, issue: u32, now: Moment) -> Step {
    settle(
        request,
        grant,
        Event::IssueOrphaned { issue },
        grant.credentials_until,
        now,
    )
}

/// The grant whose open issue this is.
fn open_issue(request: &Request, issue: u32) -> Result<&Grant, Refusal> {
    match &request.status {
        Status::Active { grant } if grant.issuing.as_ref().is_some_and(|i| i.issue == issue) => {
            Ok(grant)
        }
        Status::Ending { ended_at, .. } => Err(Refusal::GrantOver { at: *ended_at }),
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Err(wrong_status(Verb::Issue, request)),
    }
}

fn settle(request: &Request, grant: &Grant, event: Event, until: Moment, now: Moment) -> Step {
    let grant = Grant {
        issuing: None,
        credentials_until: grant.credentials_until.max(until),
        ..grant.clone()
    };
    Step::from(request)
        .with(Actor::Postern {}, event, now)
        .to(Status::Active { grant })
}

/// A yes that the policy has taken back: how that is told, and the policies that did.
struct TakenBack {
    refusal: Refusal,
    policies: Vec<PolicyId>,
}

/// What the policy now in force says to the grant as it stands: what was asked, or what it was
/// extended to, which is the matter of one policy. A no comes with the policies that say it.
fn judge_again(
    request: &Request,
    caller: &Caller,
    facts: &[TargetFacts],
    regime: Regime<'_>,
    now: Moment,
) -> Result<Route, Box<TakenBack>> {
    let sought = match &request.extension {
        None => Sought::Anew,
        Some(extension) => Sought::Longer {
            by: &extension.route.policy,
            total: extension.total,
        },
    };
    let route = match regime.judge(caller, &request.ask, sought, facts, now) {
        Decision::Allowed { route } => route,
        Decision::Denied(denial) => {
            let mut policies: Vec<PolicyId> = denial
                .reasons
                .iter()
                .filter_map(|reason| reason.policy.clone())
                .collect();
            if policies.is_empty() {
                // Where no policy says anything, it is the one that did that no longer does.
                policies.push(request.route.policy.clone());
            }
            let refusal = Refusal::NoLongerAllowed(denial);
            return Err(Box::new(TakenBack { refusal, policies }));
        }
    };
    // The credentials are for the user that was recorded and shown.
    let carried = if route.run_as == request.route.run_as {
        must_be_carried_by_approvals(request, caller, &route)
    } else {
        let policy = route.policy.clone();
        Err(Refusal::UserChanged { policy })
    };
    match carried {
        Ok(()) => Ok(route),
        Err(refusal) => {
            let policies = vec![route.policy];
            Err(Box::new(TakenBack { refusal, policies }))
        }
    }
}

/// The refusal as the trail tells it, unless it stands there already.
fn refused(request: &Request, caller: &Caller, refused: Refused, now: Moment) -> Option<Step> {
    if request.refused.as_ref() == Some(&refused) {
        return None;
    }
    let Refused {
        code,
        policies,
        policy_set,
    } = refused.clone();
    let event = Event::IssueRefused {
        code,
        policies,
        policy_set,
    };
    let step = Step::from(request).with(person(caller), event, now);
    Some(step.having(|request| request.refused = Some(refused)))
}

/// The approvals given must satisfy the route now in force, each for what is still the same
/// request, and each by a group that may still answer.
fn must_be_carried_by_approvals(
    request: &Request,
    caller: &Caller,
    route: &Route,
) -> Result<(), Refusal> {
    let stages = match &route.consent {
        Consent::Automatic => return Ok(()),
        Consent::Approvals { stages } => stages,
    };
    let granted = request.granted();
    // One human being counts once, and never one whom it is about, whatever the ledger holds and by
    // whatever account.
    let mut people: Vec<&Identity> = request.parties().chain([caller.identity()]).collect();
    let mut counting = Vec::new();
    for approval in &request.approvals {
        let known = people.iter().any(|one| one.is_one_with(&approval.by));
        if approval.shown == granted && !known {
            people.push(&approval.by);
            counting.push(&approval.groups);
        }
    }
    match stages.standing(counting) {
        (Standing::Passed, _) => Ok(()),
        (Standing::Waiting { .. }, have) => Err(Refusal::ApprovalsVoid {
            policy: route.policy.clone(),
            needed: stages.people(),
            have,
        }),
    }
}
