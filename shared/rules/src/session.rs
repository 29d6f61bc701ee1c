//! Session Manager sessions of a grant, as recorded and as SSM lists them.

use serde::{Deserialize, Serialize};

use crate::log_verdict::LogVerdict;
use crate::moment::Moment;
use crate::names::SessionId;

/// What is recorded of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The session.
    pub id: SessionId,
    /// The instance, as SSM names it.
    pub instance: String,
    /// The session document, as SSM names it.
    pub document: String,
    /// When it began.
    pub started_at: Moment,
    /// Whether it lives.
    pub life: SessionLife,
    /// What is known of its log.
    pub log: LogVerdict,
}

/// Whether a session lives. Being told to end is not the same as being gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SessionLife {
    /// Open.
    Alive {},
    /// SSM was told to end it, and it has not been seen gone.
    Terminating {
        /// When SSM was last told.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        since: Moment,
        /// How often SSM was told.
        tries: u32,
        /// Whether the last time is known to have failed.
        failed: bool,
    },
    /// Seen gone.
    Over {
        /// When it ended, as SSM reports.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Moment,
    },
}

impl SessionRecord {
    /// Whether the session may still be open.
    #[must_use]
    pub fn lives(&self) -> bool {
        match self.life {
            SessionLife::Alive {} | SessionLife::Terminating { .. } => true,
            SessionLife::Over { .. } => false,
        }
    }
}

/// One session as SSM lists it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub id: SessionId,
    /// The ARN of the role session that opened it.
    pub owner: String,
    /// The instance, as SSM names it.
    pub instance: String,
    /// The session document, as SSM names it.
    pub document: String,
    /// When it began.
    pub started_at: Moment,
    /// Whether SSM counts it as active, or when it ended.
    pub state: ListedState,
}

/// Where SSM lists a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedState {
    /// Among the active ones: connected or disconnected.
    Active,
    /// In the history; `ended_at` is absent while SSM is still ending it.
    History {
        /// When it ended.
        ended_at: Option<Moment>,
    },
}
