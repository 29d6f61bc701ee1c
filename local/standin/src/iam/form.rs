//! The parameters of query-protocol calls (STS and IAM), with the constraints of the service
//! models and the words that AWS refuses them with.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::call::{AwsError, Call};

/// The parameters of one call.
pub(crate) struct Form {
    parameters: BTreeMap<String, String>,
}

/// A parameter that has been read, for checking it further.
pub(crate) struct Parameter<'a> {
    name: &'a str,
    value: &'a str,
}

/// The characters of names in IAM and STS: `[\w+=,.@-]`.
pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// The characters of policy documents on the wire: tab, line breaks, and U+0020 to U+00FF
/// (AWS-FACTS 1.18).
pub(crate) fn is_policy_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

impl Form {
    pub(crate) fn of(call: &Call) -> Self {
        Self {
            parameters: call.form(),
        }
    }

    /// A parameter that may be missing.
    pub(crate) fn optional<'a>(&'a self, name: &'a str) -> Option<Parameter<'a>> {
        self.parameters
            .get(name)
            .map(|value| Parameter { name, value })
    }

    /// A parameter that must be there.
    pub(crate) fn required<'a>(&'a self, name: &'a str) -> Result<Parameter<'a>, AwsError> {
        self.optional(name).ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: \
                 Member must not be null",
                camel(name)
            ))
        })
    }

    /// The members of a list of structures (`Tags.member.1.Key`), each with its fields by name.
    /// A list of plain texts has them under the empty name.
    pub(crate) fn members(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut members: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
        let prefix = format!("{name}.member.");
        for (key, value) in &self.parameters {
            let Some(rest) = key.strip_prefix(&prefix) else {
                continue;
            };
            let (index, field) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(index) = index.parse() {
                members
                    .entry(index)
                    .or_default()
                    .insert(field.to_owned(), value.clone());
            }
        }
        members.into_values().collect()
    }
}

impl<'a> Parameter<'a> {
    /// Something to check that is not a parameter of its own, such as the key of a tag.
    pub(crate) fn new(name: &'a str, value: &'a str) -> Self {
        Self { name, value }
    }

    pub(crate) fn value(&self) -> &'a str {
        self.value
    }

    /// The parameter, if it has so many characters.
    pub(crate) fn length(self, bounds: RangeInclusive<usize>) -> Result<Self, AwsError> {
        let characters = self.value.chars().count();
        if characters < *bounds.start() {
            return Err(self.violates(&format!(
                "Member must have length greater than or equal to {}",
                bounds.start()
            )));
        }
        if characters > *bounds.end() {
            return Err(self.violates(&format!(
                "Member must have length less than or equal to {}",
                bounds.end()
            )));
        }
        Ok(self)
    }

    /// The parameter, if every character is `allowed`; `pattern` says so in the refusal.
    pub(crate) fn only(
        self,
        allowed: impl Fn(char) -> bool,
        pattern: &str,
    ) -> Result<Self, AwsError> {
        if self.value.chars().all(allowed) {
            return Ok(self);
        }
        Err(self.violates(&format!(
            "Member must satisfy regular expression pattern: {pattern}"
        )))
    }

    /// The parameter as a number between bounds.
    pub(crate) fn number(self, bounds: RangeInclusive<i64>) -> Result<i64, AwsError> {
        let number: i64 = self.value.parse().map_err(|_| {
            AwsError::new(
                400,
                "MalformedInput",
                format!("`{}` at '{}' is not a number", self.value, camel(self.name)),
            )
        })?;
        if number < *bounds.start() {
            return Err(self.violates(&format!(
                "Member must have value greater than or equal to {}",
                bounds.start()
            )));
        }
        if number > *bounds.end() {
            return Err(self.violates(&format!(
                "Member must have value less than or equal to {}",
                bounds.end()
            )));
        }
        Ok(number)
    }

    fn violates(&self, constraint: &str) -> AwsError {
        // XML has no way to write most control characters, not even escaped.
        let value = self.value.replace(char::is_control, "\u{fffd}");
        invalid(format!(
            "1 validation error detected: Value '{value}' at '{}' failed to satisfy constraint: \
             {constraint}",
            camel(self.name)
        ))
    }
}

/// A request that is readable but wrong, in the words of the query protocol.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationError", message)
}

/// A parameter as messages name it: with a small first letter.
fn camel(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(characters)
        .collect()
}
