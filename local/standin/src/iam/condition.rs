//! Conditions of a statement: operators, and what they make of missing keys and lists.
//!
//! A condition is judged to hold, not to hold, or not to be judgeable (`None`). The last is for
//! an operator that is not offered and for a negation over something that cannot be read; see
//! `Statement::says` for what becomes of it.
//!
//! The rules for keys, after the IAM user guide:
//! - a key that is missing: a positive operator does not hold, a negated one does; `…IfExists`
//!   holds; `ForAllValues:` holds; `ForAnyValue:` does not;
//! - several values in the policy: any of them will do, and for a negated operator none may;
//! - several values in the request: `ForAllValues:` and `ForAnyValue:` say what is meant. Without
//!   either, any of them will do, and for a negated operator none may.

mod value;

use super::context::Context;
use super::template::Template;
use value::Comparison;

/// One operator applied to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    operator: Operator,
    key: String,
    values: Vec<Template>,
}

/// A condition operator with its prefix and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    quantifier: Quantifier,
    test: Test,
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// No prefix: meant for a key with one value.
    Single,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Compare {
        how: Comparison,
        negated: bool,
    },
    /// Whether the key is missing.
    Null,
    /// An operator that IAM has and the stand-in does not.
    NotOffered,
}

impl Operator {
    /// The operator of that name; `None` for one that IAM does not have.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            None => (Quantifier::Single, name),
            Some(("ForAllValues", rest)) => (Quantifier::All, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
            Some(_) => return None,
        };
        let (plain, if_exists) = match rest.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (rest, false),
        };
        let test = match plain {
            "Null" if if_exists || quantifier != Quantifier::Single => return None,
            "Null" => Test::Null,
            "BinaryEquals" => Test::NotOffered,
            _ => {
                let (how, negated) = Comparison::named(plain)?;
                Test::Compare { how, negated }
            }
        };
        Some(Self {
            quantifier,
            test,
            if_exists,
        })
    }

    /// Whether policy variables work in its values: with texts and ARNs only.
    pub(super) fn takes_variables(self) -> bool {
        match self.test {
            Test::Compare { how, .. } => how.takes_variables(),
            Test::Null | Test::NotOffered => false,
        }
    }
}

impl Condition {
    /// The key that it is about.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// A condition; the error names a value that the operator cannot compare with.
    pub(super) fn new(
        operator: Operator,
        key: &str,
        values: Vec<Template>,
    ) -> Result<Self, String> {
        for value in &values {
            let Some(text) = value.literal() else {
                continue;
            };
            let sensible = match operator.test {
                Test::Compare { how, .. } => how.can_read(&text),
                Test::Null => matches!(text.as_str(), "true" | "false"),
                Test::NotOffered => true,
            };
            if !sensible {
                return Err(format!(
                    "`{text}` is not a value that the condition on {key} can use"
                ));
            }
        }
        Ok(Self {
            operator,
            key: key.to_owned(),
            values,
        })
    }

    /// Whether the condition holds; `None` when that cannot be judged.
    pub(super) fn holds(&self, context: &Context) -> Option<bool> {
        let actual = context.values(&self.key);
        let Operator {
            quantifier,
            test,
            if_exists,
        } = self.operator;
        match (test, actual) {
            (Test::NotOffered, _) => None,
            (Test::Null, actual) => {
                let missing = if actual.is_none() { "true" } else { "false" };
                Some(
                    self.values
                        .iter()
                        .any(|value| value.literal().as_deref() == Some(missing)),
                )
            }
            (Test::Compare { negated, .. }, None) => Some(match quantifier {
                Quantifier::Single => negated || if_exists,
                Quantifier::All => true,
                Quantifier::Any => if_exists,
            }),
            (Test::Compare { how, negated }, Some(actual)) => {
                let judge = |one: &String| self.judge(how, negated, one, context);
                match quantifier {
                    Quantifier::Single if negated => all(actual.iter().map(judge)),
                    Quantifier::Single | Quantifier::Any => any(actual.iter().map(judge)),
                    // An empty text counts as no value here.
                    Quantifier::All => {
                        all(actual.iter().filter(|value| !value.is_empty()).map(judge))
                    }
                }
            }
        }
    }

    /// What the operator says to one value of the request.
    fn judge(
        &self,
        how: Comparison,
        negated: bool,
        actual: &str,
        context: &Context,
    ) -> Option<bool> {
        let same = any(self
            .values
            .iter()
            .map(|value| how.holds(actual, &value.resolve(context)?)));
        // What cannot be compared is not alike; whether it is different, nobody can say.
        if negated {
            same.map(|same| !same)
        } else {
            Some(same.unwrap_or(false))
        }
    }
}

fn any(judgements: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut overall = Some(false);
    for judgement in judgements {
        match judgement {
            Some(true) => return Some(true),
            Some(false) => {}
            None => overall = None,
        }
    }
    overall
}

fn all(judgements: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(judgements.map(|judgement| judgement.map(|holds| !holds))).map(|fails| !fails)
}

#[cfg(test)]
mod tests;
