//! Identity: who a key belongs to, what policies let them do, and the calls that change policies.
//!
//! The policy language lives in its own modules and knows nothing of the rest: [`Policy`] reads a
//! document, [`Context`] holds condition keys, [`judge`] and [`trusts`] decide. Tests may use
//! them on policies that no role here has.
//!
//! Every call of every service comes through `authorize` with what it demands. The policies of a
//! role are read at that moment, so a policy that was just put binds the next call of sessions
//! that are out already; AWS takes up to minutes for the same (AWS-FACTS 5.3).

mod api;
mod caller;
mod condition;
mod context;
mod decision;
mod examining;
pub(crate) mod form;
mod json;
mod keys;
mod policy;
mod principal;
mod role;
mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::{AwsError, Demand};
use crate::world::World;

pub use caller::{Caller, Principal, RoleSession};
pub use context::Context;
pub use decision::{Decision, Layer, Layers, judge, trusts};
pub use keys::Keys;
pub use policy::{MalformedPolicy, Policy};
pub use role::RoleSpec;

pub(crate) use api::{demands, handle};
pub(crate) use caller::iso;
pub(crate) use keys::{KnownKey, token_bytes};
pub(crate) use role::Role;

/// Roles, keys and managed policies.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// By account and name, as `111122223333/Name`.
    roles: BTreeMap<String, Role>,
    keys: keys::KeyRing,
    /// The names of the roles in instance profiles, by the profile's ARN.
    #[serde(default)]
    profiles: BTreeMap<String, Option<String>>,
    /// How many results of a simulation IAM shows at once; fewer than asked for, if it likes.
    #[serde(skip)]
    simulation_page: Option<usize>,
    /// Managed policies for `PolicyArns`, by ARN.
    pub(crate) managed: BTreeMap<String, Policy>,
}

impl State {
    /// A role by account and name.
    pub(crate) fn role(&self, account: &str, name: &str) -> Option<&Role> {
        self.roles.get(&format!("{account}/{name}"))
    }

    /// A role by ARN, whose path must be right too.
    pub(crate) fn role_by_arn(&self, arn: &str) -> Option<&Role> {
        let (account, rest) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
        let name = rest.rsplit('/').next()?;
        self.role(account, name).filter(|role| role.arn() == arn)
    }

    fn role_mut(&mut self, account: &str, name: &str) -> Option<&mut Role> {
        self.roles.get_mut(&format!("{account}/{name}"))
    }

    fn put_role(&mut self, role: Role) {
        self.roles
            .insert(format!("{}/{}", role.account, role.name), role);
    }

    /// Makes credentials for a session, with a token of so many bytes.
    pub(crate) fn issue(
        &mut self,
        caller: Caller,
        token_bytes: usize,
        now_millis: i64,
        expires_at_millis: i64,
    ) -> Keys {
        self.keys
            .issue(caller, token_bytes, now_millis, Some(expires_at_millis))
    }

    /// What is known when `caller` asks for `demand`.
    pub(crate) fn context(&self, caller: &Caller, demand: &Demand, now_millis: i64) -> Context {
        let mut context = Context::new();
        for (key, values) in &demand.context {
            context.add(key, values.iter().cloned());
        }
        let no_tags = BTreeMap::new();
        let role = caller
            .session()
            .and_then(|one| self.role(&caller.account, &one.role_name));
        let tags = role.map_or(&no_tags, |role| &role.tags);
        caller.describe(tags, now_millis, &mut context);
        context
    }

    fn decide(&self, caller: &Caller, demand: &Demand, now_millis: i64) -> Decision {
        let session = match &caller.principal {
            Principal::Admin => return Decision::Allowed,
            Principal::Role(session) => session,
        };
        let role = self.role(&caller.account, &session.role_name);
        let layers = Layers {
            identity: role
                .map(|role| role.inline.values().chain(&role.managed).collect())
                .unwrap_or_default(),
            boundary: role.and_then(|role| role.boundary.as_ref()),
            session: session.policies.iter().collect(),
        };
        let context = self.context(caller, demand, now_millis);
        judge(&layers, &demand.action, &demand.resource, &context)
    }
}

/// Looks an access key up.
pub(crate) fn known_key(world: &World, access_key_id: &str) -> Option<KnownKey> {
    world.iam_state().keys.get(access_key_id).cloned()
}

/// Whether policy allows `demand`; a refusal is [`AwsError::access_denied`] in AWS's words, with
/// the layer that it came from.
pub(crate) fn authorize(
    world: &World,
    caller: &Caller,
    demand: &Demand,
    now_millis: i64,
) -> Result<(), AwsError> {
    let Demand {
        action, resource, ..
    } = demand;
    let decision = world.iam_state().decide(caller, demand, now_millis);
    let why = match decision {
        Decision::Allowed => return Ok(()),
        Decision::Denied(Layer::Identity) => {
            "with an explicit deny in an identity-based policy".to_owned()
        }
        Decision::Denied(layer) => format!("with an explicit deny in a {layer}"),
        Decision::NotAllowed(layer) => format!("because no {layer} allows the {action} action"),
    };
    Err(AwsError::access_denied(format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} {why}",
        caller.arn()
    )))
}
