//! The Security Token Service: who am I, and sessions of roles.
//!
//! `AssumeRole` must be allowed twice: by the policies of the caller, which the door weighs, and
//! by the trust policy of the role, which is weighed here. Each half is asked about
//! `sts:AssumeRole`, about `sts:TagSession` when the new session will have tags, and about
//! `sts:SetSourceIdentity` when it will have a source identity; tags and identities that are
//! inherited count (a public experiment of 2026-09 saw AWS refuse a chain without
//! `sts:TagSession` for inherited tags alone). Each action sees only the condition keys that it
//! knows (AWS-FACTS 1.25).
//!
//! Stricter than AWS in one thing: within one account AWS lets a trust policy that names the
//! caller suffice. Here both halves must always allow, so what passes here passes there.

mod assume;
mod request;

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::random;
use crate::world::World;
use crate::xml::Element;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What an STS call needs to be allowed.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    match call.operation.as_str() {
        "AssumeRole" => assume::demands(world, call),
        // Nobody can be forbidden to ask who they are.
        "GetCallerIdentity" => Ok(Vec::new()),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

/// Answers an STS call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    match call.operation.as_str() {
        "AssumeRole" => assume::handle(world, call),
        "GetCallerIdentity" => Ok(caller_identity(call)),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

fn caller_identity(call: &Call) -> Answer {
    let result = Element::new("GetCallerIdentityResult")
        .leaf("Arn", call.caller.arn())
        .leaf("UserId", call.caller.user_id())
        .leaf("Account", &call.caller.account);
    answer("GetCallerIdentityResponse", result)
}

fn answer(name: &'static str, result: Element) -> Answer {
    let document = Element::new(name)
        .namespace(NAMESPACE)
        .child(result)
        .child(Element::new("ResponseMetadata").leaf("RequestId", random::request_id()));
    Answer::xml(document.document())
}
