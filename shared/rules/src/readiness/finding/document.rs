//! What may be the matter with the session documents.

use super::{Fix, Site, named};
use crate::names::DocumentName;

/// What is the matter with session documents of a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum DocumentFault {
    /// They are not there.
    #[error(
        "there are no session documents {} in this account and Region",
        named(documents)
    )]
    Missing {
        /// The documents.
        documents: Vec<DocumentName>,
    },
    /// They name another bucket or folder than the place, or none.
    #[error("session documents {} do not log to `{wanted}`", named(documents))]
    LogElsewhere {
        /// The documents.
        documents: Vec<DocumentName>,
        /// Bucket and folder of the place.
        wanted: String,
    },
    /// They start sessions whose log would lie unencrypted.
    #[error(
        "session documents {} do not insist on an encrypted bucket",
        named(documents)
    )]
    EncryptionOff {
        /// The documents.
        documents: Vec<DocumentName>,
    },
    /// They name another key for session traffic than the place.
    #[error(
        "session documents {} name another session key than the place, {wanted}",
        named(documents)
    )]
    OtherKey {
        /// The documents.
        documents: Vec<DocumentName>,
        /// The key of the place.
        wanted: String,
    },
}

impl DocumentFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "document-missing",
            Self::LogElsewhere { .. } => "document-logs-elsewhere",
            Self::EncryptionOff { .. } => "document-encryption-off",
            Self::OtherKey { .. } => "document-other-key",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        let place = site.place;
        let template = format!(
            "Document:\n  Type: AWS::SSM::Document\n  Properties:\n    DocumentType: Session\n    \
             UpdateMethod: NewVersion\n    Content:\n      inputs:\n        s3BucketName: {}\n        \
             s3KeyPrefix: '{}'\n        s3EncryptionEnabled: true\n        kmsKeyId: '{}'\n",
            place.log_bucket,
            place.log_prefix,
            place.session_key.as_ref().map_or("", |key| key.as_str())
        );
        match self {
            Self::Missing { .. } => Fix::new(
                "Deploy Postern's documents there again; see which are there.",
                site.aws(
                    "ssm list-documents --filters Key=Owner,Values=Self Key=Name,Values=Postern-",
                ),
            ),
            Self::LogElsewhere { documents, .. }
            | Self::EncryptionOff { documents }
            | Self::OtherKey { documents, .. } => {
                let first = documents.first().map_or("NAME", |name| name.as_str());
                Fix::new(
                    "Deploy Postern's documents there again, with bucket, folder and key of the \
                     place; see what one says now.",
                    site.aws(format_args!("ssm get-document --name {first}")),
                )
            }
        }
        .with(template)
    }
}
