//! What every policy of a set makes of an ask and, where it does not apply, which clause says no.
//!
//! A [`Decision`](super::Decision) names the policies that had a say. This names all of them, for
//! people who wonder why a policy that they count on is not among those. It decides nothing: no
//! route and no power comes from here.
//!
//! - **Cedar judges the whole policy, by itself.** Clauses are looked at only where it has said no,
//!   and only to find which of them did.
//! - **Every constraint of the head that says no is told.** Of a condition it is the first clause
//!   that does, because those after it may rely on it: `resource.getTag("Env")` fails where
//!   `resource.hasTag("Env")` is false.
//! - **A policy about another kind of access is told by its action alone.** What its conditions
//!   speak of, such as `context.port`, is not there for this kind.

mod clauses;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::annotations::Rule;
use super::inquiry::Inquiry;
use super::zone::Zone;
use super::{PolicyId, PolicySet, Question};
use crate::names::Target;
use clauses::Clauses;

/// What one policy makes of an ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explained {
    /// The policy.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub policy: PolicyId,
    /// What it does where it applies.
    pub effect: Effect,
    /// What it says on each target of the ask, in the order of the targets.
    pub targets: Vec<OnTarget>,
}

/// What a policy does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Effect {
    /// It offers a route.
    Permit,
    /// It closes every route.
    Forbid,
}

/// What one policy says on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnTarget {
    /// The target.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub target: Target,
    /// Whether the policy applies to it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Whether a policy applies to an ask for one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// It does: a `permit` covers the target, for as long as its annotations allow, and a `forbid`
    /// refuses it.
    Applies {},
    /// It does not.
    DoesNotApply {
        /// The clauses that say no, in the order of the policy; at least one.
        clauses: Vec<Clause>,
    },
    /// It cannot be evaluated, so that the whole ask is denied.
    Fails {},
    /// Nothing is known of the target, so that the whole ask is denied.
    Unknown {},
}

/// One clause of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clause {
    /// Where in the policy it stands.
    pub part: Part,
    /// The clause in Cedar, on one line. One of a `when` says no where it is false, one of an
    /// `unless` where it is true.
    #[cfg_attr(
        feature = "openapi",
        schema(example = r#"principal in Postern::Group::"leads""#)
    )]
    pub text: String,
}

/// The parts of a policy that clauses stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Part {
    /// Who, in the head.
    Principal,
    /// Which kind of access, in the head.
    Action,
    /// Which target, in the head.
    Resource,
    /// A condition that must be true.
    When,
    /// A condition that must be false.
    Unless,
}

impl PolicySet {
    /// What each policy makes of the question on each target, sorted by policy.
    ///
    /// What stands in annotations is no clause: a `permit` applies to an ask that is longer than the
    /// grants it offers, and [`decide`](Self::decide) says so among its reasons.
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Vec<Explained> {
        let put = |zone: &Zone| -> Vec<(&Target, Option<Result<Inquiry, String>>)> {
            let targets = question.ask.targets.iter();
            targets
                .map(|target| {
                    let facts = question.facts_of(target);
                    (
                        target,
                        facts.map(|facts| Inquiry::new(question, facts, zone)),
                    )
                })
                .collect()
        };
        let inquiries: BTreeMap<&Zone, _> =
            self.cedar.keys().map(|zone| (zone, put(zone))).collect();
        self.outlines()
            .map(|outline| {
                let clauses = Clauses::of(outline.policy);
                let targets = inquiries.get(outline.zone).into_iter().flatten();
                let targets = targets.map(|(target, inquiry)| OnTarget {
                    target: (*target).clone(),
                    verdict: match inquiry {
                        None => Verdict::Unknown {},
                        Some(Err(_)) => Verdict::Fails {},
                        Some(Ok(inquiry)) => clauses.verdict(inquiry),
                    },
                });
                Explained {
                    policy: outline.id.clone(),
                    effect: outline.rule.into(),
                    targets: targets.collect(),
                }
            })
            .collect()
    }
}

impl From<&Rule> for Effect {
    fn from(rule: &Rule) -> Self {
        match rule {
            Rule::Permit(_) => Self::Permit,
            Rule::Forbid(_) => Self::Forbid,
        }
    }
}
