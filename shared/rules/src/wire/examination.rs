//! What `api` asks of the doctor's function, and is answered. People ask over HTTP.

use serde::{Deserialize, Serialize};

use crate::names::{AccessKind, Target};
use crate::readiness::Readiness;

/// Targets to be examined for one kind of access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examination {
    /// The targets.
    pub examine: Vec<Target>,
    /// The kind of access that is asked for.
    pub kind: AccessKind,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Each target, once.
    pub examined: Vec<TargetReadiness>,
}

/// One target that was examined, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetReadiness {
    /// The target.
    pub target: Target,
    /// Its readiness.
    pub readiness: Readiness,
}
