//! What a policy set is asked.

use std::collections::BTreeSet;

use super::PolicyId;
use crate::ask::Ask;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{GrantDuration, Group, Person, Target};
use crate::on_call::Rota;

/// Who asks for what, and all that is known of both.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// For what.
    pub ask: &'a Ask,
    /// Who the access is for.
    pub person: &'a Person,
    /// The groups of their token.
    pub groups: &'a BTreeSet<Group>,
    /// The rotas that they are on call for.
    pub rotas: &'a BTreeSet<Rota>,
    /// What the inventory says of the targets.
    pub facts: &'a [TargetFacts],
    /// The time to judge for.
    pub at: Moment,
    /// How the access comes about.
    pub sought: Sought<'a>,
}

/// How access comes about.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    /// By any route.
    Anew,
    /// By any route, before reason and ticket are known: somebody looks what there is to ask for.
    Perhaps,
    /// By the route that one policy has offered, for longer than was asked at first.
    Longer {
        /// The policy; no other may offer it.
        by: &'a PolicyId,
        /// The whole length of the grant.
        total: GrantDuration,
    },
}

impl Question<'_> {
    /// What is known of one of the targets.
    #[must_use]
    pub fn facts_of(&self, target: &Target) -> Option<&TargetFacts> {
        self.facts.iter().find(|known| known.target == *target)
    }

    /// How long the grant is to last in all.
    #[must_use]
    pub fn duration(&self) -> GrantDuration {
        match self.sought {
            Sought::Anew | Sought::Perhaps => self.ask.duration_seconds,
            Sought::Longer { total, .. } => total,
        }
    }
}
