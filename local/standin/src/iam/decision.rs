//! The decision: what all policies of a principal say together.
//!
//! A request is allowed when the identity policies allow it and, where they exist, the permissions
//! boundary and the session policies allow it too; and when nothing in any of them denies it
//! (AWS-FACTS 1.27). Several policies of one layer add up.

use std::fmt;

use super::Caller;
use super::context::Context;
use super::policy::{Matter, Policy, Saying};

/// The policies that a principal acts under.
#[derive(Clone, Debug, Default)]
pub struct Layers<'a> {
    /// Inline and managed policies of the role.
    pub identity: Vec<&'a Policy>,
    /// The permissions boundary of the role; `None` bounds nothing.
    pub boundary: Option<&'a Policy>,
    /// The session policies that came with `AssumeRole`; none bounds nothing.
    pub session: Vec<&'a Policy>,
}

/// A layer of policies, for saying where a refusal came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Inline and managed policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policies.
    Session,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        })
    }
}

/// What the policies say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every layer allows and none denies.
    Allowed,
    /// A statement of this layer denies.
    Denied(Layer),
    /// No statement of this layer allows.
    NotAllowed(Layer),
}

/// Weighs an action on a resource against the policies of a principal.
#[must_use]
pub fn judge(layers: &Layers<'_>, action: &str, resource: &str, context: &Context) -> Decision {
    let matter = Matter::Resource(resource);
    let say = |policies: &[&Policy]| {
        let mut overall = Saying::Nothing;
        for policy in policies {
            match policy.says(action, &matter, context) {
                Saying::Deny => return Saying::Deny,
                Saying::Allow => overall = Saying::Allow,
                Saying::Nothing => {}
            }
        }
        overall
    };
    let mut sayings = vec![(Layer::Identity, say(&layers.identity))];
    if let Some(boundary) = layers.boundary {
        sayings.push((Layer::Boundary, say(&[boundary])));
    }
    if !layers.session.is_empty() {
        sayings.push((Layer::Session, say(&layers.session)));
    }
    let first = |wanted: Saying| sayings.iter().find(|(_, saying)| *saying == wanted);
    match (first(Saying::Deny), first(Saying::Nothing)) {
        (Some((layer, _)), _) => Decision::Denied(*layer),
        (None, Some((layer, _))) => Decision::NotAllowed(*layer),
        (None, None) => Decision::Allowed,
    }
}

/// Whether a trust policy lets this caller do this action of STS to its role.
#[must_use]
pub fn trusts(trust: &Policy, caller: &Caller, action: &str, context: &Context) -> bool {
    match trust.says(action, &Matter::Principal(caller), context) {
        Saying::Allow => true,
        Saying::Deny | Saying::Nothing => false,
    }
}

#[cfg(test)]
mod tests;
