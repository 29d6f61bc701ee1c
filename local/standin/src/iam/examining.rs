//! What roles may do: instance profiles, and the simulation of policies.
//!
//! A simulation judges the policies of a role and its boundary by the condition keys that the
//! caller gives, and says which keys the policies ask for that were not given.

use std::collections::BTreeSet;

use super::api::{answer, shown};
use super::context::Context;
use super::decision::{Decision, Layers, judge};
use super::form::{Form, is_name_character};
use super::keys::no_role;
use super::role::{Role, unique_id};
use crate::call::{AwsError, Call, Demand, Handled};
use crate::ssm::page;
use crate::world::World;
use crate::xml::Element;

/// Evaluations on a page unless the call says otherwise.
const PAGE: usize = 100;

pub(super) fn is_offered(operation: &str) -> bool {
    ["GetInstanceProfile", "SimulatePrincipalPolicy"].contains(&operation)
}

impl World {
    /// Makes an instance profile of an account, with a role or empty; returns its ARN.
    pub fn add_instance_profile(&self, account: &str, name: &str, role: Option<&str>) -> String {
        let arn = profile_arn(account, name);
        let role = role.map(str::to_owned);
        self.iam_state().profiles.insert(arn.clone(), role);
        self.persist();
        arn
    }

    /// Has IAM show at most so many results of a simulation at once, as it may at any time.
    pub fn shorten_simulations(&self, page: usize) {
        self.iam_state().simulation_page = Some(page);
    }
}

fn profile_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:instance-profile/{name}")
}

fn profile_name(form: &Form) -> Result<&str, AwsError> {
    let name = form.required("InstanceProfileName")?.length(1..=128)?;
    Ok(name.only(is_name_character, "[\\w+=,.@-]+")?.value())
}

/// What a call needs to be allowed.
pub(super) fn demands(call: &Call) -> Result<Vec<Demand>, AwsError> {
    let form = Form::of(call);
    let resource = match call.operation.as_str() {
        "GetInstanceProfile" => profile_arn(&call.caller.account, profile_name(&form)?),
        _ => form
            .required("PolicySourceArn")?
            .length(20..=2_048)?
            .value()
            .to_owned(),
    };
    Ok(vec![Demand::new(
        format!("iam:{}", call.operation),
        resource,
    )])
}

pub(super) fn get_instance_profile(world: &World, call: &Call, form: &Form) -> Handled {
    let name = profile_name(form)?;
    let account = &call.caller.account;
    let arn = profile_arn(account, name);
    let state = world.iam_state();
    let role = state.profiles.get(&arn).ok_or_else(|| {
        AwsError::new(
            404,
            "NoSuchEntity",
            format!("Instance Profile {name} cannot be found."),
        )
    })?;
    let role = role.as_ref().and_then(|role| state.role(account, role));
    let profile = Element::new("InstanceProfile")
        .leaf("Path", "/")
        .leaf("InstanceProfileName", name)
        .leaf("InstanceProfileId", unique_id("AIPA", account, name))
        .leaf("Arn", arn)
        .leaf("CreateDate", super::iso(0))
        .child(Element::new("Roles").children(role.map(|role| shown("member", role))));
    let result = Element::new("GetInstanceProfileResult").child(profile);
    Ok(answer("GetInstanceProfileResponse", Some(result)))
}

pub(super) fn simulate(world: &World, call: &Call, form: &Form) -> Handled {
    let source = form.required("PolicySourceArn")?.value();
    let state = world.iam_state();
    let role = state.role_by_arn(source);
    let role = role.filter(|role| role.account == call.caller.account);
    let role = role.ok_or_else(|| no_role(source))?;
    let texts = |name: &str| -> Vec<String> {
        let members = form.members(name).into_iter();
        members.filter_map(|mut member| member.remove("")).collect()
    };
    let actions = texts("ActionNames");
    let mut resources = texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let (context, given) = context(form);
    let missing: Vec<String> = keys_asked_for(role)
        .into_iter()
        .filter(|key| !given.contains(&key.to_lowercase()))
        .collect();
    let mut results: Vec<(String, Element)> = Vec::new();
    for (n, action) in actions.iter().enumerate() {
        for (m, resource) in resources.iter().enumerate() {
            let result = result(role, (action, resource), &context, &missing);
            results.push((format!("{n:04}/{m:04}"), result));
        }
    }
    let most = match form.optional("MaxItems") {
        Some(most) => usize::try_from(most.number(1..=1_000)?).unwrap_or(PAGE),
        None => state.simulation_page.unwrap_or(PAGE),
    };
    let marker = form.optional("Marker").map(|marker| marker.value());
    let query = format!("{source}{actions:?}{resources:?}");
    let key = |(key, _): &(String, Element)| key.clone();
    let (page, next) = page::cut(&results, key, &query, marker, most)?;
    let page = page.iter().map(|(_, result)| result.clone());
    let result = Element::new("SimulatePrincipalPolicyResult")
        .child(Element::new("EvaluationResults").children(page))
        .leaf("IsTruncated", next.is_some().to_string())
        .maybe("Marker", next);
    Ok(answer("SimulatePrincipalPolicyResponse", Some(result)))
}

/// The condition keys that a call gives, and their names in lower case.
fn context(form: &Form) -> (Context, BTreeSet<String>) {
    let (mut context, mut given) = (Context::new(), BTreeSet::new());
    for entry in form.members("ContextEntries") {
        let Some(name) = entry.get("ContextKeyName") else {
            continue;
        };
        let values = entry
            .iter()
            .filter(|(field, _)| field.starts_with("ContextKeyValues."));
        context.add(name, values.map(|(_, value)| value.clone()));
        given.insert(name.to_lowercase());
    }
    (context, given)
}

/// The condition keys that the policies of a role name.
fn keys_asked_for(role: &Role) -> BTreeSet<String> {
    let policies = role
        .inline
        .values()
        .chain(&role.managed)
        .chain(&role.boundary);
    policies.flat_map(super::Policy::condition_keys).collect()
}

fn result(
    role: &Role,
    (action, resource): (&str, &str),
    context: &Context,
    missing: &[String],
) -> Element {
    let layers = Layers {
        identity: role.inline.values().chain(&role.managed).collect(),
        boundary: role.boundary.as_ref(),
        session: Vec::new(),
    };
    let decision = match judge(&layers, action, resource, context) {
        Decision::Allowed => "allowed",
        Decision::Denied(_) => "explicitDeny",
        Decision::NotAllowed(_) => "implicitDeny",
    };
    let keys = || {
        let keys = missing.iter().map(|key| Element::text("member", key));
        Element::new("MissingContextValues").children(keys)
    };
    let evaluation = Element::new("member")
        .leaf("EvalActionName", action)
        .leaf("EvalResourceName", resource)
        .leaf("EvalDecision", decision)
        .child(Element::new("MatchedStatements"));
    // For a named resource they stand with that resource.
    if resource == "*" {
        return evaluation.child(keys());
    }
    let on_resource = Element::new("member")
        .leaf("EvalResourceName", resource)
        .leaf("EvalResourceDecision", decision)
        .child(Element::new("MatchedStatements"))
        .child(keys());
    evaluation.child(Element::new("ResourceSpecificResults").child(on_resource))
}
