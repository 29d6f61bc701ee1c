//! What somebody asks for. It never changes once it is made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::names::{AccessKind, AccountId, GrantDuration, Person, Reason, Region, Target, Ticket};

/// One to ten distinct instances in one account and Region.
///
/// Ten is what fits an inline session policy with room to spare (AWS-FACTS 1.1); one account and
/// Region, because credentials are of one access role and `ssm:StartSession` reaches only its own
/// account and Region (AWS-FACTS 1.30).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Target>", into = "Vec<Target>")]
pub struct Targets {
    first: Target,
    rest: BTreeSet<Target>,
}

/// A list of targets that cannot be asked for together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTargets {
    /// None, or more than [`Targets::MOST`].
    #[error("a request names 1 to 10 targets, not {0}")]
    Count(usize),
    /// More than one account or Region.
    #[error("the targets of a request lie in one account and Region; ask once for each place")]
    Places,
    /// One target twice.
    #[error("target `{0}` is named twice")]
    Twice(Target),
}

impl Targets {
    /// The most targets of one request.
    pub const MOST: usize = 10;

    /// The targets, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// How many, 1 to 10.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rest.len() + 1
    }

    /// The account they all lie in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.first.account
    }

    /// The Region they all lie in.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.first.region
    }

    /// Whether the target is one of them.
    #[must_use]
    pub fn contains(&self, target: &Target) -> bool {
        self.iter().any(|own| own == target)
    }
}

impl TryFrom<Vec<Target>> for Targets {
    type Error = BadTargets;

    fn try_from(list: Vec<Target>) -> Result<Self, Self::Error> {
        let count = list.len();
        let mut rest = BTreeSet::new();
        for target in list {
            if rest.contains(&target) {
                return Err(BadTargets::Twice(target));
            }
            rest.insert(target);
        }
        match rest.pop_first() {
            Some(first) if count <= Self::MOST => {
                let one_place = rest
                    .iter()
                    .all(|other| other.account == first.account && other.region == first.region);
                if one_place {
                    Ok(Self { first, rest })
                } else {
                    Err(BadTargets::Places)
                }
            }
            _ => Err(BadTargets::Count(count)),
        }
    }
}

impl From<Targets> for Vec<Target> {
    fn from(targets: Targets) -> Self {
        targets.iter().cloned().collect()
    }
}

/// What somebody asks for: which instances, what kind of access, for how long, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ask {
    /// 1 to 10 targets of one account and Region, each `account/region/instance`.
    #[cfg_attr(feature = "openapi", schema(
        value_type = Vec<String>, min_items = 1, max_items = 10,
        example = json!(["111122223333/ap-northeast-2/i-0123456789abcdef0"])))]
    pub targets: Targets,
    /// The kind of access.
    pub kind: AccessKind,
    /// How long the grant lasts from its activation, in seconds: 15 to 28,800.
    #[cfg_attr(feature = "openapi", schema(
        value_type = u32, minimum = 15, maximum = 28800, example = 2700))]
    pub duration_seconds: GrantDuration,
    /// Why: one line of 3 to 300 characters.
    #[cfg_attr(feature = "openapi", schema(
        value_type = String, min_length = 3, max_length = 300, example = "disk full on web-7"))]
    pub reason: Reason,
    /// The ticket this belongs to, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 64))]
    pub ticket: Option<Ticket>,
    /// When access may begin, where not at once. The request is answered before, and the policy is
    /// asked about that moment; it is asked again when the access is activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(
        value_type = Option<String>, format = DateTime, example = "2026-11-24T22:00:00.000Z"))]
    pub starts_at: Option<Moment>,
    /// Whether this is an emergency: nobody is waited for, everybody is told, and somebody reviews it
    /// afterwards.
    #[serde(default, skip_serializing_if = "is_false")]
    pub break_glass: bool,
    /// Who the access is for, where not for the one who asks. Nobody but them gets credentials.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub for_person: Option<Person>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(targets: &[&str]) -> Result<Targets, BadTargets> {
        targets
            .iter()
            .map(|text| text.parse().unwrap())
            .collect::<Vec<Target>>()
            .try_into()
    }

    const A: &str = "111122223333/ap-northeast-2/i-0123456789abcdef0";
    const B: &str = "111122223333/ap-northeast-2/i-0123456789abcdef1";

    #[test]
    fn targets_lie_in_one_place() {
        assert_eq!(read(&[B, A]).unwrap().count(), 2);
        let elsewhere = "111122223333/us-east-1/i-0123456789abcdef1";
        assert_eq!(read(&[A, elsewhere]), Err(BadTargets::Places));
    }

    #[test]
    fn none_too_many_and_doubled_targets_are_refused() {
        assert_eq!(read(&[]), Err(BadTargets::Count(0)));
        assert!(matches!(read(&[A, A]), Err(BadTargets::Twice(_))));
        let eleven: Vec<String> = (0..11)
            .map(|n| format!("111122223333/ap-northeast-2/i-0123456789abcde{n:02x}"))
            .collect();
        let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
        assert_eq!(read(&eleven), Err(BadTargets::Count(11)));
        assert_eq!(read(&eleven[..10]).unwrap().count(), 10);
    }
}
