//! The grammar of policy documents.

use std::collections::BTreeSet;

use super::{Effect, Grammar, MalformedPolicy, Scope, Selection, Statement};
use crate::iam::condition::{Condition, Operator};
use crate::iam::json::Json;
use crate::iam::principal::Principals;
use crate::iam::template::Template;

type Read<T> = Result<T, MalformedPolicy>;

fn malformed<T>(why: impl Into<String>) -> Read<T> {
    Err(MalformedPolicy(why.into()))
}

/// Reads all statements of a document.
pub(super) fn statements(text: &str, grammar: Grammar) -> Read<Vec<Statement>> {
    let document: Json = serde_json::from_str(text)
        .map_err(|why| MalformedPolicy(format!("This policy contains invalid Json: {why}")))?;
    let Json::Object(elements) = document else {
        return malformed("Syntax errors in policy: the document is not an object.");
    };
    let mut variables = false;
    let mut bodies = Vec::new();
    for (name, value) in elements {
        match (name.as_str(), value) {
            ("Version", Json::Text(version)) if version == "2012-10-17" => variables = true,
            ("Version", Json::Text(version)) if version == "2008-10-17" => {}
            ("Version", _) => return malformed("The policy must contain a valid version string"),
            ("Id", Json::Text(_)) => {}
            ("Statement", Json::List(list)) => bodies = list,
            ("Statement", single) => bodies = vec![single],
            (other, _) => {
                return malformed(format!("Syntax errors in policy: element `{other}`."));
            }
        }
    }
    if bodies.is_empty() {
        return malformed("Missing required field Statement");
    }
    let mut sids = BTreeSet::new();
    bodies
        .into_iter()
        .map(|body| {
            let draft = Draft::read(body, variables)?;
            if let Some(sid) = draft.sid.clone().filter(|sid| !sid.is_empty()) {
                if !sid
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric())
                {
                    return malformed(format!(
                        "Statement IDs (SID) must be alpha-numeric. Check that your input \
                         satisfies the regular expression [0-9A-Za-z]*: `{sid}`"
                    ));
                }
                if !sids.insert(sid) {
                    return malformed("Statement IDs (SID) in a single policy must be unique.");
                }
            }
            draft.finish(grammar)
        })
        .collect()
}

/// A statement while it is read.
#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    actions: Option<Selection>,
    resources: Option<Selection>,
    principals: Option<Principals>,
    conditions: Vec<Condition>,
}

impl Draft {
    fn read(body: Json, variables: bool) -> Read<Self> {
        let Json::Object(elements) = body else {
            return malformed("Syntax errors in policy: a statement is not an object.");
        };
        let mut draft = Self::default();
        for (name, value) in elements {
            let inverted = name.starts_with("Not");
            match name.as_str() {
                "Sid" => match value {
                    Json::Text(sid) => draft.sid = Some(sid),
                    Json::Null
                    | Json::Bool(_)
                    | Json::Number(_)
                    | Json::List(_)
                    | Json::Object(_) => return malformed("Syntax errors in policy: Sid."),
                },
                "Effect" => draft.effect = Some(effect(&value)?),
                "Action" | "NotAction" => {
                    let any_of = texts(&name, value)?
                        .iter()
                        .map(|text| action(text))
                        .collect::<Read<Vec<_>>>()?;
                    fill(&mut draft.actions, Selection { inverted, any_of }, "Action")?;
                }
                "Resource" | "NotResource" => {
                    let any_of = texts(&name, value)?
                        .iter()
                        .map(|text| resource(text, variables))
                        .collect::<Read<Vec<_>>>()?;
                    fill(
                        &mut draft.resources,
                        Selection { inverted, any_of },
                        "Resource",
                    )?;
                }
                "Principal" => draft.principals = Some(Principals::read(value)?),
                "Condition" => draft.conditions = conditions(value, variables)?,
                other => {
                    return malformed(format!("Syntax errors in policy: element `{other}`."));
                }
            }
        }
        Ok(draft)
    }

    fn finish(self, grammar: Grammar) -> Read<Statement> {
        let Some(effect) = self.effect else {
            return malformed("Missing required field Effect");
        };
        let Some(actions) = self.actions else {
            return malformed("Policy statement must contain actions.");
        };
        let scope = match (grammar, self.resources, self.principals) {
            (Grammar::Permissions, _, Some(_)) => {
                return malformed("Policy document should not specify a principal.");
            }
            (Grammar::Permissions, None, None) => {
                return malformed("Policy statement must contain resources.");
            }
            (Grammar::Permissions, Some(resources), None) => Scope::Resources(resources),
            (Grammar::Trust, Some(_), _) => return malformed("Has prohibited field Resource"),
            (Grammar::Trust, None, None) => return malformed("Missing required field Principal"),
            (Grammar::Trust, None, Some(principals)) => {
                only_sts(&actions)?;
                Scope::Principals(principals)
            }
        };
        Ok(Statement {
            effect,
            actions,
            scope,
            conditions: self.conditions,
        })
    }
}

fn fill(place: &mut Option<Selection>, selection: Selection, name: &str) -> Read<()> {
    match place.replace(selection) {
        None => Ok(()),
        Some(_) => malformed(format!(
            "Syntax errors in policy: both {name} and Not{name}."
        )),
    }
}

fn effect(value: &Json) -> Read<Effect> {
    match value {
        Json::Text(text) if text == "Allow" => Ok(Effect::Allow),
        Json::Text(text) if text == "Deny" => Ok(Effect::Deny),
        Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::Text(_)
        | Json::List(_)
        | Json::Object(_) => malformed("Syntax errors in policy: Effect is Allow or Deny."),
    }
}

/// One text or a list of at least one.
fn texts(name: &str, value: Json) -> Read<Vec<String>> {
    let list = match value {
        Json::Text(text) => return Ok(vec![text]),
        Json::List(list) => list,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
    };
    let texts: Option<Vec<String>> = list
        .into_iter()
        .map(|item| match item {
            Json::Text(text) => Some(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => None,
        })
        .collect();
    match texts {
        Some(texts) if !texts.is_empty() => Ok(texts),
        Some(_) | None => malformed(format!("Syntax errors in policy: {name} names nothing.")),
    }
}

/// `*`, or a vendor without wildcards and a name that may have some.
fn action(text: &str) -> Read<Template> {
    let allowed = |name: &str, wild: &str| {
        !name.is_empty()
            && name.chars().all(|character| {
                character.is_ascii_alphanumeric() || character == '-' || wild.contains(character)
            })
    };
    let well_formed = text == "*"
        || text
            .split_once(':')
            .is_some_and(|(vendor, name)| allowed(vendor, "") && allowed(name, "*?"));
    if well_formed {
        Ok(Template::plain(&text.to_ascii_lowercase()))
    } else {
        malformed(format!(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: `{text}`"
        ))
    }
}

/// `*`, or an ARN whose partition and vendor are spelled out.
fn resource(text: &str, variables: bool) -> Read<Template> {
    if text != "*" {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return malformed(format!("Resource {text} must be in ARN format or \"*\"."));
        }
        let spelled_out = |part: Option<&str>| {
            part.is_some_and(|part| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|character| character.is_ascii_alphanumeric() || character == '-')
            })
        };
        if !spelled_out(parts.next()) {
            return malformed(format!("Partition is not valid for resource \"{text}\"."));
        }
        if !spelled_out(parts.next()) {
            return malformed(format!("Vendor is not valid for resource \"{text}\"."));
        }
        if parts.count() != 3 {
            return malformed(format!("The resource \"{text}\" is not a whole ARN."));
        }
    }
    template(text, variables)
}

fn template(text: &str, variables: bool) -> Read<Template> {
    if variables {
        Template::with_variables(text).map_err(MalformedPolicy)
    } else {
        Ok(Template::plain(text))
    }
}

fn only_sts(actions: &Selection) -> Read<()> {
    let sts = |action: &Template| {
        action
            .literal()
            .is_some_and(|text| text.starts_with("sts:"))
    };
    if actions.inverted || !actions.any_of.iter().all(sts) {
        return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    Ok(())
}

fn conditions(value: Json, variables: bool) -> Read<Vec<Condition>> {
    let Json::Object(operators) = value else {
        return malformed("Syntax errors in policy: Condition is not an object.");
    };
    let mut conditions = Vec::new();
    for (name, keys) in operators {
        let Some(operator) = Operator::named(&name) else {
            return malformed(format!("Invalid Condition type : {name}."));
        };
        let Json::Object(keys) = keys else {
            return malformed(format!("Syntax errors in policy: {name} is not an object."));
        };
        for (key, values) in keys {
            if key
                .split_once(':')
                .is_none_or(|(vendor, rest)| vendor.is_empty() || rest.is_empty())
            {
                return malformed(format!(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: \
                     `{key}`"
                ));
            }
            let values = scalars(&key, values)?
                .iter()
                .map(|text| template(text, variables && operator.takes_variables()))
                .collect::<Read<Vec<_>>>()?;
            conditions.push(Condition::new(operator, &key, values).map_err(MalformedPolicy)?);
        }
    }
    Ok(conditions)
}

/// The values of a condition key: one scalar or a list of them, as texts.
fn scalars(key: &str, value: Json) -> Read<Vec<String>> {
    let scalar = |value: Json| match value {
        Json::Text(text) | Json::Number(text) => Ok(text),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Null | Json::List(_) | Json::Object(_) => {
            malformed(format!("Syntax errors in policy: the values of {key}."))
        }
    };
    match value {
        Json::List(list) => list.into_iter().map(scalar).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
            Ok(vec![scalar(value)?])
        }
    }
}
