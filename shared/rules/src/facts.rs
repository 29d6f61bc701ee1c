//! What is known of an instance when a rule decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::log_verdict::LogWord;
use crate::moment::Moment;
use crate::names::{SessionId, Target};
use crate::readiness::Readiness;

/// Whether the agent of an instance answers (AWS-FACTS 4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ping {
    /// It was heard within the last minutes.
    Online,
    /// It was heard before, and not lately.
    ConnectionLost,
    /// Session Manager does not know it, or it has been silent for long.
    Inactive,
}

/// The operating system of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Platform {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    #[serde(rename = "macos")]
    MacOs,
    /// Not known, because the agent has never reported.
    Unknown,
}

impl Platform {
    /// As policies spell it: `linux`, `windows`, `macos` or `unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::MacOs => "macos",
            Self::Unknown => "unknown",
        }
    }
}

/// What the inventory says of one instance: read from AWS, never from the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The instance.
    pub target: Target,
    /// Its tags; the `Name` tag among them.
    pub tags: BTreeMap<String, String>,
    /// Its operating system.
    pub platform: Platform,
    /// Whether its agent answers.
    pub ping: Ping,
    /// The agent's version, such as `3.3.5226.0`, where it has reported.
    #[serde(deserialize_with = "Option::deserialize")]
    pub agent_version: Option<String>,
    /// What became of the log of the last session on it that has a verdict; of those that Postern
    /// followed and that can be logged.
    #[serde(deserialize_with = "Option::deserialize")]
    pub last_log: Option<LastLog>,
    /// Its readiness for the kind of access asked for, as the doctor saw it when it was asked for;
    /// none where no doctor is asked.
    #[serde(deserialize_with = "Option::deserialize")]
    pub readiness: Option<Readiness>,
}

/// The log of the last session on an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastLog {
    /// The session.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub session: SessionId,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ended_at: Moment,
    /// The verdict on its log.
    pub verdict: LogWord,
}

impl TargetFacts {
    /// The `Name` tag.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.tags.get("Name").map(String::as_str)
    }

    /// The same facts with the readiness that is on record of the instance: the doctor is asked once,
    /// when access is asked for.
    #[must_use]
    pub fn with_readiness_of(self, recorded: &[Self]) -> Self {
        let known = recorded.iter().find(|one| one.target == self.target);
        Self {
            readiness: known.and_then(|one| one.readiness.clone()),
            ..self
        }
    }
}
