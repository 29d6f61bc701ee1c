//! What may be the matter with the bucket that logs land in.

use super::{Fix, Site, named, quoted};
use crate::names::{Region, RoleArn};
use crate::readiness::ids::Permission;

/// What is the matter with the bucket that logs land in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum LogFault {
    /// It is not there.
    #[error("there is no bucket `{bucket}`")]
    BucketMissing {
        /// The bucket.
        bucket: String,
    },
    /// It lies in another Region, where the gateway endpoint does not lead.
    #[error(
        "bucket `{bucket}` is in `{region}`, and a gateway endpoint leads to its own Region only"
    )]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Its Region.
        region: Region,
    },
    /// It encrypts in two layers, which the agent takes for no encryption (AWS-FACTS 3.3).
    #[error("bucket `{bucket}` encrypts with `aws:kms:dsse`, and the agent refuses such sessions")]
    Dsse {
        /// The bucket.
        bucket: String,
    },
    /// The role may not read how it encrypts.
    #[error("role `{role}` may not read how `{bucket}` encrypts, so the agent refuses sessions")]
    RoleLacksEncryptionRead {
        /// The role.
        role: RoleArn,
        /// The bucket.
        bucket: String,
    },
    /// The role may not write logs.
    #[error("role `{role}` may not write logs to `{bucket}`: {}", named(actions))]
    RoleLacksWrite {
        /// The role.
        role: RoleArn,
        /// The bucket.
        bucket: String,
        /// What is missing.
        actions: Vec<Permission>,
    },
    /// The bucket's policy keeps the agent out.
    #[error("statement `{statement}` in the policy of `{bucket}` denies the agent what it does")]
    PolicyDenies {
        /// The bucket.
        bucket: String,
        /// The statement, by its `Sid` or its number.
        statement: String,
    },
    /// The bucket is another account's, and its policy does not let the agent in.
    #[error("bucket `{bucket}` is another account's, and its policy does not let in `{role}`")]
    PolicySilent {
        /// The bucket.
        bucket: String,
        /// The role.
        role: RoleArn,
    },
}

impl LogFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::BucketMissing { .. } => "log-bucket-missing",
            Self::OtherRegion { .. } => "log-bucket-in-other-region",
            Self::Dsse { .. } => "log-bucket-dsse",
            Self::RoleLacksEncryptionRead { .. } => "role-lacks-encryption-read",
            Self::RoleLacksWrite { .. } => "role-lacks-log-write",
            Self::PolicyDenies { .. } => "bucket-policy-denies",
            Self::PolicySilent { .. } => "bucket-policy-silent",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::BucketMissing { bucket } => Fix::new(
                "Create it, or name the right one in the configuration of Postern.",
                site.aws(format_args!(
                    "s3api create-bucket --bucket {} --object-lock-enabled-for-bucket \
                     --create-bucket-configuration LocationConstraint={}",
                    quoted(bucket),
                    site.target.region
                )),
            )
            .with(
                "LogBucket:\n  Type: AWS::S3::Bucket\n  DeletionPolicy: Retain\n  Properties:\n    \
                 ObjectLockEnabled: true\n    VersioningConfiguration: { Status: Enabled }\n",
            ),
            Self::OtherRegion { .. } => Fix::new(
                "Name a bucket in the instance's own Region for the place, or give the instance a \
                 way out through a NAT gateway; see which buckets there are.",
                site.aws(format_args!(
                    "s3api list-buckets --bucket-region {}",
                    site.target.region
                )),
            ),
            Self::Dsse { bucket } => Fix::new(
                "Let it encrypt with `aws:kms` or `AES256`.",
                site.aws(format_args!(
                    "s3api put-bucket-encryption --bucket {} \
                     --server-side-encryption-configuration {}",
                    quoted(bucket),
                    quoted(
                        r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}"#
                    )
                )),
            )
            .with(
                "LogBucket:\n  Type: AWS::S3::Bucket\n  Properties:\n    BucketEncryption:\n      \
                 ServerSideEncryptionConfiguration:\n        - ServerSideEncryptionByDefault:\n            \
                 SSEAlgorithm: AES256\n",
            ),
            Self::RoleLacksEncryptionRead { role, .. } | Self::RoleLacksWrite { role, .. } => {
                grant(site, role)
            }
            Self::PolicyDenies { bucket, .. } => Fix::new(
                "Have the statement leave out the role and the folder of logs.",
                site.aws(format_args!("s3api get-bucket-policy --bucket {}", quoted(bucket))),
            ),
            Self::PolicySilent { bucket, role, .. } => {
                let policy = serde_json::json!({
                    "Version": "2012-10-17",
                    "Statement": statements(site, Some(role)),
                });
                Fix::new(
                    "Allow the role in the bucket's policy, from the account that owns it. The \
                     command replaces the policy, so take over what others need of it first.",
                    site.aws(format_args!(
                        "s3api put-bucket-policy --bucket {} --policy {}",
                        quoted(bucket),
                        quoted(&policy.to_string())
                    )),
                )
                .with(format!(
                    "LogBucketPolicy:\n  Type: AWS::S3::BucketPolicy\n  Properties:\n    Bucket: \
                     {bucket}\n    PolicyDocument: {policy}\n"
                ))
            }
        }
    }
}

/// What a role needs to write logs (AWS-FACTS 3.11), in its own policy or in the bucket's.
fn statements(site: Site<'_>, principal: Option<&RoleArn>) -> serde_json::Value {
    let statement = |actions: &[&str], resource: String| {
        let mut statement = serde_json::json!({
            "Effect": "Allow", "Action": actions, "Resource": resource,
        });
        if let (Some(role), Some(members)) = (principal, statement.as_object_mut()) {
            members.insert(
                "Principal".into(),
                serde_json::json!({ "AWS": role.to_string() }),
            );
        }
        statement
    };
    let bucket = format!("arn:{}:s3:::{}", site.partition(), site.place.log_bucket);
    serde_json::json!([
        statement(&["s3:PutObject", "s3:PutObjectAcl"], site.log_objects()),
        statement(&["s3:GetEncryptionConfiguration"], bucket),
    ])
}

/// Gives a role what it needs to write logs.
fn grant(site: Site<'_>, role: &RoleArn) -> Fix {
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": statements(site, None),
    });
    Fix::new(
        "Give the role what it takes to write logs; where it has it, a boundary or a deny takes it \
         away.",
        format!(
            "aws iam put-role-policy --role-name {} --policy-name postern-log --policy-document {}",
            quoted(role.name()),
            quoted(&policy.to_string())
        ),
    )
    .with(format!(
        "InstanceRole:\n  Type: AWS::IAM::Role\n  Properties:\n    Policies:\n      - PolicyName: \
         postern-log\n        PolicyDocument: {policy}\n"
    ))
}
