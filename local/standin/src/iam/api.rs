//! The calls of IAM that an access broker makes: inline policies of roles, and (`examining`) what
//! roles may do.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::examining;
use super::form::{Form, invalid, is_name_character, is_policy_character};
use super::keys::no_role;
use super::policy::Policy;
use super::{Role, iso};
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::random;
use crate::world::World;
use crate::xml::Element;

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The most characters that all inline policies of a role may have together, white space aside
/// (AWS-FACTS 5.4).
const MAX_INLINE: usize = 10_240;

/// What an IAM call needs to be allowed.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    if examining::is_offered(&call.operation) {
        return examining::demands(call);
    }
    let changes = match call.operation.as_str() {
        "PutRolePolicy" | "DeleteRolePolicy" => true,
        "GetRolePolicy" | "ListRolePolicies" | "GetRole" => false,
        other => return Err(AwsError::unknown_operation(call.service, other)),
    };
    let form = Form::of(call);
    let name = role_name(&form)?;
    let account = &call.caller.account;
    let state = world.iam_state();
    let role = state.role(account, name);
    // A role that is not there has no path to tell.
    let arn = role.map_or_else(|| format!("arn:aws:iam::{account}:role/{name}"), Role::arn);
    let mut demand = Demand::new(format!("iam:{}", call.operation), arn);
    if let Some(role) = role {
        for (key, value) in &role.tags {
            demand = demand
                .with(format!("aws:ResourceTag/{key}"), value)
                .with(format!("iam:ResourceTag/{key}"), value);
        }
        if let Some(boundary) = role.boundary_arn().filter(|_| changes) {
            demand = demand.with("iam:PermissionsBoundary", boundary);
        }
    }
    Ok(vec![demand])
}

/// Answers an IAM call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let form = Form::of(call);
    match call.operation.as_str() {
        "PutRolePolicy" => put_role_policy(world, call, &form),
        "GetRolePolicy" => get_role_policy(world, call, &form),
        "DeleteRolePolicy" => delete_role_policy(world, call, &form),
        "ListRolePolicies" => list_role_policies(world, call, &form),
        "GetRole" => get_role(world, call, &form),
        "GetInstanceProfile" => examining::get_instance_profile(world, call, &form),
        "SimulatePrincipalPolicy" => examining::simulate(world, call, &form),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

fn put_role_policy(world: &World, call: &Call, form: &Form) -> Handled {
    let (role_name, policy_name) = (role_name(form)?, policy_name(form)?);
    let document = form
        .required("PolicyDocument")?
        .length(1..=131_072)?
        .only(
            is_policy_character,
            "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
        )?
        .value();
    let mut state = world.iam_state();
    let role = state
        .role_mut(&call.caller.account, role_name)
        .ok_or_else(|| no_role(role_name))?;
    let policy = Policy::permissions(document)?;
    let others = role.inline.iter().filter(|(name, _)| *name != policy_name);
    let size: usize = others.map(|(_, other)| size(other)).sum();
    if size.saturating_add(self::size(&policy)) > MAX_INLINE {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Maximum policy size of {MAX_INLINE} bytes exceeded for role {role_name}"),
        ));
    }
    role.inline.insert(policy_name.to_owned(), policy);
    Ok(answer("PutRolePolicyResponse", None))
}

fn get_role_policy(world: &World, call: &Call, form: &Form) -> Handled {
    let (role_name, policy_name) = (role_name(form)?, policy_name(form)?);
    let state = world.iam_state();
    let role = state
        .role(&call.caller.account, role_name)
        .ok_or_else(|| no_role(role_name))?;
    let policy = role
        .inline
        .get(policy_name)
        .ok_or_else(|| no_policy(policy_name))?;
    let result = Element::new("GetRolePolicyResult")
        .leaf("RoleName", role_name)
        .leaf("PolicyName", policy_name)
        .leaf("PolicyDocument", encoded(policy));
    Ok(answer("GetRolePolicyResponse", Some(result)))
}

fn delete_role_policy(world: &World, call: &Call, form: &Form) -> Handled {
    let (role_name, policy_name) = (role_name(form)?, policy_name(form)?);
    let mut state = world.iam_state();
    let role = state
        .role_mut(&call.caller.account, role_name)
        .ok_or_else(|| no_role(role_name))?;
    role.inline
        .remove(policy_name)
        .ok_or_else(|| no_policy(policy_name))?;
    Ok(answer("DeleteRolePolicyResponse", None))
}

fn list_role_policies(world: &World, call: &Call, form: &Form) -> Handled {
    let role_name = role_name(form)?;
    let most = match form.optional("MaxItems") {
        Some(most) => usize::try_from(most.number(1..=1_000)?).unwrap_or(100),
        None => 100,
    };
    // A page goes on after the name that the last one ended with.
    let after = match form.optional("Marker") {
        Some(marker) => Some(decoded_marker(marker.length(1..=320)?.value())?),
        None => None,
    };
    let state = world.iam_state();
    let role = state
        .role(&call.caller.account, role_name)
        .ok_or_else(|| no_role(role_name))?;
    let mut rest = role
        .inline
        .keys()
        .filter(|name| after.as_ref().is_none_or(|after| *name > after));
    let page: Vec<&String> = rest.by_ref().take(most).collect();
    let marker = match rest.next() {
        Some(_) => page.last().map(|last| format!("after:{last}")),
        None => None,
    };
    let result = Element::new("ListRolePoliciesResult")
        .child(
            Element::new("PolicyNames")
                .children(page.into_iter().map(|name| Element::text("member", name))),
        )
        .leaf("IsTruncated", marker.is_some().to_string())
        .maybe("Marker", marker);
    Ok(answer("ListRolePoliciesResponse", Some(result)))
}

fn decoded_marker(marker: &str) -> Result<String, AwsError> {
    marker
        .strip_prefix("after:")
        .map(str::to_owned)
        .ok_or_else(|| invalid("Invalid Marker"))
}

fn get_role(world: &World, call: &Call, form: &Form) -> Handled {
    let role_name = role_name(form)?;
    let state = world.iam_state();
    let role = state
        .role(&call.caller.account, role_name)
        .ok_or_else(|| no_role(role_name))?;
    let element = shown("Role", role);
    Ok(answer(
        "GetRoleResponse",
        Some(Element::new("GetRoleResult").child(element)),
    ))
}

/// A role as IAM shows it.
pub(super) fn shown(name: &'static str, role: &Role) -> Element {
    let mut element = Element::new(name)
        .leaf("Path", &role.path)
        .leaf("RoleName", &role.name)
        .leaf("RoleId", role.id())
        .leaf("Arn", role.arn())
        .leaf("CreateDate", iso(role.created_millis))
        .leaf("AssumeRolePolicyDocument", encoded(&role.trust))
        .leaf("MaxSessionDuration", role.max_session_seconds.to_string());
    if let Some(arn) = role.boundary_arn() {
        element = element.child(
            Element::new("PermissionsBoundary")
                .leaf("PermissionsBoundaryType", "Policy")
                .leaf("PermissionsBoundaryArn", arn),
        );
    }
    if !role.tags.is_empty() {
        element =
            element.child(Element::new("Tags").children(
                role.tags.iter().map(|(key, value)| {
                    Element::new("member").leaf("Key", key).leaf("Value", value)
                }),
            ));
    }
    element
}

pub(super) fn answer(name: &'static str, result: Option<Element>) -> Answer {
    let document = Element::new(name)
        .namespace(NAMESPACE)
        .children(result)
        .child(Element::new("ResponseMetadata").leaf("RequestId", random::request_id()));
    Answer::xml(document.document())
}

fn role_name(form: &Form) -> Result<&str, AwsError> {
    let name = form.required("RoleName")?.length(1..=64)?;
    Ok(name.only(is_name_character, "[\\w+=,.@-]+")?.value())
}

fn policy_name(form: &Form) -> Result<&str, AwsError> {
    let name = form.required("PolicyName")?.length(1..=128)?;
    Ok(name.only(is_name_character, "[\\w+=,.@-]+")?.value())
}

fn no_policy(name: &str) -> AwsError {
    AwsError::new(
        404,
        "NoSuchEntity",
        format!("The role policy with name {name} cannot be found."),
    )
}

fn size(policy: &Policy) -> usize {
    policy
        .text()
        .chars()
        .filter(|character| !character.is_whitespace())
        .count()
}

/// A document as IAM answers it: percent-encoded after RFC 3986.
fn encoded(policy: &Policy) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(policy.text(), RESERVED).to_string()
}
