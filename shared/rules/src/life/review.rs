//! Closing the review that an emergency opens.

use super::{must_see, person, wrong_status};
use crate::audit::Event;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::names::{Comment, Group};
use crate::offices::Offices;
use crate::refusal::{Refusal, Verb};
use crate::request::{Request, Review};
use crate::status::Status;
use crate::step::Step;

/// Somebody else says what became of an emergency. Only then may its requester break the glass
/// again.
///
/// It is reviewed once it is over: no session of it is alive then, and each log has its verdict, so
/// that the reviewer sees all of it.
///
/// # Errors
/// The request is not theirs to see, is their own, was no emergency, is reviewed already or not over
/// yet; they are in no group that reviews it; they say it by a tap in chat.
pub fn review(
    request: &Request,
    caller: &Caller,
    comment: Comment,
    offices: &Offices,
    now: Moment,
) -> Result<Step, Refusal> {
    must_see(request, caller, offices)?;
    let Some(reviewers) = &request.route.reviewers else {
        return Err(Refusal::NothingToReview);
    };
    if request.is_about(caller.identity()) {
        return Err(Refusal::SelfApproval);
    }
    if !reviewers.iter().any(|group| caller.is_in(group)) {
        let groups: Vec<Group> = reviewers.iter().cloned().collect();
        return Err(Refusal::NotAReviewer { groups });
    }
    if request.review.is_some() {
        return Err(Refusal::AlreadyReviewed);
    }
    match &request.status {
        Status::Closed { .. } | Status::Lapsed { .. } => {}
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Ending { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. } => return Err(wrong_status(Verb::Review, request)),
    }
    request.route.chat.for_review().takes(caller.channel())?;
    let review = Review {
        by: caller.identity().clone(),
        name: caller.name().map(str::to_owned),
        comment: comment.clone(),
        at: now,
    };
    Ok(Step::from(request)
        .with(person(caller), Event::Reviewed { comment }, now)
        .having(|request| request.review = Some(review))
        .not_by(caller.identity()))
}
