//! What may be the matter with a KMS key.

use super::{Fix, Site, named, quoted};
use crate::names::RoleArn;
use crate::readiness::ids::{KeyArn, Permission};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyUse {
    /// The bucket is encrypted with it.
    Log,
    /// Session traffic is encrypted with it.
    Session,
}

impl KeyUse {
    fn of_what(self) -> &'static str {
        match self {
            Self::Log => "of the log bucket",
            Self::Session => "of session traffic",
        }
    }

    /// What the agent does with it (AWS-FACTS 1.16, 3.11).
    #[must_use]
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Log => &["kms:GenerateDataKey", "kms:Decrypt"],
            Self::Session => &["kms:Decrypt"],
        }
    }
}

/// What is the matter with a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum KeyFault {
    /// It is disabled, or is to be deleted.
    #[error("key `{}` {} is disabled", key.id(), purpose.of_what())]
    Disabled {
        /// The key.
        key: KeyArn,
        /// What it is for.
        purpose: KeyUse,
    },
    /// Its policy does not let the role use it.
    #[error("the policy of key `{}` {} does not let `{role}` use it", key.id(), purpose.of_what())]
    PolicyDenies {
        /// The key.
        key: KeyArn,
        /// What it is for.
        purpose: KeyUse,
        /// The role.
        role: RoleArn,
    },
    /// The role's own policies do not let it use the key.
    #[error("role `{role}` may not use key `{}` {}: {}", key.id(), purpose.of_what(), named(actions))]
    RoleLacksActions {
        /// The key.
        key: KeyArn,
        /// What it is for.
        purpose: KeyUse,
        /// The role.
        role: RoleArn,
        /// What is missing.
        actions: Vec<Permission>,
    },
    /// The bucket is another account's and encrypts with a key that only that account may use.
    #[error("bucket `{bucket}` is another account's, and encrypts with that account's own S3 key")]
    NotAcrossAccounts {
        /// The bucket.
        bucket: String,
    },
}

impl KeyFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Disabled { .. } => "key-disabled",
            Self::PolicyDenies { .. } => "key-policy-denies",
            Self::RoleLacksActions { .. } => "role-lacks-key-actions",
            Self::NotAcrossAccounts { .. } => "key-not-across-accounts",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::Disabled { key, .. } => Fix::new(
                "Enable it; a key that is to be deleted takes `cancel-key-deletion` first.",
                format!("aws kms enable-key --key-id {key} --region {}", region_of(key)),
            )
            .with("Key:\n  Type: AWS::KMS::Key\n  Properties:\n    Enabled: true\n"),
            Self::PolicyDenies { key, purpose, role } => {
                let operations: Vec<&str> = purpose
                    .actions()
                    .iter()
                    .filter_map(|action| action.strip_prefix("kms:"))
                    .collect();
                Fix::new(
                    "Let the role use it. A deny in the key's policy has to go first.",
                    format!(
                        "aws kms create-grant --key-id {key} --grantee-principal {role} \
                         --operations {} --region {}",
                        operations.join(" "),
                        region_of(key)
                    ),
                )
                .with(format!(
                    "Key:\n  Type: AWS::KMS::Key\n  Properties:\n    KeyPolicy:\n      Statement:\n        \
                     - Effect: Allow\n          Principal: {{ AWS: '{role}' }}\n          Action: [{}]\n          \
                     Resource: '*'\n",
                    purpose.actions().join(", ")
                ))
            }
            Self::RoleLacksActions {
                key, purpose, role, ..
            } => {
                let policy = serde_json::json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Action": purpose.actions(),
                        "Resource": key.as_str(),
                    }],
                });
                Fix::new(
                    "Give the role these actions on the key.",
                    format!(
                        "aws iam put-role-policy --role-name {} --policy-name {} \
                         --policy-document {}",
                        quoted(role.name()),
                        match purpose {
                            KeyUse::Log => "postern-log-key",
                            KeyUse::Session => "postern-session-key",
                        },
                        quoted(&policy.to_string())
                    ),
                )
                .with(format!(
                    "InstanceRole:\n  Type: AWS::IAM::Role\n  Properties:\n    Policies:\n      - \
                     PolicyName: key\n        PolicyDocument: {policy}\n"
                ))
            }
            Self::NotAcrossAccounts { bucket } => Fix::new(
                "Encrypt the bucket with a customer key whose policy lets the role use it, or with \
                 AES256, from the account that owns it; `KEY` stands for the key's ARN.",
                site.aws(format_args!(
                    "s3api put-bucket-encryption --bucket {} \
                     --server-side-encryption-configuration {}",
                    quoted(bucket),
                    quoted(
                        r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"KEY"},"BucketKeyEnabled":true}]}"#
                    )
                )),
            )
            .with(
                "LogBucket:\n  Type: AWS::S3::Bucket\n  Properties:\n    BucketEncryption:\n      \
                 ServerSideEncryptionConfiguration:\n        - BucketKeyEnabled: true\n          \
                 ServerSideEncryptionByDefault:\n            SSEAlgorithm: aws:kms\n            \
                 KMSMasterKeyID: !GetAtt Key.Arn\n",
            ),
        }
    }
}

/// The Region that a key lives in.
fn region_of(key: &KeyArn) -> &str {
    key.as_str().split(':').nth(3).unwrap_or_default()
}
