//! Parameter Store: `GetParameter`, for texts and secrets.
//!
//! A `SecureString` is decrypted for whoever may read it and asks for that: its key is the one that
//! AWS keeps for the service, which every principal of the account may use through it. Without
//! asking one gets what is stored, which is of no use. Values are kept in memory only, also where
//! the world is kept on disk: they are secrets.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use super::check::{length, required};
use super::with_tags;
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// What kind of value a parameter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A text for everybody who may read the parameter.
    String,
    /// A secret.
    SecureString,
}

impl ParameterType {
    fn wire(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::SecureString => "SecureString",
        }
    }
}

/// A parameter as it is stored.
#[derive(Clone)]
pub(super) struct Stored {
    kind: ParameterType,
    value: String,
    version: u64,
    modified_millis: i64,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("kind", &self.kind)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    name: Option<String>,
    with_decryption: Option<bool>,
}

impl Get {
    fn read(call: &Call) -> Result<(Self, String), AwsError> {
        let request: Self = call.json_as()?;
        let name = required("name", request.name.clone())?;
        length("name", &name, 1..=2_048)?;
        Ok((request, name))
    }
}

fn arn(region: &str, account: &str, name: &str) -> String {
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("arn:aws:ssm:{region}:{account}:parameter{slash}{name}")
}

/// What reading a parameter needs to be allowed; also where there is none of that name.
pub(super) fn demand(world: &World, call: &Call) -> Result<Demand, AwsError> {
    let (_, name) = Get::read(call)?;
    let arn = arn(&call.region, &call.caller.account, &name);
    Ok(with_tags(
        world,
        Demand::new("ssm:GetParameter", arn.as_str()),
        &arn,
    ))
}

/// Answers `GetParameter`.
pub(super) fn get(world: &World, call: &Call) -> Handled {
    let (request, name) = Get::read(call)?;
    let arn = arn(&call.region, &call.caller.account, &name);
    let state = world.ssm_state();
    let stored = state
        .parameters
        .get(&arn)
        .ok_or_else(|| AwsError::new(400, "ParameterNotFound", ""))?;
    let encrypted = match stored.kind {
        ParameterType::String => false,
        ParameterType::SecureString => request.with_decryption != Some(true),
    };
    let value = if encrypted {
        "AQICAHh-encrypted"
    } else {
        &stored.value
    };
    Ok(Answer::json_1_1(&json!({"Parameter": {
        "ARN": arn,
        "DataType": "text",
        "LastModifiedDate": super::check::epoch_seconds(stored.modified_millis),
        "Name": name,
        "Type": stored.kind.wire(),
        "Value": value,
        "Version": stored.version,
    }})))
}

impl World {
    /// Writes a parameter of the world's account and Region, past every door and policy, and gives
    /// its version.
    pub fn put_parameter(&self, name: &str, kind: ParameterType, value: impl Into<String>) -> u64 {
        let arn = arn(self.region(), self.account(), name);
        let modified_millis = self.now_millis();
        let mut state = self.ssm_state();
        let last = state.parameters.get(&arn).map_or(0, |last| last.version);
        let version = last.saturating_add(1);
        let stored = Stored {
            kind,
            value: value.into(),
            version,
            modified_millis,
        };
        state.parameters.insert(arn, stored);
        version
    }

    /// Removes a parameter; whether there was one.
    pub fn remove_parameter(&self, name: &str) -> bool {
        let arn = arn(self.region(), self.account(), name);
        self.ssm_state().parameters.remove(&arn).is_some()
    }
}
