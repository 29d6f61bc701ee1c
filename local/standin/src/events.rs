//! events

use serde::{Deserialize, Serialize};

/// State.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {}
