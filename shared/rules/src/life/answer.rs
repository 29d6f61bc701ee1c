//! Answering what waits for an answer: a request that is pending, or an extension of a grant.

use std::collections::BTreeSet;

use super::ask::activate_by;
use super::{must_be_requester, must_see, person, wrong_status};
use crate::audit::Event;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::names::{Comment, Digest, Group};
use crate::offices::Offices;
use crate::pace::Pace;
use crate::refusal::{Refusal, Verb};
use crate::request::{Approval, Request};
use crate::route::Standing;
use crate::status::{Grant, Status};
use crate::step::Step;

/// Somebody says yes to what they were shown. The last yes of the last stage makes a request a
/// grant, and lengthens a grant whose extension was asked.
///
/// # Errors
/// The request is not theirs to see, is their own or asked by them, or waits for no answer; they are
/// in no group that may answer now, have approved before, or were shown something else; the time to
/// answer is over; the policy wants more than the way by which they say it.
pub fn approve(
    request: &Request,
    caller: &Caller,
    shown: Digest,
    comment: Option<Comment>,
    offices: &Offices,
    pace: &Pace,
    now: Moment,
) -> Result<Step, Refusal> {
    let held = must_be_approver(request, caller, offices)?;
    let asked = must_wait(request, Verb::Approve, now)?;
    let Standing::Waiting {
        number,
        stage,
        have,
    } = request.standing()
    else {
        // INVARIANT: what waits for nobody does not wait; did it, nobody could approve it.
        return Err(wrong_status(Verb::Approve, request));
    };
    if request
        .current_approvals()
        .any(|approval| approval.by.is_one_with(caller.identity()))
    {
        return Err(Refusal::AlreadyApproved);
    }
    let current = request.shown();
    if shown != current {
        return Err(Refusal::ShownChanged { current });
    }
    let groups: BTreeSet<Group> = held.intersection(&stage.groups).cloned().collect();
    if groups.is_empty() {
        // Theirs is another stage.
        let groups = stage.groups.iter().cloned().collect();
        return Err(Refusal::NotAnApprover { groups });
    }
    // Last, so that whoever may not approve at all is not sent to a login for nothing.
    request.answered_by().chat.takes(caller.channel())?;
    let event = Event::Approved {
        groups: groups.iter().cloned().collect(),
        shown,
        stage: number,
        count: have.saturating_add(1),
        needed: stage.needed,
        channel: caller.channel(),
        comment,
    };
    let approval = Approval {
        by: caller.identity().clone(),
        name: caller.name().map(str::to_owned),
        groups,
        shown,
        at: now,
        channel: caller.channel(),
    };
    let step = Step::from(request)
        .with(person(caller), event, now)
        .approved_by(approval)
        .not_by(caller.identity());
    Ok(match (step.request().standing(), asked) {
        (Standing::Waiting { .. }, _) => step,
        (Standing::Passed, Asked::Access) => step.to(Status::Approved {
            activate_by: activate_by(&request.ask, pace, now),
        }),
        (Standing::Passed, Asked::Extension(grant)) => super::extend::grant(step, grant, now),
    })
}

/// Somebody who may say yes says no; one no is enough. A grant whose extension is denied runs on to
/// its end as it was.
///
/// # Errors
/// The request is not theirs to see, is their own or asked by them, or waits for no answer; they are
/// in no approver group; the time to answer is over.
pub fn deny(
    request: &Request,
    caller: &Caller,
    comment: Option<Comment>,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_be_approver(request, caller, offices)?;
    let step = Step::from(request).not_by(caller.identity());
    Ok(match must_wait(request, Verb::Deny, now)? {
        Asked::Access => step
            .with(person(caller), Event::Denied { comment }, now)
            .to(Status::Denied { at: now }),
        Asked::Extension(grant) => step
            .with(person(caller), Event::ExtensionDenied { comment }, now)
            .to(as_it_was(grant)),
    })
}

/// The requester, or whoever asked in their name, takes the request back before it is approved; the
/// requester takes back an extension that waits.
///
/// # Errors
/// The request is not theirs, or waits for no answer.
pub fn withdraw(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    let pending = matches!(request.status, Status::Pending { .. });
    if !(pending && request.is_asked_by(caller)) {
        must_be_requester(request, caller)?;
    }
    let step = Step::from(request);
    match &request.status {
        // Whoever withdraws after the deadline wants the same thing that is about to happen.
        Status::Pending { .. } => Ok(step
            .with(person(caller), Event::Withdrawn {}, now)
            .to(Status::Withdrawn { at: now })),
        Status::Active { grant } if grant.extending.is_some() => Ok(step
            .with(person(caller), Event::ExtensionWithdrawn {}, now)
            .to(as_it_was(grant))),
        Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Err(wrong_status(Verb::Withdraw, request)),
    }
}

/// A grant without the extension that was asked.
fn as_it_was(grant: &Grant) -> Status {
    Status::Active {
        grant: Grant {
            extending: None,
            ..grant.clone()
        },
    }
}

/// The approver groups that the caller is in; never of those it is about, whatever their groups and
/// by whatever account.
fn must_be_approver(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
) -> Result<BTreeSet<Group>, Refusal> {
    must_see(request, caller, offices)?;
    if request.is_about(caller.identity()) {
        return Err(Refusal::SelfApproval);
    }
    let may = request.approver_groups();
    let held: BTreeSet<Group> = may
        .iter()
        .filter(|group| caller.is_in(group))
        .cloned()
        .collect();
    if held.is_empty() {
        return Err(Refusal::NotAnApprover {
            groups: may.into_iter().collect(),
        });
    }
    Ok(held)
}

/// What waits for an answer.
enum Asked<'a> {
    /// The request itself.
    Access,
    /// An extension of this grant.
    Extension(&'a Grant),
}

fn must_wait(request: &Request, verb: Verb, now: Moment) -> Result<Asked<'_>, Refusal> {
    match &request.status {
        Status::Pending { answer_by } if now < *answer_by => Ok(Asked::Access),
        Status::Pending { answer_by } => Err(Refusal::DeadlinePassed { at: *answer_by }),
        Status::Active { grant } if grant.extending.is_some() => {
            if now < grant.ends_at {
                Ok(Asked::Extension(grant))
            } else {
                Err(Refusal::GrantOver { at: grant.ends_at })
            }
        }
        Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Err(wrong_status(verb, request)),
    }
}
