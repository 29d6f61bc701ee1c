//! What may be the matter with an instance or its agent.

use super::{Fix, Site};
use crate::names::InstanceId;
use crate::readiness::facts::InstanceState;

/// What is the matter with an instance or its agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum AgentFault {
    /// EC2 knows no such instance.
    #[error("there is no instance `{instance}` in this account and Region")]
    InstanceMissing {
        /// The instance.
        instance: InstanceId,
    },
    /// It does not run.
    #[error("instance `{instance}` is {}", state.word())]
    InstanceNotRunning {
        /// The instance.
        instance: InstanceId,
        /// Its state.
        state: InstanceState,
    },
    /// Its metadata service is off, so no role's credentials reach the agent.
    #[error("the metadata service of `{instance}` is off, so its agent gets no credentials")]
    MetadataOff {
        /// The instance.
        instance: InstanceId,
    },
    /// The account has not turned on the tier that Session Manager serves hybrid nodes in.
    #[error("`{instance}` is a hybrid node, and the advanced-instances tier is off")]
    AdvancedTierOff {
        /// The node.
        instance: InstanceId,
    },
    /// Session Manager has never heard of it, and nothing else explains that.
    #[error("the agent of `{instance}` has never registered, and nothing was found in its way")]
    AgentNotRegistered {
        /// The instance.
        instance: InstanceId,
    },
    /// It is silent, and nothing else explains that.
    #[error("the agent of `{instance}` is silent, and nothing was found in its way")]
    AgentSilent {
        /// The instance.
        instance: InstanceId,
    },
    /// It is heard and holds no channel, and nothing else explains that.
    #[error("the agent of `{instance}` is heard, but holds no channel for sessions")]
    AgentNotConnected {
        /// The instance.
        instance: InstanceId,
    },
    /// It would forward a port to the metadata service (THREATS E8).
    #[error("the agent of `{instance}` has version `{version}`, too old for ports and SSH")]
    AgentTooOldForPorts {
        /// The instance.
        instance: InstanceId,
        /// The version.
        version: String,
    },
}

impl AgentFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::InstanceMissing { .. } => "instance-missing",
            Self::InstanceNotRunning { .. } => "instance-not-running",
            Self::MetadataOff { .. } => "metadata-off",
            Self::AdvancedTierOff { .. } => "advanced-tier-off",
            Self::AgentNotRegistered { .. } => "agent-not-registered",
            Self::AgentSilent { .. } => "agent-silent",
            Self::AgentNotConnected { .. } => "agent-not-connected",
            Self::AgentTooOldForPorts { .. } => "agent-too-old-for-ports",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::InstanceMissing { instance } => Fix::new(
                "Check account, Region and id.",
                site.aws(format_args!("ec2 describe-instances --instance-ids {instance}")),
            ),
            Self::InstanceNotRunning { instance, state } => match state {
                InstanceState::Stopped | InstanceState::Stopping => Fix::new(
                    "Start it, and look again when its agent has had a few minutes.",
                    site.aws(format_args!("ec2 start-instances --instance-ids {instance}")),
                ),
                InstanceState::Pending | InstanceState::Running => Fix::new(
                    "Wait until it runs.",
                    site.aws(format_args!("ec2 wait instance-running --instance-ids {instance}")),
                ),
                InstanceState::ShuttingDown | InstanceState::Terminated => Fix::new(
                    "It does not come back; ask for the instance that took its place.",
                    site.aws(
                        "ec2 describe-instances --filters Name=instance-state-name,Values=running",
                    ),
                ),
            },
            Self::MetadataOff { instance } => Fix::new(
                "Turn its metadata service on, for version 2 only.",
                site.aws(format_args!(
                    "ec2 modify-instance-metadata-options --instance-id {instance} \
                     --http-endpoint enabled --http-tokens required"
                )),
            )
            .with(
                "Instance:\n  Type: AWS::EC2::Instance\n  Properties:\n    MetadataOptions:\n      \
                 HttpEndpoint: enabled\n      HttpTokens: required\n",
            ),
            Self::AdvancedTierOff { instance: _ } => Fix::new(
                "Turn the advanced-instances tier on; it is charged by the node and hour.",
                site.aws(format_args!(
                    "ssm update-service-setting --setting-value advanced --setting-id \
                     arn:{}:ssm:{}:{}:servicesetting/ssm/managed-instance/activation-tier",
                    site.partition(),
                    site.target.region,
                    site.target.account
                )),
            ),
            Self::AgentNotRegistered { instance } => Fix::new(
                "See on the instance whether SSM Agent is installed and runs; its system log tells \
                 what happened at the start.",
                site.aws(format_args!(
                    "ec2 get-console-output --latest --output text --instance-id {instance}"
                )),
            )
            .with(
                "Instance:\n  Type: AWS::EC2::Instance\n  Properties:\n    ImageId: \
                 '{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}'\
                 \n",
            ),
            Self::AgentSilent { instance } | Self::AgentNotConnected { instance } => {
                let command = match instance {
                    InstanceId::Ec2(_) => site.aws(format_args!(
                        "ec2 get-console-output --latest --output text --instance-id {instance}"
                    )),
                    InstanceId::Hybrid(_) => {
                        "sudo journalctl --unit amazon-ssm-agent --since today".to_owned()
                    }
                };
                Fix::new(
                    "See what keeps it, a full disk or memory among others, and restart the agent \
                     on the machine, or the machine.",
                    command,
                )
            }
            Self::AgentTooOldForPorts { instance, .. } => Fix::new(
                "Update SSM Agent to 3.3.4851.0 or later, or ask for a shell.",
                site.aws(format_args!(
                    "ssm send-command --document-name AWS-UpdateSSMAgent --targets \
                     Key=InstanceIds,Values={instance}"
                )),
            )
            .with(
                "AgentUpdate:\n  Type: AWS::SSM::Association\n  Properties:\n    Name: \
                 AWS-UpdateSSMAgent\n    ScheduleExpression: rate(14 days)\n    Targets:\n      - \
                 Key: InstanceIds\n        Values: ['*']\n",
            ),
        }
    }
}
