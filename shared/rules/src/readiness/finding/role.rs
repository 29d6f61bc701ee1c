//! What may be the matter with the role that an agent acts as.

use super::{Fix, Site, named, quoted};
use crate::names::{InstanceId, RoleArn};
use crate::readiness::ids::{Permission, ProfileName};

/// What is the matter with the role that an agent acts as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RoleFault {
    /// Neither an instance profile nor Default Host Management gives the agent a role.
    #[error("`{instance}` has no instance profile, and Default Host Management is off")]
    NoRole {
        /// The instance.
        instance: InstanceId,
    },
    /// The instance profile is empty.
    #[error("instance profile `{profile}` has no role in it")]
    ProfileEmpty {
        /// The profile.
        profile: ProfileName,
    },
    /// The service that hands out the role's credentials may not assume it.
    #[error("role `{role}` does not trust `{service}`, which hands out its credentials")]
    NotTrusted {
        /// The role.
        role: RoleArn,
        /// The service.
        service: &'static str,
    },
    /// The role may not do what the agent does.
    #[error("role `{role}` may not do what the agent needs: {}", named(actions))]
    LacksAgentActions {
        /// The role.
        role: RoleArn,
        /// What is missing.
        actions: Vec<Permission>,
    },
    /// The agent does not know Default Host Management (AWS-FACTS 4.7).
    #[error(
        "`{instance}` lives on Default Host Management, and its agent has version `{version}`, \
         too old for it"
    )]
    TooOldForHostManagement {
        /// The instance.
        instance: InstanceId,
        /// The version.
        version: String,
    },
}

const INSTANCE_ROLE: &str = "InstanceRole:
  Type: AWS::IAM::Role
  Properties:
    AssumeRolePolicyDocument:
      Version: '2012-10-17'
      Statement:
        - Effect: Allow
          Principal: { Service: ec2.amazonaws.com }
          Action: sts:AssumeRole
    ManagedPolicyArns:
      - !Sub arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore
InstanceProfile:
  Type: AWS::IAM::InstanceProfile
  Properties:
    Roles: [!Ref InstanceRole]
";

impl RoleFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoRole { .. } => "no-instance-role",
            Self::ProfileEmpty { .. } => "instance-profile-empty",
            Self::NotTrusted { .. } => "role-not-trusted",
            Self::LacksAgentActions { .. } => "role-lacks-agent-actions",
            Self::TooOldForHostManagement { .. } => "agent-too-old-for-host-management",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::NoRole { instance } => Fix::new(
                "Give it an instance profile whose role has AmazonSSMManagedInstanceCore; \
                 `INSTANCE_PROFILE` stands for its name.",
                site.aws(format_args!(
                    "ec2 associate-iam-instance-profile --instance-id {instance} \
                     --iam-instance-profile Name=INSTANCE_PROFILE"
                )),
            )
            .with(INSTANCE_ROLE),
            Self::ProfileEmpty { profile } => Fix::new(
                "Put a role with AmazonSSMManagedInstanceCore into it; `ROLE` stands for its name.",
                format!(
                    "aws iam add-role-to-instance-profile --instance-profile-name {} \
                     --role-name ROLE",
                    quoted(profile.as_str())
                ),
            )
            .with(INSTANCE_ROLE),
            Self::NotTrusted { role, service } => {
                let policy = format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
                );
                Fix::new(
                    "Let the service assume it. The command replaces the trust policy.",
                    format!(
                        "aws iam update-assume-role-policy --role-name {} --policy-document {}",
                        quoted(role.name()),
                        quoted(&policy)
                    ),
                )
                .with(INSTANCE_ROLE.replace("ec2.amazonaws.com", service))
            }
            Self::LacksAgentActions { role, .. } => Fix::new(
                "Attach AmazonSSMManagedInstanceCore; where it is attached, a boundary or a deny \
                 takes these actions away.",
                format!(
                    "aws iam attach-role-policy --role-name {} --policy-arn \
                     arn:{}:iam::aws:policy/AmazonSSMManagedInstanceCore",
                    quoted(role.name()),
                    site.partition()
                ),
            )
            .with(INSTANCE_ROLE),
            Self::TooOldForHostManagement { instance, .. } => Fix::new(
                "Give it an instance profile, or update SSM Agent to 3.2.582.0 or later from its \
                 image; `INSTANCE_PROFILE` stands for the profile's name.",
                site.aws(format_args!(
                    "ec2 associate-iam-instance-profile --instance-id {instance} \
                     --iam-instance-profile Name=INSTANCE_PROFILE"
                )),
            )
            .with(INSTANCE_ROLE),
        }
    }
}
