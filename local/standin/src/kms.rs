//! KMS: what keys are and what their policies say, for who examines a set-up. Nothing is encrypted.
//!
//! A call is judged by the caller's own policies alone; the key's policy is only shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// A key of KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its state, as KMS spells it: `Enabled`.
    pub state: String,
    /// Its policy.
    pub policy: String,
    /// Whether AWS keeps it for one of its services.
    pub of_aws: bool,
}

/// The keys.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// By ARN.
    keys: BTreeMap<String, Key>,
    /// The ARNs of keys, by that of an alias.
    aliases: BTreeMap<String, String>,
}

impl World {
    /// Makes a key of this ARN, or replaces it.
    pub fn add_key(&self, arn: &str, key: Key) {
        self.kms_state().keys.insert(arn.to_owned(), key);
        self.persist();
    }

    /// Gives a key another name, such as `alias/logs`, in its account and Region.
    pub fn add_key_alias(&self, name: &str, key: &str) {
        let place = key.split_once(":key/").map_or(key, |(place, _)| place);
        let alias = format!("{place}:{name}");
        self.kms_state().aliases.insert(alias, key.to_owned());
        self.persist();
    }
}

/// The ARN of the key that a call names by id, alias or ARN.
fn named(world: &World, call: &Call) -> Result<String, AwsError> {
    let body = call.json()?;
    let name = body.get("KeyId").and_then(Value::as_str);
    let name = name.ok_or_else(|| AwsError::validation("keyId must not be null"))?;
    let place = format!("arn:aws:kms:{}:{}", call.region, call.caller.account);
    let arn = match name {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => format!("{place}:{alias}"),
        id => format!("{place}:key/{id}"),
    };
    let state = world.kms_state();
    Ok(state.aliases.get(&arn).cloned().unwrap_or(arn))
}

/// What a call needs to be allowed.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    match call.operation.as_str() {
        "DescribeKey" | "GetKeyPolicy" => Ok(vec![Demand::new(
            format!("kms:{}", call.operation),
            named(world, call)?,
        )]),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let arn = named(world, call)?;
    let state = world.kms_state();
    let in_region = arn.split(':').nth(3) == Some(call.region.as_str());
    let key = state.keys.get(&arn).filter(|_| in_region);
    let key = key.ok_or_else(|| {
        AwsError::new(
            400,
            "NotFoundException",
            format!("Key '{arn}' does not exist"),
        )
    })?;
    let answer = match call.operation.as_str() {
        "DescribeKey" => json!({ "KeyMetadata": {
            "AWSAccountId": arn.split(':').nth(4),
            "KeyId": arn.rsplit('/').next(),
            "Arn": arn,
            "Enabled": key.state == "Enabled",
            "KeyState": key.state,
            "KeyManager": if key.of_aws { "AWS" } else { "CUSTOMER" },
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
        }}),
        "GetKeyPolicy" => json!({ "Policy": key.policy, "PolicyName": "default" }),
        other => return Err(AwsError::unknown_operation(call.service, other)),
    };
    Ok(Answer::json_1_1(&answer))
}
