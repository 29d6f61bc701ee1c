//! A way to access that one policy offers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::names::{Digest, GrantDuration, Group};

/// What one `permit` offers for one ask: who must say yes, and within which bounds.
///
/// A route comes whole from one policy: duration from one and scope from another never combine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The `@id` of the policy that offers it.
    pub policy: String,
    /// The digest of the whole policy set that was in force.
    pub policy_set: Digest,
    /// Who must say yes.
    pub consent: Consent,
    /// The longest grant the policy allows.
    pub max_duration: GrantDuration,
    /// How long the request waits for an answer, in whole seconds.
    pub answer_within: Duration,
}

/// Who must say yes before a grant exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Consent {
    /// The policy itself does: `@auto("true")`.
    Automatic,
    /// That many distinct people of these groups, none of them the requester.
    Approvals {
        /// How many, 1 to 5.
        needed: u8,
        /// Members of any of these groups may answer; never empty.
        groups: BTreeSet<Group>,
    },
}
