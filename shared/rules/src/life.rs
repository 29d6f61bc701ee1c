//! The life of a request: one rule for each verb.
//!
//! A rule takes the request as it stands, who is calling, what is known, and the time. It answers
//! with a [`Step`](crate::step::Step) or a [`Refusal`]. Whoever may not know of the request is told
//! that it does not exist, before anything else is looked at.

pub mod answer;
pub mod ask;
pub mod end;
pub mod examine;
pub mod explain;
pub mod extend;
pub mod issue;
pub mod offer;
pub mod review;

use crate::audit::Actor;
use crate::caller::Caller;
use crate::offices::Offices;
use crate::refusal::{Refusal, Verb};
use crate::request::Request;

/// Refuses callers to whom the request does not exist.
///
/// # Errors
/// [`Refusal::RequestNotFound`].
pub fn must_see(request: &Request, caller: &Caller, offices: &Offices) -> Result<(), Refusal> {
    if request.is_visible_to(caller, offices) {
        Ok(())
    } else {
        Err(Refusal::RequestNotFound)
    }
}

fn must_be_requester(request: &Request, caller: &Caller) -> Result<(), Refusal> {
    if request.is_of(caller) {
        Ok(())
    } else {
        Err(Refusal::NotTheRequester)
    }
}

fn wrong_status(verb: Verb, request: &Request) -> Refusal {
    Refusal::WrongStatus {
        verb,
        status: request.status.word(),
    }
}

fn person(caller: &Caller) -> Actor {
    Actor::Person {
        person: caller.person().clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
