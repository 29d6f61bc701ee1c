//! Managed nodes: what is known of each, and how it is named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random;

/// The operating system of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    MacOs,
}

impl Platform {
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
            Self::MacOs => "MacOS",
        }
    }

    pub(super) fn release(self) -> (&'static str, &'static str) {
        match self {
            Self::Linux => ("Amazon Linux", "2023"),
            Self::Windows => ("Microsoft Windows Server 2025 Datacenter", "10.0.26100"),
            Self::MacOs => ("macOS", "15.6"),
        }
    }
}

/// What the service hears of a node's agent (AWS-FACTS 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PingStatus {
    /// The agent reports.
    Online,
    /// The agent used to report.
    ConnectionLost,
    /// The agent has not reported for long.
    Inactive,
}

impl PingStatus {
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Online => "Online",
            Self::ConnectionLost => "ConnectionLost",
            Self::Inactive => "Inactive",
        }
    }
}

/// A node to be.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// `i-…` for an EC2 instance, `mi-…` for a hybrid node.
    pub instance_id: String,
    /// The operating system.
    pub platform: Platform,
    /// The agent's version.
    pub agent_version: String,
    /// What the service hears of the agent.
    pub ping_status: PingStatus,
    /// The tags, `Name` included.
    pub tags: BTreeMap<String, String>,
    /// The account; `None` for the world's.
    pub account: Option<String>,
    /// The Region; `None` for the world's.
    pub region: Option<String>,
    /// Who writes the node's session logs, as S3 notifications name a writer; `None` for
    /// `AWS:AROA…:<instance id>`, an instance role (AWS-FACTS 3.7).
    pub log_writer: Option<String>,
    /// The name of the role of a hybrid node's activation; `None` for `SSMServiceRole`.
    pub iam_role: Option<String>,
}

impl NodeSpec {
    /// An online Linux node without tags, in the world's account and Region.
    #[must_use]
    pub fn linux(instance_id: impl Into<String>) -> Self {
        Self {
            instance_id: instance_id.into(),
            platform: Platform::Linux,
            agent_version: "3.3.5226.0".to_owned(),
            ping_status: PingStatus::Online,
            tags: BTreeMap::new(),
            account: None,
            region: None,
            log_writer: None,
            iam_role: None,
        }
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

/// A managed node. Its tags are with all other tags, by its ARN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) platform: Platform,
    pub(super) agent_version: String,
    pub(super) ping_status: PingStatus,
    pub(super) log_writer: String,
    pub(super) registered_millis: i64,
    pub(super) stopped: bool,
    /// The role of a hybrid node's activation.
    #[serde(default)]
    pub(super) iam_role: Option<String>,
    /// Whether its agent has lost its channel, though it is still heard.
    #[serde(default)]
    pub(super) deaf: bool,
}

impl Node {
    pub(super) fn register(spec: NodeSpec, account: &str, region: &str, now: i64) -> Self {
        let writer = || {
            format!(
                "AWS:AROA{}:{}",
                random::text(random::UPPER, 17),
                spec.instance_id
            )
        };
        Self {
            log_writer: spec.log_writer.clone().unwrap_or_else(writer),
            account: spec.account.unwrap_or_else(|| account.to_owned()),
            region: spec.region.unwrap_or_else(|| region.to_owned()),
            platform: spec.platform,
            agent_version: spec.agent_version,
            ping_status: spec.ping_status,
            registered_millis: now,
            stopped: false,
            iam_role: spec.iam_role,
            deaf: false,
            id: spec.instance_id,
        }
    }

    /// Whether a session can be opened on it.
    pub(super) fn is_connected(&self) -> bool {
        !self.stopped && !self.deaf && self.ping_status == PingStatus::Online
    }

    pub(super) fn is_in(&self, account: &str, region: &str) -> bool {
        self.account == account && self.region == region
    }

    pub(super) fn arn(&self) -> String {
        target_arn(&self.region, &self.account, &self.id)
    }

    pub(super) fn resource_type(&self) -> &'static str {
        if is_hybrid(&self.id) {
            "ManagedInstance"
        } else {
            "EC2Instance"
        }
    }
}

pub(super) fn is_hybrid(id: &str) -> bool {
    id.starts_with("mi-")
}

/// The ARN that a target is judged by (AWS-FACTS 1.3).
pub(super) fn target_arn(region: &str, account: &str, target: &str) -> String {
    match target.strip_prefix("ecs:") {
        Some(task) => format!("arn:aws:ecs:{region}:{account}:task/{task}"),
        None if is_hybrid(target) => {
            format!("arn:aws:ssm:{region}:{account}:managed-instance/{target}")
        }
        None => format!("arn:aws:ec2:{region}:{account}:instance/{target}"),
    }
}
