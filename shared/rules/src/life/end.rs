//! Ending a grant before its time: revoke and release.

use super::{must_be_requester, must_see, person, wrong_status};
use crate::audit::Event;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::names::Comment;
use crate::offices::Offices;
use crate::refusal::{Refusal, Verb};
use crate::request::Request;
use crate::status::{EndReason, Status};
use crate::step::Step;

/// An approver of the request, whoever reviews it, or an operator takes the grant back.
///
/// # Errors
/// The request is not theirs to see or to revoke, or there is no grant to take back.
pub fn revoke(
    request: &Request,
    caller: &Caller,
    comment: Option<Comment>,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    let approver = !request.is_about(caller.identity())
        && (request
            .approver_groups()
            .iter()
            .chain(request.route.reviewers.iter().flatten())
            .any(|group| caller.is_in(group))
            || request
                .approvals
                .iter()
                .any(|approval| &approval.by.person == caller.person()));
    // An operator may revoke their own grant too: ending access early is never the danger.
    if !approver && !offices.is_operator(caller) {
        return Err(Refusal::MayNotRevoke);
    }
    end(
        request,
        caller,
        EndReason::Revoked,
        comment,
        Verb::Revoke,
        now,
    )
}

/// The requester hands the grant back early.
///
/// # Errors
/// The request is not theirs, or there is no grant to hand back.
pub fn release(
    request: &Request,
    caller: &Caller,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    must_be_requester(request, caller)?;
    end(
        request,
        caller,
        EndReason::Released,
        None,
        Verb::Release,
        now,
    )
}

fn end(
    request: &Request,
    caller: &Caller,
    why: EndReason,
    comment: Option<Comment>,
    verb: Verb,
    now: Moment,
) -> Result<Step, Refusal> {
    let status = match &request.status {
        // No credentials were ever issued, so there is nothing to clear up.
        Status::Approved { .. } => Status::Closed {
            grant: None,
            ended_at: now,
            why,
            closed_at: now,
            look_at: None,
            recheck_at: None,
        },
        Status::Active { grant } => Status::Ending {
            grant: grant.over(),
            ended_at: now.min(grant.ends_at),
            why,
            look_at: now,
            looks: 0,
        },
        Status::Pending { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => return Err(wrong_status(verb, request)),
    };
    Ok(Step::from(request)
        .with(person(caller), Event::Ended { why, comment }, now)
        .to(status))
}
