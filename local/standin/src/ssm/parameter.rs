//! The parameters of documents: how they are declared, given, and put into a document's texts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{invalid, object, only, text};
use crate::call::AwsError;

const PARAMETER_MEMBERS: &[&str] = &[
    "type",
    "description",
    "default",
    "allowedPattern",
    "allowedValues",
    "displayType",
    "minItems",
    "maxItems",
    "minChars",
    "maxChars",
];

/// One parameter of a document.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) kind: &'static str,
    pub(super) description: Option<String>,
    pub(super) default: Option<String>,
    allowed_pattern: Option<regex_lite::Regex>,
    allowed_values: Option<BTreeSet<String>>,
}

impl Parameter {
    /// Reads a declaration.
    ///
    /// # Errors
    /// `InvalidDocumentContent`.
    pub(super) fn read(name: &str, value: &Value) -> Result<Self, AwsError> {
        let members = object(value, name)?;
        only(members, PARAMETER_MEMBERS, name)?;
        let kind = match text(members, "type")? {
            Some("String") => "String",
            Some("StringList") => "StringList",
            Some(_) | None => {
                return Err(invalid(format!(
                    "`{name}` needs the type String or StringList"
                )));
            }
        };
        let default = members.get("default").map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        });
        let allowed_pattern = match text(members, "allowedPattern")? {
            Some(pattern) => Some(
                regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
                    invalid(format!("the allowedPattern of `{name}` is no pattern"))
                })?,
            ),
            None => None,
        };
        let allowed_values =
            match members.get("allowedValues") {
                Some(values) => Some(serde_json::from_value(values.clone()).map_err(|_| {
                    invalid(format!("the allowedValues of `{name}` are no strings"))
                })?),
                None => None,
            };
        let description = text(members, "description")?.map(str::to_owned);
        Ok(Self {
            kind,
            description,
            default,
            allowed_pattern,
            allowed_values,
        })
    }

    /// The value of a parameter in one session.
    ///
    /// # Errors
    /// `ValidationException`: AWS models no error for it.
    pub(super) fn bind(&self, name: &str, given: Option<&Vec<String>>) -> Result<String, AwsError> {
        let Some(values) = given else {
            return self.default.clone().ok_or_else(|| {
                AwsError::validation(format!("the parameter `{name}` needs a value"))
            });
        };
        if values.is_empty() || (self.kind == "String" && values.len() > 1) {
            return Err(AwsError::validation(format!(
                "the parameter `{name}` takes exactly one value"
            )));
        }
        for value in values {
            let by_pattern = self
                .allowed_pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(value));
            let by_list = self
                .allowed_values
                .as_ref()
                .is_none_or(|all| all.contains(value));
            if !by_pattern || !by_list {
                return Err(AwsError::validation(format!(
                    "the value of the parameter `{name}` is not allowed"
                )));
            }
        }
        Ok(values.join(","))
    }
}

/// The names in `{{ name }}` in any text of a value.
pub(super) fn references(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text
            .split("{{")
            .skip(1)
            .filter_map(|after| after.split_once("}}"))
            .map(|(name, _)| name.trim().to_owned())
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => members.values().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Replaces `{{ name }}` by a value, whatever the space inside the braces.
pub(super) fn put_in(text: &str, name: &str, value: &str) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}") {
            Some((found, rest)) if found.trim() == name => {
                out.push_str(value);
                out.push_str(rest);
            }
            Some(_) | None => {
                out.push_str("{{");
                out.push_str(part);
            }
        }
    }
    out
}
