//! Settings of an account in a Region (`GetServiceSetting`).

use serde::Deserialize;
use serde_json::json;

use super::check::{epoch_seconds, required};
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// The settings that are known, and what AWS makes them.
const KNOWN: [(&str, &str); 2] = [
    (
        "/ssm/managed-instance/default-ec2-instance-management-role",
        "$None",
    ),
    ("/ssm/managed-instance/activation-tier", "standard"),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    setting_id: Option<String>,
}

impl World {
    /// Sets a setting of the world's account and Region, such as
    /// `/ssm/managed-instance/activation-tier`; none makes it what AWS made it.
    pub fn set_service_setting(&self, id: &str, value: Option<&str>) {
        let arn = arn(self.region(), self.account(), id);
        match value {
            Some(value) => self.ssm_state().settings.insert(arn, value.to_owned()),
            None => self.ssm_state().settings.remove(&arn),
        };
        self.persist();
    }
}

fn arn(region: &str, account: &str, id: &str) -> String {
    format!("arn:aws:ssm:{region}:{account}:servicesetting{id}")
}

/// The setting that a call names by its id or its ARN.
fn named(call: &Call) -> Result<String, AwsError> {
    let request: Get = call.json_as()?;
    let id = required("settingId", request.setting_id)?;
    match id.split_once(":servicesetting") {
        Some((_, id)) => Ok(id.to_owned()),
        None => Ok(id),
    }
}

/// What `GetServiceSetting` needs.
pub(super) fn demand(call: &Call) -> Result<Demand, AwsError> {
    let arn = arn(&call.region, &call.caller.account, &named(call)?);
    Ok(Demand::new("ssm:GetServiceSetting", arn))
}

/// Answers `GetServiceSetting`.
pub(super) fn get(world: &World, call: &Call) -> Handled {
    let id = named(call)?;
    let arn = arn(&call.region, &call.caller.account, &id);
    let usual = KNOWN
        .iter()
        .find_map(|(known, value)| (*known == id).then_some(*value))
        .ok_or_else(|| {
            let message = format!("Service setting {id} was not found");
            AwsError::new(400, "ServiceSettingNotFound", message)
        })?;
    let state = world.ssm_state();
    let (value, status) = match state.settings.get(&arn) {
        Some(value) => (value.as_str(), "Customized"),
        None => (usual, "Default"),
    };
    Ok(Answer::json_1_1(&json!({ "ServiceSetting": {
        "SettingId": id,
        "SettingValue": value,
        "LastModifiedDate": epoch_seconds(call.now_millis),
        "LastModifiedUser": "System",
        "ARN": arn,
        "Status": status,
    }})))
}
