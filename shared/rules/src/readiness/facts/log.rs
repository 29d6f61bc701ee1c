//! Where logs go: the bucket, its key, and what the session documents say of them.

use serde_json::{Map, Value};

use super::Fact;
use crate::names::{AccountId, Region};
use crate::readiness::ids::KeyArn;

/// The bucket that session logs land in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its Region, which S3 tells whoever may list it (`s3:ListBucket`).
    pub region: Region,
    /// The account that owns it (`s3:ListBucket`).
    pub owner: Fact<AccountId>,
    /// How it encrypts by default (`s3:GetEncryptionConfiguration`).
    pub encryption: Fact<Encryption>,
    /// Its policy; none where it has none (`s3:GetBucketPolicy`).
    pub policy: Fact<Option<Value>>,
}

/// How a bucket encrypts by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// `AES256`: with keys of S3's own.
    Aes256,
    /// `aws:kms`.
    Kms {
        /// The key; none for the one that AWS keeps for S3 in each account.
        key: Option<Fact<Key>>,
    },
    /// `aws:kms:dsse`, which the agent does not know (AWS-FACTS 3.3).
    Dsse,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: KeyArn,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its policy.
    pub policy: Value,
}

/// What a session document says of its sessions' logs and encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInputs {
    /// The bucket; empty for no log.
    pub bucket: String,
    /// The folder in the bucket; may be empty.
    pub prefix: String,
    /// Whether a session starts only if the bucket is encrypted.
    pub encryption: bool,
    /// The key that session traffic is encrypted with, as an id, an alias or an ARN.
    pub key: Option<String>,
    /// The log group that sessions are copied to as well.
    pub log_group: Option<String>,
}

/// A session document without readable `inputs`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session document's `{0}` cannot be read")]
pub struct BadDocument(&'static str);

impl DocumentInputs {
    /// Reads the content of a session document (AWS-FACTS 3.8). What is left out says no.
    ///
    /// # Errors
    /// Names the member that is not as the schema wants it.
    pub fn read(content: &Value) -> Result<Self, BadDocument> {
        let inputs = match content.get("inputs") {
            None => &Map::new(),
            Some(inputs) => inputs.as_object().ok_or(BadDocument("inputs"))?,
        };
        let text = |name: &'static str| match inputs.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(BadDocument(name)),
        };
        let encryption = match inputs.get("s3EncryptionEnabled") {
            None => false,
            Some(flag) => flag.as_bool().ok_or(BadDocument("s3EncryptionEnabled"))?,
        };
        Ok(Self {
            bucket: text("s3BucketName")?.unwrap_or_default(),
            prefix: text("s3KeyPrefix")?.unwrap_or_default(),
            encryption,
            key: text("kmsKeyId")?,
            log_group: text("cloudWatchLogGroupName")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_are_read_strictly() {
        let read = |inputs: Value| DocumentInputs::read(&json!({ "inputs": inputs }));
        let whole = read(json!({
            "s3BucketName": "logs", "s3KeyPrefix": "sessions", "s3EncryptionEnabled": true,
            "cloudWatchLogGroupName": "", "kmsKeyId": "alias/sessions",
        }));
        assert_eq!(
            whole.unwrap(),
            DocumentInputs {
                bucket: "logs".into(),
                prefix: "sessions".into(),
                encryption: true,
                key: Some("alias/sessions".into()),
                log_group: None,
            }
        );
        assert!(!DocumentInputs::read(&json!({})).unwrap().encryption);
        for bad in [
            json!([]),
            json!({ "s3BucketName": 1 }),
            json!({ "s3EncryptionEnabled": "true" }),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
