//! Identity: who a key belongs to and what they may do.

use serde::{Deserialize, Serialize};

use crate::call::{AwsError, Call, Demand, Handled};
use crate::world::World;

/// Roles, keys and issued credentials.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {}

/// Who signed a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account of the principal.
    pub account: String,
    /// The ARN of the principal.
    pub arn: String,
}

impl Caller {
    /// The ARN of the principal, as `GetCallerIdentity` and messages tell it.
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn.clone()
    }
}

/// What is known of an access key.
pub(crate) struct KnownKey {
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires_at_millis: Option<i64>,
    pub(crate) caller: Caller,
}

/// Looks an access key up.
pub(crate) fn known_key(_world: &World, _access_key_id: &str) -> Option<KnownKey> {
    None
}

/// Whether policy allows `demand`; a refusal is [`AwsError::access_denied`].
pub(crate) fn authorize(
    _world: &World,
    _caller: &Caller,
    _demand: &Demand,
    _now_millis: i64,
) -> Result<(), AwsError> {
    Ok(())
}

/// What an IAM call needs to be allowed.
pub(crate) fn demands(_world: &World, _call: &Call) -> Result<Vec<Demand>, AwsError> {
    Ok(Vec::new())
}

/// Answers an IAM call.
pub(crate) fn handle(_world: &World, call: &Call) -> Handled {
    Err(AwsError::unknown_operation(call.service, &call.operation))
}
