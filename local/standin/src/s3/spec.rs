//! How a bucket is to be: versions, locks, encryption.

use serde::{Deserialize, Serialize};

/// How a bucket is to be. The default is what S3 makes unasked: no versions, no lock, `AES256`.
#[derive(Clone, Debug, Default)]
pub struct BucketSpec {
    /// Whether versions are kept; implied by `object_lock`.
    pub versioning: bool,
    /// Whether versions can be locked.
    pub object_lock: Option<ObjectLock>,
    /// The default encryption.
    pub encryption: Encryption,
    /// Its policy, which is shown and not judged.
    pub policy: Option<String>,
    /// The account that owns it; `None` for the world's.
    pub owner: Option<String>,
    /// The Region that it is in; `None` for the world's.
    pub region: Option<String>,
}

/// Object Lock of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// The retention of every new version; `None` locks only what asks for it.
    pub default_retention: Option<Retention>,
}

/// A retention by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// How strict.
    pub mode: LockMode,
    /// For how many days from the write.
    pub days: u16,
}

/// How strict a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockMode {
    /// May be bypassed by who has `s3:BypassGovernanceRetention` and says so.
    Governance,
    /// Cannot be bypassed.
    Compliance,
}

impl LockMode {
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    pub(super) fn from_wire(text: &str) -> Option<Self> {
        match text {
            "GOVERNANCE" => Some(Self::Governance),
            "COMPLIANCE" => Some(Self::Compliance),
            _ => None,
        }
    }
}

/// Default encryption of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encryption {
    /// `AES256`, S3's own keys.
    #[default]
    Aes256,
    /// `aws:kms` with this key.
    Kms {
        /// The key's ARN or id.
        key_id: String,
    },
    /// `aws:kms:dsse` with this key, which SSM Agent does not recognise (AWS-FACTS 3.3).
    KmsDsse {
        /// The key's ARN or id.
        key_id: String,
    },
}

impl Encryption {
    /// The algorithm as headers and documents write it.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms { .. } => "aws:kms",
            Self::KmsDsse { .. } => "aws:kms:dsse",
        }
    }

    /// The KMS key, where there is one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Aes256 => None,
            Self::Kms { key_id } | Self::KmsDsse { key_id } => Some(key_id),
        }
    }
}
