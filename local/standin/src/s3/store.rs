//! Buckets, objects and their versions.

use std::collections::BTreeMap;

use bytes::Bytes;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::spec::{Encryption, LockMode, ObjectLock, Retention};
use crate::call::AwsError;
use crate::random;

/// Every bucket by name.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
}

/// A bucket.
#[derive(Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) owner: String,
    pub(super) region: String,
    pub(super) versioning: bool,
    pub(super) object_lock: Option<ObjectLock>,
    pub(super) encryption: Encryption,
    #[serde(default)]
    pub(super) policy: Option<String>,
    pub(super) created_millis: i64,
    /// The versions of each key, oldest first; a key without versions is not there.
    pub(super) objects: BTreeMap<String, Vec<ObjectVersion>>,
}

/// One version of one object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectVersion {
    /// The key in its bucket.
    pub key: String,
    /// The version id; `null` in a bucket without versions.
    pub version_id: String,
    /// Whether this is a delete marker, which has no content.
    pub delete_marker: bool,
    /// The content.
    #[serde(with = "base64_bytes")]
    pub body: Bytes,
    /// The entity tag without quotes: the MD5 of the content, or opaque under KMS.
    pub etag: String,
    /// When it was written, in milliseconds since the Unix epoch; S3 tells whole seconds.
    pub last_modified_millis: i64,
    /// Who wrote it, as S3 notifications name a writer: `AWS:AROA…:i-0abc…` for an instance role.
    pub writer: String,
    /// The media type.
    pub content_type: String,
    /// User metadata, without the `x-amz-meta-` prefix.
    pub metadata: BTreeMap<String, String>,
    /// The full-object checksum: algorithm in header spelling (`crc32`) and base64 value.
    pub checksum: Option<(String, String)>,
    /// The lock: mode, and the end in milliseconds since the Unix epoch.
    pub retention: Option<(LockMode, i64)>,
}

impl ObjectVersion {
    /// Whether a lock is in force.
    #[must_use]
    pub fn is_locked(&self, now_millis: i64) -> bool {
        self.retention.is_some_and(|(_, until)| now_millis < until)
    }
}

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub struct PutObject {
    /// The content.
    pub body: Bytes,
    /// Who writes, as notifications name a writer; empty for the account's root.
    pub writer: String,
    /// The media type; `None` for S3's default.
    pub content_type: Option<String>,
    /// User metadata, without the `x-amz-meta-` prefix.
    pub metadata: BTreeMap<String, String>,
    /// The full-object checksum; `None` for none.
    pub checksum: Option<(String, String)>,
    /// The lock; `None` for the bucket's default.
    pub retention: Option<(LockMode, i64)>,
}

impl State {
    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, AwsError> {
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    /// The Region of a bucket.
    pub(super) fn region_of(&self, name: &str) -> Option<String> {
        self.buckets.get(name).map(|bucket| bucket.region.clone())
    }

    /// Writes a version and gives it back.
    pub(crate) fn put(
        &mut self,
        bucket: &str,
        key: &str,
        put: PutObject,
        now_millis: i64,
    ) -> Result<ObjectVersion, AwsError> {
        let bucket = self.buckets.get_mut(bucket).ok_or_else(no_such_bucket)?;
        let etag = match bucket.encryption {
            Encryption::Aes256 => hex::encode(Md5::digest(&put.body)),
            // Under KMS the tag is not the MD5 of the content, and nobody may rely on it.
            Encryption::Kms { .. } | Encryption::KmsDsse { .. } => {
                let digest = hex::encode(Sha256::digest(random::bytes()));
                digest.get(..32).unwrap_or_default().to_owned()
            }
        };
        let retention = put.retention.or_else(|| {
            let Retention { mode, days } = bucket.object_lock?.default_retention?;
            Some((
                mode,
                now_millis.saturating_add(i64::from(days) * 86_400_000),
            ))
        });
        let version = ObjectVersion {
            key: key.to_owned(),
            version_id: bucket.fresh_version_id(),
            delete_marker: false,
            body: put.body,
            etag,
            last_modified_millis: now_millis,
            writer: put.writer,
            content_type: put
                .content_type
                .unwrap_or_else(|| "binary/octet-stream".to_owned()),
            metadata: put.metadata,
            checksum: put.checksum,
            retention,
        };
        bucket.push(version.clone());
        Ok(version)
    }

    /// Deletes the current version: puts a delete marker on top, or without versions removes it.
    pub(super) fn delete(
        &mut self,
        bucket: &str,
        key: &str,
        writer: String,
        now_millis: i64,
    ) -> Result<Option<ObjectVersion>, AwsError> {
        let bucket = self.buckets.get_mut(bucket).ok_or_else(no_such_bucket)?;
        if !bucket.versioning {
            bucket.objects.remove(key);
            return Ok(None);
        }
        let marker = ObjectVersion {
            key: key.to_owned(),
            version_id: bucket.fresh_version_id(),
            delete_marker: true,
            body: Bytes::new(),
            etag: String::new(),
            last_modified_millis: now_millis,
            writer,
            content_type: String::new(),
            metadata: BTreeMap::new(),
            checksum: None,
            retention: None,
        };
        bucket.push(marker.clone());
        Ok(Some(marker))
    }

    /// Removes one version for good, whatever locks say.
    pub(super) fn remove(
        &mut self,
        bucket: &str,
        key: &str,
        version_id: &str,
    ) -> Result<Option<ObjectVersion>, AwsError> {
        let bucket = self.buckets.get_mut(bucket).ok_or_else(no_such_bucket)?;
        let Some(versions) = bucket.objects.get_mut(key) else {
            return Ok(None);
        };
        let removed = versions
            .iter()
            .position(|version| version.version_id == version_id)
            .map(|index| versions.remove(index));
        if versions.is_empty() {
            bucket.objects.remove(key);
        }
        Ok(removed)
    }
}

impl Bucket {
    fn fresh_version_id(&self) -> String {
        match self.versioning {
            true => random::text(random::LOWER, 32),
            false => "null".to_owned(),
        }
    }

    fn push(&mut self, version: ObjectVersion) {
        let versions = self.objects.entry(version.key.clone()).or_default();
        if !self.versioning {
            versions.clear();
        }
        versions.push(version);
    }

    /// The version that a plain read sees; `None` where there is none or a delete marker is on top.
    pub(super) fn current(&self, key: &str) -> Option<&ObjectVersion> {
        self.objects
            .get(key)?
            .last()
            .filter(|version| !version.delete_marker)
    }

    /// A version by its id, delete markers included.
    pub(super) fn version(&self, key: &str, version_id: &str) -> Option<&ObjectVersion> {
        self.objects
            .get(key)?
            .iter()
            .find(|version| version.version_id == version_id)
    }
}

pub(super) fn no_such_bucket() -> AwsError {
    AwsError::new(404, "NoSuchBucket", "The specified bucket does not exist")
}

/// Content in the snapshot, as base64.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(de::Error::custom)
    }
}
