//! dynamodb

use crate::clock::StandinClock;
use crate::world::WorldError;
use std::path::Path;

/// Engine.
pub(crate) struct Engine {}

impl Engine {
    pub(crate) fn open(_dir: Option<&Path>, _clock: &StandinClock) -> Result<Self, WorldError> {
        Ok(Self {})
    }
}
