//! One thing that was looked at, and what was found.

use serde::{Deserialize, Serialize};

use super::facts::{Fact, Need, Service};
use super::finding::Finding;

/// What a check bears on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Question {
    /// Can a session be opened on the instance?
    Reach,
    /// Will the session's log land in the bucket?
    Log,
    /// Is a port forward safe on the instance?
    Forward,
}

/// What is looked at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckName {
    /// The instance exists and runs.
    InstanceState,
    /// Its metadata service hands out credentials.
    InstanceMetadata,
    /// A hybrid node is of the tier that Session Manager serves.
    HybridTier,
    /// There is a role for its agent.
    InstanceRole,
    /// The role may do what the agent does.
    AgentPermissions,
    /// The agent is registered, was heard and holds its channel.
    AgentAnswers,
    /// The agent does not forward ports to the metadata service.
    AgentForwards,
    /// Names are resolved in the VPC.
    NameResolution,
    /// The names of services can lead to endpoints.
    DnsHostnames,
    /// The instance reaches a service.
    Way(Service),
    /// The session documents exist.
    SessionDocuments,
    /// The agent can use the key of the session traffic.
    SessionKey,
    /// The session documents name the bucket, and force encryption.
    DocumentInputs,
    /// The bucket exists.
    LogBucket,
    /// The bucket encrypts in a way that the agent knows.
    LogEncryption,
    /// The role may read how the bucket encrypts; the agent refuses the session otherwise.
    LogEncryptionRead,
    /// The role may write the log.
    LogWrite,
    /// The agent can use the key of the bucket.
    LogKey,
}

impl CheckName {
    /// As the report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InstanceState => "instance-state",
            Self::InstanceMetadata => "instance-metadata",
            Self::HybridTier => "hybrid-tier",
            Self::InstanceRole => "instance-role",
            Self::AgentPermissions => "agent-permissions",
            Self::AgentAnswers => "agent-answers",
            Self::AgentForwards => "agent-forwards",
            Self::NameResolution => "name-resolution",
            Self::DnsHostnames => "dns-hostnames",
            Self::Way(Service::Ssm) => "way-to-ssm",
            Self::Way(Service::SsmMessages) => "way-to-ssmmessages",
            Self::Way(Service::Ec2Messages) => "way-to-ec2messages",
            Self::Way(Service::Kms) => "way-to-kms",
            Self::Way(Service::Logs) => "way-to-logs",
            Self::Way(Service::S3) => "way-to-s3",
            Self::SessionDocuments => "session-documents",
            Self::SessionKey => "session-key",
            Self::DocumentInputs => "document-inputs",
            Self::LogBucket => "log-bucket",
            Self::LogEncryption => "log-encryption",
            Self::LogEncryptionRead => "log-encryption-read",
            Self::LogWrite => "log-write",
            Self::LogKey => "log-key",
        }
    }

    /// What it bears on.
    #[must_use]
    pub fn question(self) -> Question {
        match self {
            Self::InstanceState
            | Self::InstanceMetadata
            | Self::HybridTier
            | Self::InstanceRole
            | Self::AgentPermissions
            | Self::AgentAnswers
            | Self::NameResolution
            | Self::DnsHostnames
            | Self::Way(
                Service::Ssm | Service::SsmMessages | Service::Ec2Messages | Service::Kms,
            )
            | Self::SessionDocuments
            | Self::SessionKey => Question::Reach,
            Self::AgentForwards => Question::Forward,
            Self::Way(Service::Logs | Service::S3)
            | Self::DocumentInputs
            | Self::LogBucket
            | Self::LogEncryption
            | Self::LogEncryptionRead
            | Self::LogWrite
            | Self::LogKey => Question::Log,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: CheckName,
    /// How it stands.
    pub status: Status,
    /// What was seen, in one line.
    pub evidence: String,
}

/// How a check stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is as it should be.
    Ok,
    /// It is not, for these reasons; at least one. Several checks may fail for the same reason.
    Fails {
        /// The reasons.
        findings: Vec<Finding>,
    },
    /// It is not known. This never counts as ok.
    Unknown {
        /// What has to be there before it can be known.
        needs: Vec<Need>,
    },
    /// It does not matter in this set-up.
    NotApplicable,
}

impl Status {
    /// As the report spells it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fails { .. } => "fails",
            Self::Unknown { .. } => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl Check {
    /// A check of something that does not matter here.
    pub(super) fn not_applicable(name: CheckName, why: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::NotApplicable,
            evidence: why.into(),
        }
    }

    /// A check as what was found leaves it.
    pub(super) fn judged(name: CheckName, found: Found, evidence: impl Into<String>) -> Self {
        Self {
            name,
            status: found.status(),
            evidence: evidence.into(),
        }
    }

    /// The reasons for which it fails.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match &self.status {
            Status::Fails { findings } => findings,
            Status::Ok | Status::Unknown { .. } | Status::NotApplicable => &[],
        }
    }

    /// What has to be there before it can be known.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        match &self.status {
            Status::Unknown { needs } => needs,
            Status::Ok | Status::Fails { .. } | Status::NotApplicable => &[],
        }
    }
}

/// What has been found so far: what is broken, and what could not be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) needs: Vec<Need>,
}

impl Found {
    /// Found broken.
    pub(super) fn broken(finding: impl Into<Finding>) -> Self {
        let mut found = Self::default();
        found.find(finding);
        found
    }

    /// Adds what is broken, once.
    pub(super) fn find(&mut self, finding: impl Into<Finding>) {
        add(&mut self.findings, finding.into());
    }

    /// Adds what could not be known, once.
    pub(super) fn need(&mut self, need: Need) {
        add(&mut self.needs, need);
    }

    /// Adds what could not be known, told as a noun phrase.
    pub(super) fn wonder(&mut self, what: impl Into<String>) {
        self.need(Need::Other(what.into()));
    }

    /// Adds all that another has found.
    pub(super) fn join(&mut self, other: Self) {
        for finding in other.findings {
            self.find(finding);
        }
        for need in other.needs {
            self.need(need);
        }
    }

    /// Reads a fact; what could not be read is remembered.
    pub(super) fn read<'a, T>(&mut self, fact: &'a Fact<T>) -> Option<&'a T> {
        match fact {
            Fact::Known(value) => Some(value),
            Fact::Unread(need) => {
                self.need(need.clone());
                None
            }
        }
    }

    /// Whether nothing is broken, and everything is known.
    pub(super) fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.needs.is_empty()
    }

    /// Whether something is broken for sure.
    pub(super) fn is_broken(&self) -> bool {
        !self.findings.is_empty()
    }

    fn status(self) -> Status {
        if self.is_broken() {
            Status::Fails {
                findings: self.findings,
            }
        } else if self.needs.is_empty() {
            Status::Ok
        } else {
            Status::Unknown { needs: self.needs }
        }
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
