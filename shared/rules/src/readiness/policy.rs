//! What a resource's policy says of one action: the policies of endpoints, buckets and keys.
//!
//! This is no evaluator of IAM: it answers where the answer is certain, and says that it is in
//! doubt otherwise. It knows the conditions that such policies are usually written with, on keys
//! whose values are known here. What is in doubt is never taken for allowed, nor for denied.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::names::RoleArn;

/// Who asks for what.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    /// The role; none where it is not known which.
    pub(super) role: Option<&'a RoleArn>,
    /// The action.
    pub(super) action: &'a str,
    /// The resource's ARN, or `*` for actions that know none.
    pub(super) resource: &'a str,
    /// The values of condition keys.
    pub(super) context: &'a Context,
}

/// The values of condition keys, by key in lower case. A key that is not in here may have any
/// value, or be absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Context(BTreeMap<&'static str, Option<String>>);

impl Context {
    /// With a key that has this value.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(key, Some(value.into()));
        self
    }

    /// With a key that is absent.
    pub(super) fn without(mut self, key: &'static str) -> Self {
        self.0.insert(key, None);
        self
    }
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    /// It allows it.
    Allows {
        /// To the role itself; otherwise to its account, whose own policies have to agree.
        direct: bool,
    },
    /// A statement denies it, named by its `Sid` or its number.
    Denies(String),
    /// It says nothing of it.
    Nothing,
    /// Whether it does hangs on a statement, named by its `Sid` or its number.
    Doubtful(String),
}

/// Whether a part of a statement fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    Doubt,
    Yes,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

/// What the policy says of what is asked.
pub(super) fn judge(policy: &Value, asked: &Asked<'_>) -> Says {
    let statements = match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let mut allows: Option<bool> = None;
    let (mut may_deny, mut may_allow) = (None, None);
    for (number, statement) in (1..).zip(statements) {
        let name = match statement.get("Sid").and_then(Value::as_str) {
            Some(sid) if !sid.is_empty() => sid.to_owned(),
            Some(_) | None => format!("#{number}"),
        };
        let (fit, direct) = fit(statement, asked);
        let effect = statement.get("Effect").and_then(Value::as_str);
        match (effect, fit) {
            (_, Fit::No) => {}
            (Some("Deny"), Fit::Yes) => return Says::Denies(name),
            (Some("Allow"), Fit::Yes) => allows = Some(allows.unwrap_or(false) || direct),
            (Some("Allow"), Fit::Doubt) => may_allow = Some(name),
            (_, Fit::Yes | Fit::Doubt) => may_deny = Some(name),
        }
    }
    match (may_deny, allows, may_allow) {
        (Some(name), _, _) | (None, None, Some(name)) => Says::Doubtful(name),
        (None, Some(direct), _) => Says::Allows { direct },
        (None, None, None) => Says::Nothing,
    }
}

/// Whether a statement fits, and whether it names the role itself.
fn fit(statement: &Value, asked: &Asked<'_>) -> (Fit, bool) {
    let (principal, direct) = principal(statement, asked.role);
    let action = named(statement, "Action", "NotAction", |pattern| {
        glob(
            &pattern.to_ascii_lowercase(),
            &asked.action.to_ascii_lowercase(),
        )
        .into()
    });
    let resource = named(statement, "Resource", "NotResource", |pattern| {
        if pattern.contains("${") {
            Fit::Doubt
        } else {
            glob(pattern, asked.resource).into()
        }
    });
    let condition = match statement.get("Condition") {
        None => Fit::Yes,
        Some(Value::Object(blocks)) => conditions(blocks, asked.context),
        Some(_) => Fit::Doubt,
    };
    let all = principal.min(action).min(resource).min(condition);
    (all, direct)
}

fn principal(statement: &Value, role: Option<&RoleArn>) -> (Fit, bool) {
    let listed = match statement.get("Principal") {
        Some(Value::String(text)) if text == "*" => return (Fit::Yes, true),
        Some(Value::Object(kinds)) => match kinds.get("AWS") {
            Some(listed) => listed,
            None => return (Fit::No, false),
        },
        Some(_) | None => return (Fit::Doubt, false),
    };
    let Some(names) = texts(listed) else {
        return (Fit::Doubt, false);
    };
    if names.contains(&"*") {
        return (Fit::Yes, true);
    }
    let Some(role) = role else {
        return (Fit::Doubt, false);
    };
    let account = role.account().as_str();
    if names.contains(&role.to_string().as_str()) {
        (Fit::Yes, true)
    } else if names
        .iter()
        .any(|name| *name == account || name.ends_with(&format!(":iam::{account}:root")))
    {
        (Fit::Yes, false)
    } else if names
        .iter()
        .any(|name| name.contains(&format!(":assumed-role/{}/", role.name())))
    {
        (Fit::Doubt, true)
    } else {
        (Fit::No, false)
    }
}

/// A member that lists patterns, or its negation.
pub(super) fn named(
    statement: &Value,
    member: &str,
    negated: &str,
    fits: impl Fn(&str) -> Fit,
) -> Fit {
    let any = |list: &Value| match texts(list) {
        Some(patterns) => patterns.into_iter().map(&fits).max().unwrap_or(Fit::No),
        None => Fit::Doubt,
    };
    match (statement.get(member), statement.get(negated)) {
        (Some(list), None) => any(list),
        (None, Some(list)) => match any(list) {
            Fit::Yes => Fit::No,
            Fit::Doubt => Fit::Doubt,
            Fit::No => Fit::Yes,
        },
        (Some(_), Some(_)) | (None, None) => Fit::Doubt,
    }
}

pub(super) fn conditions(blocks: &Map<String, Value>, context: &Context) -> Fit {
    let tests = blocks.iter().flat_map(|(operator, keys)| match keys {
        Value::Object(keys) => keys
            .iter()
            .map(|(key, values)| condition(operator, key, values, context))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            vec![Fit::Doubt]
        }
    });
    tests.min().unwrap_or(Fit::Yes)
}

fn condition(operator: &str, key: &str, values: &Value, context: &Context) -> Fit {
    let Some(actual) = context.0.get(key.to_ascii_lowercase().as_str()) else {
        return Fit::Doubt;
    };
    let Some(values) = texts(values) else {
        return Fit::Doubt;
    };
    if operator == "Null" {
        return values
            .iter()
            .any(|value| (*value == "true") == actual.is_none())
            .into();
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (equal, negated): (fn(&str, &str) -> bool, bool) = match operator {
        "StringEquals" => (|wanted, actual| wanted == actual, false),
        "StringNotEquals" => (|wanted, actual| wanted == actual, true),
        "StringEqualsIgnoreCase" | "Bool" => (|w, a| w.eq_ignore_ascii_case(a), false),
        "StringNotEqualsIgnoreCase" => (|w, a| w.eq_ignore_ascii_case(a), true),
        "StringLike" | "ArnLike" | "ArnEquals" => (glob, false),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (glob, true),
        _ => return Fit::Doubt,
    };
    let Some(actual) = actual else {
        return (if_exists || negated).into();
    };
    if values.iter().any(|value| value.contains("${")) {
        return Fit::Doubt;
    }
    let any = values.iter().any(|wanted| equal(wanted, actual));
    (any != negated).into()
}

/// One text, or a list of them; booleans count as text, as IAM takes them.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    let text = |value: &'_ Value| match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    let text = |value| text(value).or_else(|| value.as_str());
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            text(value).map(|text| vec![text])
        }
    }
}

/// Whether a text fits a pattern with `*` and `?`, in time that grows with both lengths only.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which heads of the text the pattern so far fits, from none of it to all.
    let mut fits: Vec<bool> = std::iter::once(true)
        .chain(text.iter().map(|_| false))
        .collect();
    for wanted in pattern.chars() {
        if wanted == '*' {
            let mut seen = false;
            for fit in &mut fits {
                seen |= *fit;
                *fit = seen;
            }
        } else {
            let grown = fits
                .iter()
                .zip(&text)
                .map(|(fit, c)| *fit && (wanted == '?' || wanted == *c));
            fits = std::iter::once(false).chain(grown).collect();
        }
    }
    fits.last() == Some(&true)
}

#[cfg(test)]
mod tests;
