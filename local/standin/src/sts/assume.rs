//! `AssumeRole`: both halves of its permission, its limits, and the session that it makes.

use super::answer;
use super::request::{AssumeRole, Carried};
use crate::call::{AwsError, Call, Demand, Handled};
use crate::iam::form::invalid;
use crate::iam::{Caller, Keys, Policy, Principal, RoleSession, iso, token_bytes, trusts};
use crate::world::World;
use crate::xml::Element;

/// The longest chained session (AWS-FACTS 1.21).
const MAX_CHAINED_SECONDS: i64 = 3_600;

/// What the packed policies and tags of a session may come to, in characters.
///
/// AWS does not tell its packed format. This takes the minified policy, the policy ARNs, and keys
/// and values of tags at their plain length against 3,000 characters: a policy of the full 2,048
/// characters then comes to 68 percent and leaves room for a few tags, not for fifty.
const PACKED_SPACE: usize = 3_000;

/// The largest session token, in bytes, that `SessionTokenUtilization` is a percentage of. A token
/// here grows by what is packed into it, and so never comes to more.
const TOKEN_SPACE: usize = 4_096;

/// What the call needs from the policies of the caller, after the trust policy has had its say.
pub(super) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let request = AssumeRole::read(call)?;
    let demands = request.demands();
    let state = world.iam_state();
    // A role that is not there is told no differently from one that does not trust the caller.
    let role = state.role_by_arn(&request.role_arn);
    for demand in &demands {
        let trusted = role.is_some_and(|role| {
            let context = state.context(&call.caller, demand, call.now_millis);
            trusts(&role.trust, &call.caller, &demand.action, &context)
        });
        if !trusted {
            return Err(AwsError::access_denied(format!(
                "User: {} is not authorized to perform: {} on resource: {}",
                call.caller.arn(),
                demand.action,
                demand.resource
            )));
        }
    }
    Ok(demands)
}

impl AssumeRole {
    /// One demand for each action, each with the condition keys that it knows.
    fn demands(&self) -> Vec<Demand> {
        let Carried {
            tags,
            transitive_keys,
            source_identity,
        } = &self.carried;
        let demand = |action: &str| Demand::new(action, &self.role_arn);
        let with_source = |demand: Demand| match source_identity {
            Some(source) => demand.with("sts:SourceIdentity", source),
            None => demand,
        };
        let with_tags = |mut demand: Demand| {
            for (key, value) in tags {
                demand = demand.with(format!("aws:RequestTag/{key}"), value);
            }
            demand.with_all(
                "aws:TagKeys",
                tags.iter().map(|(key, _)| key.clone()).collect(),
            )
        };
        let mut assume = with_source(with_tags(demand("sts:AssumeRole")))
            .with("sts:RoleSessionName", &self.session_name);
        if let Some(id) = &self.external_id {
            assume = assume.with("sts:ExternalId", id);
        }
        let mut demands = vec![assume];
        if !tags.is_empty() {
            let tag = with_tags(demand("sts:TagSession"));
            demands.push(tag.with_all("sts:TransitiveTagKeys", transitive_keys.clone()));
        }
        if source_identity.is_some() {
            demands.push(with_source(demand("sts:SetSourceIdentity")));
        }
        demands
    }

    /// The size of policies and tags packed, in characters.
    fn packed(&self) -> usize {
        let policy = self.policy.as_ref().map_or(0, minified_length);
        let arns: usize = self.policy_arns.iter().map(|arn| arn.chars().count()).sum();
        let tags: usize = self
            .carried
            .tags
            .iter()
            .map(|(key, value)| key.chars().count().saturating_add(value.chars().count()))
            .sum();
        policy.saturating_add(arns).saturating_add(tags)
    }
}

fn percent(part: usize, whole: usize) -> usize {
    part.saturating_mul(100).div_ceil(whole)
}

/// The length of a policy without the white space that JSON does not need.
fn minified_length(policy: &Policy) -> usize {
    serde_json::from_str::<serde_json::Value>(policy.text())
        .map_or(policy.text().chars().count(), |value| {
            value.to_string().chars().count()
        })
}

/// Makes the session.
pub(super) fn handle(world: &World, call: &Call) -> Handled {
    let request = AssumeRole::read(call)?;
    let packed = request.packed();
    if packed > PACKED_SPACE {
        return Err(AwsError::new(
            400,
            "PackedPolicyTooLarge",
            format!(
                "Packed policy consumes {}% of allotted space, please use smaller policy.",
                percent(packed, PACKED_SPACE)
            ),
        ));
    }
    let mut state = world.iam_state();
    let mut policies: Vec<Policy> = request.policy.iter().cloned().collect();
    for arn in &request.policy_arns {
        let managed = state.managed.get(arn);
        policies.push(
            managed
                .cloned()
                .ok_or_else(|| invalid(format!("{arn} is invalid")))?,
        );
    }
    let role = state
        .role_by_arn(&request.role_arn)
        .ok_or_else(|| AwsError::access_denied("the role is gone"))?;
    if request.seconds > i64::from(role.max_session_seconds) {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if call.caller.session().is_some() && request.seconds > MAX_CHAINED_SECONDS {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    // The second that the caller is told is the second that counts.
    let issued_at = call.now_millis.div_euclid(1_000).saturating_mul(1_000);
    let expires_at = issued_at.saturating_add(request.seconds.saturating_mul(1_000));
    let session = RoleSession {
        policies,
        tags: request.carried.tags.iter().cloned().collect(),
        transitive_keys: request.carried.transitive(),
        source_identity: request.carried.source_identity.clone(),
        ..role.session(&request.session_name, issued_at)
    };
    let account = role.account.clone();
    let made = Made {
        arn: session.arn(&account),
        user_id: session.user_id(),
        source_identity: session.source_identity.clone(),
        expires_at,
        packed,
    };
    let caller = Caller {
        account,
        principal: Principal::Role(Box::new(session)),
    };
    let bytes = token_bytes(packed).max(request.token_bytes);
    let keys = state.issue(caller, bytes, call.now_millis, expires_at);
    Ok(answer("AssumeRoleResponse", made.result(&keys)))
}

/// What there is to tell of a new session, besides its keys.
struct Made {
    arn: String,
    user_id: String,
    source_identity: Option<String>,
    expires_at: i64,
    packed: usize,
}

impl Made {
    fn result(self, keys: &Keys) -> Element {
        let token = keys.session_token.as_ref().map_or(0, String::len);
        let credentials = Element::new("Credentials")
            .leaf("AccessKeyId", &keys.access_key_id)
            .leaf("SecretAccessKey", &keys.secret_access_key)
            .maybe("SessionToken", keys.session_token.as_ref())
            .leaf("Expiration", iso(self.expires_at));
        Element::new("AssumeRoleResult")
            .maybe("SourceIdentity", self.source_identity)
            .child(
                Element::new("AssumedRoleUser")
                    .leaf("AssumedRoleId", self.user_id)
                    .leaf("Arn", self.arn),
            )
            .child(credentials)
            .maybe(
                "PackedPolicySize",
                (self.packed > 0).then(|| percent(self.packed, PACKED_SPACE).to_string()),
            )
            .leaf("SessionTokenSize", token.to_string())
            .leaf(
                "SessionTokenUtilization",
                percent(token, TOKEN_SPACE).to_string(),
            )
    }
}
