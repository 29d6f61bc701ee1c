//! Stub of the Security Token Service until its owner replaces it.

use crate::call::{AwsError, Call, Demand, Handled};
use crate::world::World;

/// What an STS call needs to be allowed.
pub(crate) fn demands(_world: &World, _call: &Call) -> Result<Vec<Demand>, AwsError> {
    Ok(Vec::new())
}

/// Answers an STS call.
pub(crate) fn handle(_world: &World, call: &Call) -> Handled {
    Err(AwsError::unknown_operation(call.service, &call.operation))
}
