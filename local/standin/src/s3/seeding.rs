//! What tests do to buckets and objects, past every door and policy, and what they see.

use std::collections::BTreeMap;

use super::spec::{BucketSpec, Encryption};
use super::store::{Bucket, ObjectVersion, PutObject};
use crate::call::AwsError;
use crate::ssm;
use crate::world::World;

impl World {
    /// Makes a bucket; one of that name that is already there is kept, with its objects.
    pub fn create_bucket(&self, name: impl Into<String>, spec: BucketSpec) {
        let bucket = Bucket {
            owner: spec.owner.unwrap_or_else(|| self.account().to_owned()),
            region: spec.region.unwrap_or_else(|| self.region().to_owned()),
            versioning: spec.versioning || spec.object_lock.is_some(),
            object_lock: spec.object_lock,
            encryption: spec.encryption,
            policy: spec.policy,
            created_millis: self.now_millis(),
            objects: BTreeMap::new(),
        };
        self.s3_state().buckets.entry(name.into()).or_insert(bucket);
        self.persist();
    }

    /// Changes how a bucket encrypts by default, and its policy.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn change_bucket(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut Encryption, &mut Option<String>),
    ) -> Result<(), AwsError> {
        let changed = match self.s3_state().buckets.get_mut(bucket) {
            Some(found) => {
                change(&mut found.encryption, &mut found.policy);
                Ok(())
            }
            None => Err(super::store::no_such_bucket()),
        };
        self.persist();
        changed
    }

    /// Removes a bucket and all that is in it.
    pub fn remove_bucket(&self, bucket: &str) {
        self.s3_state().buckets.remove(bucket);
        self.persist();
    }

    /// The default encryption of a bucket; `None` where there is no such bucket.
    #[must_use]
    pub fn bucket_encryption(&self, bucket: &str) -> Option<Encryption> {
        self.s3_state()
            .buckets
            .get(bucket)
            .map(|found| found.encryption.clone())
    }

    /// Writes an object past every door and policy, and gives the version.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn put_object(
        &self,
        bucket: &str,
        key: &str,
        put: PutObject,
    ) -> Result<ObjectVersion, AwsError> {
        let version = self.s3_state().put(bucket, key, put, self.now_millis());
        self.persist();
        version
    }

    /// Deletes an object as a caller without a version id would: by a delete marker, where the
    /// bucket keeps versions.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn delete_object(&self, bucket: &str, key: &str) -> Result<(), AwsError> {
        let now = self.now_millis();
        let deleted = self
            .s3_state()
            .delete(bucket, key, String::new(), now)
            .map(|_| ());
        self.persist();
        deleted
    }

    /// Removes one version for good, locked or not: the tampering that locks are to prevent.
    /// Gives the version that is gone.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn remove_version(
        &self,
        bucket: &str,
        key: &str,
        version_id: &str,
    ) -> Result<Option<ObjectVersion>, AwsError> {
        let removed = self.s3_state().remove(bucket, key, version_id);
        self.persist();
        removed
    }

    /// Every version in a bucket, delete markers included: by key, oldest first. Empty where there
    /// is no such bucket.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Vec<ObjectVersion> {
        ssm::settle(self, self.now_millis());
        self.s3_state()
            .buckets
            .get(name)
            .map(|bucket| bucket.objects.values().flatten().cloned().collect())
            .unwrap_or_default()
    }

    /// The versions of one key, delete markers included, oldest first.
    #[must_use]
    pub fn object_versions(&self, bucket: &str, key: &str) -> Vec<ObjectVersion> {
        ssm::settle(self, self.now_millis());
        self.s3_state()
            .buckets
            .get(bucket)
            .and_then(|bucket| bucket.objects.get(key).cloned())
            .unwrap_or_default()
    }
}
