//! Stub of ssm until its owner replaces it.

use serde::{Deserialize, Serialize};

use crate::call::{AwsError, Call, Demand, Handled};
use crate::world::World;

/// State.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {}

/// What a call needs to be allowed.
pub(crate) fn demands(_world: &World, _call: &Call) -> Result<Vec<Demand>, AwsError> {
    Ok(Vec::new())
}

/// Answers a call.
pub(crate) fn handle(_world: &World, call: &Call) -> Handled {
    Err(AwsError::unknown_operation(call.service, &call.operation))
}
