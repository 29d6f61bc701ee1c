//! Session documents: schema 1.0, and what a start makes of its parameters.
//!
//! The schema is read strictly (AWS-FACTS 3.8): what is not in it, is of another type or is
//! missing makes the document invalid, and so does a reference to a parameter that is not
//! declared. The service itself enforces only the two durations; the agent uses the rest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::parameter::{Parameter, put_in, references};
use crate::call::AwsError;

/// What kind of session a document opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionType {
    /// A shell.
    StandardStream,
    /// One command with a terminal.
    InteractiveCommands,
    /// One command without a terminal.
    NonInteractiveCommands,
    /// A forwarded port, SSH included.
    Port,
}

impl SessionType {
    fn from_wire(text: &str) -> Option<Self> {
        Some(match text {
            "Standard_Stream" => Self::StandardStream,
            "InteractiveCommands" => Self::InteractiveCommands,
            "NonInteractiveCommands" => Self::NonInteractiveCommands,
            "Port" => Self::Port,
            _ => return None,
        })
    }

    /// Whether the agent can write down what happens in such a session (AWS-FACTS 0.6).
    #[must_use]
    pub fn is_logged(self) -> bool {
        match self {
            Self::StandardStream | Self::InteractiveCommands | Self::NonInteractiveCommands => true,
            Self::Port => false,
        }
    }
}

/// The preferences of a session that mean something here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inputs {
    /// Empty for no log in S3.
    pub(super) s3_bucket: String,
    pub(super) s3_prefix: String,
    /// Whether the agent insists on an encrypted bucket.
    pub(super) s3_encrypted: bool,
    /// `None` for no maximum.
    pub(super) max_minutes: Option<u16>,
    pub(super) idle_minutes: Option<u16>,
}

/// A document that was understood.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) session_type: SessionType,
    pub(super) inputs: Inputs,
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) description: Option<String>,
}

/// The most bytes that a document may have (AWS-FACTS 8.1).
const MOST_BYTES: usize = 64 * 1024;
/// Without `idleSessionTimeout` (AWS-FACTS 2.13).
const DEFAULT_IDLE_MINUTES: u16 = 20;

const MEMBERS: &[&str] = &[
    "schemaVersion",
    "description",
    "sessionType",
    "inputs",
    "parameters",
    "properties",
];
/// The inputs that must be there when inputs are.
const REQUIRED_FLAGS: &[&str] = &[
    "s3EncryptionEnabled",
    "cloudWatchEncryptionEnabled",
    "cloudWatchStreamingEnabled",
    "runAsEnabled",
];
const TEXT_INPUTS: &[&str] = &[
    "s3BucketName",
    "s3KeyPrefix",
    "cloudWatchLogGroupName",
    "kmsKeyId",
    "runAsDefaultUser",
    "idleSessionTimeout",
    "maxSessionDuration",
];
pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidDocumentContent", message)
}

impl Schema {
    /// Reads a document.
    ///
    /// # Errors
    /// `InvalidDocumentContent`, `InvalidDocumentSchemaVersion` or `MaxDocumentSizeExceeded`.
    pub(super) fn read(content: &str) -> Result<Self, AwsError> {
        if content.len() > MOST_BYTES {
            return Err(AwsError::new(
                400,
                "MaxDocumentSizeExceeded",
                "the document is larger than 64 KB",
            ));
        }
        let Ok(Value::Object(document)) = serde_json::from_str::<Value>(content) else {
            return Err(invalid("the content is not a JSON object"));
        };
        if document.get("schemaVersion").and_then(Value::as_str) != Some("1.0") {
            return Err(AwsError::new(
                400,
                "InvalidDocumentSchemaVersion",
                "a Session document has schemaVersion \"1.0\"",
            ));
        }
        only(&document, MEMBERS, "the document")?;
        let session_type = text(&document, "sessionType")?
            .and_then(SessionType::from_wire)
            .ok_or_else(|| invalid("sessionType is missing or unknown"))?;
        let inputs = match document.get("inputs") {
            Some(inputs) => read_inputs(object(inputs, "inputs")?)?,
            None if session_type == SessionType::StandardStream => {
                return Err(invalid("Standard_Stream needs inputs"));
            }
            None => Inputs {
                idle_minutes: Some(DEFAULT_IDLE_MINUTES),
                ..Inputs::default()
            },
        };
        let parameters = match document.get("parameters") {
            Some(parameters) => object(parameters, "parameters")?
                .iter()
                .map(|(name, value)| Ok((name.clone(), Parameter::read(name, value)?)))
                .collect::<Result<_, AwsError>>()?,
            None => BTreeMap::new(),
        };
        check_properties(session_type, document.get("properties"))?;
        for part in ["inputs", "properties"] {
            for name in document.get(part).map(references).unwrap_or_default() {
                if !name.starts_with("ssm:") && !parameters.contains_key(&name) {
                    return Err(invalid(format!("the parameter `{name}` is not declared")));
                }
            }
        }
        let description = text(&document, "description")?.map(str::to_owned);
        Ok(Self {
            session_type,
            inputs,
            parameters,
            description,
        })
    }

    /// The preferences of one session, with the values given for its parameters put in.
    ///
    /// # Errors
    /// `ValidationException` for a parameter that is unknown, missing or not allowed.
    pub(super) fn bind(&self, given: &BTreeMap<String, Vec<String>>) -> Result<Inputs, AwsError> {
        if let Some(unknown) = given
            .keys()
            .find(|name| !self.parameters.contains_key(*name))
        {
            return Err(AwsError::validation(format!(
                "the document has no parameter `{unknown}`"
            )));
        }
        let mut inputs = self.inputs.clone();
        for (name, parameter) in &self.parameters {
            let value = parameter.bind(name, given.get(name))?;
            for text in [&mut inputs.s3_bucket, &mut inputs.s3_prefix] {
                *text = put_in(text, name, &value);
            }
        }
        Ok(inputs)
    }
}

fn read_inputs(inputs: &Map<String, Value>) -> Result<Inputs, AwsError> {
    for name in REQUIRED_FLAGS {
        if !inputs.get(*name).is_some_and(Value::is_boolean) {
            return Err(invalid(format!(
                "inputs.{name} is required and is a boolean"
            )));
        }
    }
    for (name, value) in inputs {
        let fits = match name.as_str() {
            "shellProfile" => value.as_object().is_some_and(|profile| {
                profile.iter().all(|(platform, line)| {
                    ["windows", "linux", "macos"].contains(&platform.as_str()) && line.is_string()
                })
            }),
            other if TEXT_INPUTS.contains(&other) => value.is_string(),
            other => REQUIRED_FLAGS.contains(&other),
        };
        if !fits {
            return Err(invalid(format!(
                "inputs.{name} is unknown or of the wrong type"
            )));
        }
    }
    let minutes = |name: &str, pattern: fn(&str) -> bool| match text(inputs, name)? {
        None | Some("") => Ok(None),
        Some(value) if pattern(value) => Ok(value.parse::<u16>().ok()),
        Some(value) => Err(invalid(format!("inputs.{name} cannot be `{value}`"))),
    };
    let word = |name: &str| Ok::<_, AwsError>(text(inputs, name)?.unwrap_or_default().to_owned());
    Ok(Inputs {
        s3_bucket: word("s3BucketName")?,
        s3_prefix: word("s3KeyPrefix")?,
        s3_encrypted: inputs.get("s3EncryptionEnabled").and_then(Value::as_bool) == Some(true),
        max_minutes: minutes("maxSessionDuration", is_max_duration)?,
        idle_minutes: minutes("idleSessionTimeout", is_idle_timeout)?
            .or(Some(DEFAULT_IDLE_MINUTES)),
    })
}

/// The pattern of the API's own `MaxSessionDuration`:
/// `^([1-9]|[1-9][0-9]|[1-9][0-9][0-9]|1[0-4][0-3][0-9]|1440)$`. It is odd: it takes 1000 to
/// 1039 and 1100 to 1139, but not 1040 to 1099, and so on up to 1399.
fn is_max_duration(text: &str) -> bool {
    match text.as_bytes() {
        [b'1'..=b'9', rest @ ..] if rest.len() < 3 => rest.iter().all(u8::is_ascii_digit),
        [b'1', b'0'..=b'4', b'0'..=b'3', b'0'..=b'9'] => true,
        other => other == b"1440",
    }
}

fn is_idle_timeout(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain
        && text
            .parse::<u16>()
            .is_ok_and(|minutes| (1..=60).contains(&minutes))
}

fn check_properties(kind: SessionType, properties: Option<&Value>) -> Result<(), AwsError> {
    let properties = properties
        .map(|value| object(value, "properties"))
        .transpose()?;
    let fits = match kind {
        SessionType::StandardStream => true,
        SessionType::Port => properties.is_some_and(|members| {
            members.get("portNumber").is_some_and(Value::is_string)
                && members.values().all(Value::is_string)
        }),
        SessionType::InteractiveCommands | SessionType::NonInteractiveCommands => properties
            .is_some_and(|members| {
                !members.is_empty()
                    && members.iter().all(|(platform, value)| {
                        ["windows", "linux", "macos"].contains(&platform.as_str())
                            && value.get("commands").is_some_and(Value::is_string)
                    })
            }),
    };
    if fits {
        Ok(())
    } else {
        Err(invalid("properties do not fit the sessionType"))
    }
}

pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, AwsError> {
    value
        .as_object()
        .ok_or_else(|| invalid(format!("{what} is not an object")))
}

pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, AwsError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("{name} is not a string"))),
    }
}

pub(super) fn only(
    members: &Map<String, Value>,
    known: &[&str],
    what: &str,
) -> Result<(), AwsError> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(invalid(format!("{what} has an unknown member `{unknown}`"))),
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests;
