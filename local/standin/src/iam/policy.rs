//! Policy documents: what they say, and the door through which they come in.
//!
//! A document is read once, when it arrives, into statements that need no further checks. What
//! AWS refuses as malformed is refused here, and so are a few things on which AWS is lenient but
//! which nobody can mean (a date that is none, a variable that is none): in a stand-in, a loud
//! refusal is kinder than a statement that silently never matches. `NotPrincipal` is not offered.

mod grammar;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::context::Context;
use super::principal::Principals;
use super::template::Template;
use crate::call::AwsError;

/// A policy document that has been understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Policy {
    text: String,
    grammar: Grammar,
    statements: Vec<Statement>,
}

/// Which of the two kinds of policy a document is: they have different elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Grammar {
    /// What a principal may do: identity policies, session policies, permissions boundaries.
    Permissions,
    /// Who may assume a role.
    Trust,
}

/// A policy as it is kept: its text is the truth, and is read again on the way in.
#[derive(Serialize, Deserialize)]
struct Written {
    grammar: Grammar,
    text: String,
}

impl TryFrom<Written> for Policy {
    type Error = MalformedPolicy;

    fn try_from(written: Written) -> Result<Self, MalformedPolicy> {
        Self::read(written.text, written.grammar)
    }
}

impl From<Policy> for Written {
    fn from(policy: Policy) -> Self {
        Self {
            grammar: policy.grammar,
            text: policy.text,
        }
    }
}

/// Why a document is not a policy, in one sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedPolicy(pub(super) String);

impl From<MalformedPolicy> for AwsError {
    fn from(why: MalformedPolicy) -> Self {
        Self::new(400, "MalformedPolicyDocument", why.0)
    }
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    effect: Effect,
    actions: Selection,
    scope: Scope,
    conditions: Vec<Condition>,
}

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// What a statement is about, besides actions.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Resources(Selection),
    Principals(Principals),
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selection {
    /// Whether it is the `Not…` form.
    inverted: bool,
    /// Any of these; action patterns are in lower case.
    any_of: Vec<Template>,
}

impl Selection {
    /// Whether `text` is selected; `None` when that hangs on a variable that has no value.
    fn takes(&self, text: &str, context: &Context) -> Option<bool> {
        let mut unresolved = false;
        for template in &self.any_of {
            match template.resolve(context) {
                Some(pattern) if pattern.covers(text) => return Some(!self.inverted),
                Some(_) => {}
                None => unresolved = true,
            }
        }
        // Nothing is like a value that is not there, but to be unlike it is no merit.
        if unresolved && self.inverted {
            None
        } else {
            Some(self.inverted)
        }
    }
}

/// What a statement is asked about.
pub(super) enum Matter<'a> {
    /// May a principal do something to this resource?
    Resource(&'a str),
    /// Is this principal trusted?
    Principal(&'a super::Caller),
}

impl Statement {
    /// What the statement says to `action` on `matter`; `None` when it does not apply.
    ///
    /// What cannot be judged (a condition operator that is not offered, a negation over a
    /// variable without a value) fails closed: an Allow does not apply, a Deny does.
    fn says(&self, action: &str, matter: &Matter<'_>, context: &Context) -> Option<Effect> {
        let about = match (&self.scope, matter) {
            (Scope::Resources(resources), Matter::Resource(arn)) => resources.takes(arn, context),
            (Scope::Principals(principals), Matter::Principal(caller)) => {
                Some(principals.include(caller))
            }
            (Scope::Resources(_), Matter::Principal(_))
            | (Scope::Principals(_), Matter::Resource(_)) => Some(false),
        };
        let mut judgements = [self.actions.takes(&action.to_lowercase(), context), about]
            .into_iter()
            .chain(
                self.conditions
                    .iter()
                    .map(|condition| condition.holds(context)),
            );
        let applies = match self.effect {
            Effect::Allow => judgements.all(|judgement| judgement == Some(true)),
            Effect::Deny => !judgements.any(|judgement| judgement == Some(false)),
        };
        applies.then_some(self.effect)
    }
}

/// What a whole policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// A statement denies, whatever the others say.
    Deny,
    /// A statement allows and none denies.
    Allow,
    /// No statement applies.
    Nothing,
}

impl Policy {
    /// Reads an identity policy, a session policy or a permissions boundary.
    ///
    /// # Errors
    /// [`MalformedPolicy`] with the reason.
    pub fn permissions(text: impl Into<String>) -> Result<Self, MalformedPolicy> {
        Self::read(text.into(), Grammar::Permissions)
    }

    /// Reads the trust policy of a role.
    ///
    /// # Errors
    /// [`MalformedPolicy`] with the reason.
    pub fn trust(text: impl Into<String>) -> Result<Self, MalformedPolicy> {
        Self::read(text.into(), Grammar::Trust)
    }

    fn read(text: String, grammar: Grammar) -> Result<Self, MalformedPolicy> {
        let statements = grammar::statements(&text, grammar)?;
        Ok(Self {
            text,
            grammar,
            statements,
        })
    }

    /// The document as it came in.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The condition keys that its statements name.
    pub(super) fn condition_keys(&self) -> impl Iterator<Item = String> {
        let conditions = self.statements.iter().flat_map(|one| &one.conditions);
        conditions.map(|condition| condition.key().to_owned())
    }

    pub(super) fn says(&self, action: &str, matter: &Matter<'_>, context: &Context) -> Saying {
        let mut saying = Saying::Nothing;
        for statement in &self.statements {
            match statement.says(action, matter, context) {
                Some(Effect::Deny) => return Saying::Deny,
                Some(Effect::Allow) => saying = Saying::Allow,
                None => {}
            }
        }
        saying
    }
}

#[cfg(test)]
mod tests;
