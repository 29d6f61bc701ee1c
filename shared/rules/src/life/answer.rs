//! Answering a request that is pending: approve, deny, withdraw.

use std::collections::BTreeSet;

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
use crate::status::Status;
use crate::step::Step;

/// Somebody says yes to what they were shown. The last yes of the last stage makes it a grant.
///
/// # Errors
/// The request is not theirs to see, is their own, or is not pending; they are in no group that may
/// answer now, have approved before, or were shown something else; the time to answer is over.
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
    must_be_pending(request, Verb::Approve, now)?;
    let Standing::Waiting {
        number,
        stage,
        have,
    } = request.standing()
    else {
        // INVARIANT: a request that waits for nobody is not pending; were one, nobody could
        // approve it.
        return Err(wrong_status(Verb::Approve, request));
    };
    if request
        .approvals
        .iter()
        .any(|approval| &approval.by == caller.person())
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
    let event = Event::Approved {
        groups: groups.iter().cloned().collect(),
        shown,
        stage: number,
        count: have.saturating_add(1),
        needed: stage.needed,
        comment,
    };
    let approval = Approval {
        by: caller.person().clone(),
        name: caller.name().map(str::to_owned),
        groups,
        shown,
        at: now,
    };
    let step = Step::from(request)
        .with(person(caller), event, now)
        .approved_by(approval)
        .not_by(caller.person());
    Ok(match step.request().standing() {
        Standing::Passed => step.to(Status::Approved {
            activate_by: now.plus(pace.activate_within),
        }),
        Standing::Waiting { .. } => step,
    })
}

/// Somebody who may say yes says no; one no is enough.
///
/// # Errors
/// The request is not theirs to see, is their own, or is not pending; they are in no approver
/// group; the time to answer is over.
pub fn deny(
    request: &Request,
    caller: &Caller,
    comment: Option<Comment>,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_be_approver(request, caller, offices)?;
    must_be_pending(request, Verb::Deny, now)?;
    Ok(Step::from(request)
        .with(person(caller), Event::Denied { comment }, now)
        .to(Status::Denied { at: now })
        .not_by(caller.person()))
}

/// The requester takes the request back before it is approved.
///
/// # Errors
/// The request is not theirs or not pending.
pub fn withdraw(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    must_be_requester(request, caller)?;
    match request.status {
        // Whoever withdraws after the deadline wants the same thing that is about to happen.
        Status::Pending { .. } => Ok(Step::from(request)
            .with(person(caller), Event::Withdrawn {}, now)
            .to(Status::Withdrawn { at: now })),
        Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Err(wrong_status(Verb::Withdraw, request)),
    }
}

/// The approver groups that the caller is in; never of the requester, whatever their groups.
fn must_be_approver(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
) -> Result<BTreeSet<Group>, Refusal> {
    must_see(request, caller, offices)?;
    if request.is_of(caller) {
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

fn must_be_pending(request: &Request, verb: Verb, now: Moment) -> Result<(), Refusal> {
    match request.status {
        Status::Pending { answer_by } if now < answer_by => Ok(()),
        Status::Pending { answer_by } => Err(Refusal::DeadlinePassed { at: answer_by }),
        Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Err(wrong_status(verb, request)),
    }
}
