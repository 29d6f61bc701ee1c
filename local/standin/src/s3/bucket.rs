//! What is told of a bucket itself.

use super::spec::Encryption;
use super::{Target, document, iso};
use crate::call::{Answer, AwsError, Call, Handled};
use crate::world::World;
use crate::xml::Element;

pub(super) fn list_all(world: &World, call: &Call) -> Handled {
    let state = world.s3_state();
    let buckets = state
        .buckets
        .iter()
        .filter(|(_, bucket)| bucket.owner == call.caller.account)
        .map(|(name, bucket)| {
            Element::new("Bucket")
                .leaf("Name", name.as_str())
                .leaf("CreationDate", iso(bucket.created_millis))
        });
    Ok(document(
        Element::new("ListAllMyBucketsResult")
            .child(Element::new("Owner").leaf("ID", call.caller.account.as_str()))
            .child(Element::new("Buckets").children(buckets)),
    ))
}

pub(super) fn head(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    Ok(Answer::empty(200).header("x-amz-bucket-region", bucket.region.as_str()))
}

pub(super) fn encryption(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let encryption = &state.bucket(&target.bucket)?.encryption;
    let bucket_key = match encryption {
        Encryption::Aes256 | Encryption::KmsDsse { .. } => "false",
        Encryption::Kms { .. } => "true",
    };
    Ok(document(
        Element::new("ServerSideEncryptionConfiguration").child(
            Element::new("Rule")
                .child(
                    Element::new("ApplyServerSideEncryptionByDefault")
                        .leaf("SSEAlgorithm", encryption.algorithm())
                        .maybe("KMSMasterKeyID", encryption.key_id()),
                )
                .leaf("BucketKeyEnabled", bucket_key),
        ),
    ))
}

pub(super) fn policy(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let policy = state.bucket(&target.bucket)?.policy.as_ref();
    let policy = policy.ok_or_else(|| {
        AwsError::new(
            404,
            "NoSuchBucketPolicy",
            "The bucket policy does not exist",
        )
    })?;
    let mut answer = Answer::empty(200).header("content-type", "application/json");
    answer.body = policy.clone().into();
    Ok(answer)
}

pub(super) fn versioning(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let enabled = state
        .bucket(&target.bucket)?
        .versioning
        .then_some("Enabled");
    Ok(document(
        Element::new("VersioningConfiguration").maybe("Status", enabled),
    ))
}

pub(super) fn object_lock(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let lock = state.bucket(&target.bucket)?.object_lock.ok_or_else(|| {
        AwsError::new(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        )
    })?;
    let rule = lock.default_retention.map(|retention| {
        Element::new("Rule").child(
            Element::new("DefaultRetention")
                .leaf("Mode", retention.mode.wire())
                .leaf("Days", retention.days.to_string()),
        )
    });
    Ok(document(
        Element::new("ObjectLockConfiguration")
            .leaf("ObjectLockEnabled", "Enabled")
            .children(rule),
    ))
}

pub(super) fn location(world: &World, target: &Target) -> Handled {
    let state = world.s3_state();
    let region = state.bucket(&target.bucket)?.region.as_str();
    // The oldest Region is told as an empty constraint.
    let constraint = if region == "us-east-1" { "" } else { region };
    Ok(document(Element::text("LocationConstraint", constraint)))
}
