//! Who may ask for what, who must approve, and for how long: decided by Cedar.
//!
//! A policy set is a Cedar text, validated strictly against the schema in `postern.cedarschema`.
//! A `permit` that matches offers one *route* to access, written as annotations on that policy
//! (the table is in the source of `policy/annotations.rs`); a `forbid` that matches closes every
//! route.
//!
//! - **One policy is judged as a unit.** An ask for several targets needs one single permit that
//!   matches every one of them, and that permit's own `@max_duration` must cover the ask. Scope of
//!   one and duration of another never combine.
//! - **`forbid` beats everything**, on any of the targets.
//! - **Failing closed.** Cedar skips a policy whose evaluation fails, so that a `forbid` that fails
//!   would forbid nothing. Here any failure of any policy on any target denies the ask and names
//!   the policy. Strict validation leaves few ways to fail; integer overflow is one.
//! - **Choosing.** Where several permits would do: an automatic one first, then the fewest
//!   approvals, then the first id in byte order. So the answer depends on the set and the ask, and
//!   never on the order of the text.
//! - **Emergencies are apart.** A permit with `@break_glass` counts for an ask that says that it is
//!   one, and no other permit does then. So nobody breaks the glass by accident, and whoever does
//!   has not gone round the people who approve without its being said.
//! - **What gives more is said.** A permit offers what cannot be logged, an extension, or access in
//!   another one's name only where an annotation says so.
//! - A person without a groups claim is in no group. Groups are compared exactly.
//!
//! Time and facts come in as arguments. That nobody approves their own request is not policy but
//! a rule in code, so no policy can switch it off.

mod annotations;
mod decision;
mod explain;
mod fault;
mod inquiry;
mod judging;
mod lines;
mod outline;
mod question;
mod reading;
#[cfg(test)]
mod starter;
#[cfg(test)]
mod tests;
mod wanted;
mod zone;

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicySet as Cedar};

pub use annotations::{PolicyId, Rule, Terms};
pub use decision::{Decision, Denial, DenialKind, Reason, Why};
pub use explain::{Clause, Effect, Explained, OnTarget, Part, Verdict};
pub use fault::{Fault, PolicyFault, PolicyFaults};
pub use outline::Outline;
pub use question::{Question, Sought};
pub use wanted::{Pattern, Wanted};
pub use zone::Zone;

use crate::names::Digest;

/// A policy set that was read, validated and found without fault.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// The policies, each under its `@id`, apart by the zone whose clock they go by.
    cedar: BTreeMap<Zone, Cedar>,
    /// What is known of each.
    known: BTreeMap<PolicyId, Known>,
    digest: Digest,
}

/// What is known of a policy besides its Cedar.
#[derive(Debug, Clone)]
struct Known {
    zone: Zone,
    /// The line that it stands on.
    line: Option<usize>,
    /// What its annotations say.
    rule: Rule,
}

impl PolicySet {
    /// The digest of the text the set was read from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The ids of the policies, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &PolicyId> {
        self.known.keys()
    }

    /// What each policy says, by id.
    pub fn outlines(&self) -> impl Iterator<Item = Outline<'_>> {
        self.known.iter().filter_map(|(id, known)| {
            Some(Outline {
                id,
                line: known.line,
                zone: &known.zone,
                rule: &known.rule,
                policy: self.cedar_of(id, known)?,
            })
        })
    }

    /// A policy in Cedar.
    fn cedar_of(&self, id: &PolicyId, known: &Known) -> Option<&Policy> {
        // INVARIANT: every policy is named after its key, in the set of its zone.
        let set = self.cedar.get(&known.zone)?;
        set.policy(&cedar_policy::PolicyId::new(id.as_str()))
    }
}
