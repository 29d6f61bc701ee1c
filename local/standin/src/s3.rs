//! S3: buckets with versions, locks and checksums, as far as proving a log needs them.
//!
//! Offered are the calls that read a log bucket from several sides (`ListObjectsV2`,
//! `ListObjectVersions`, `HeadObject`, `GetObject` and the bucket's encryption, versioning, lock
//! and location), and those that write or try to tamper (`PutObject`, `DeleteObject`). Both
//! addressing styles work: the bucket in the host, or first in the path. What is not offered
//! answers 501 `NotImplemented` and is never silently ignored.
//!
//! Everything is strongly consistent. A name in a bucket is a stack of versions, newest last; a
//! delete without a version id puts a delete marker on top. A version under retention cannot be
//! removed over the wire; only a test can, by [`World::remove_version`].

mod bucket;
mod checksum;
mod listing;
mod object;
mod payload;
mod seeding;
mod spec;
mod store;

use percent_encoding::percent_decode_str;

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::door::Incoming;
use crate::world::World;
use crate::xml::Element;
use crate::{iam, ssm};

pub(crate) use payload::payload;
pub use spec::{BucketSpec, Encryption, LockMode, ObjectLock, Retention};
pub(crate) use store::State;
pub use store::{ObjectVersion, PutObject};

/// The namespace of every S3 document.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Sub-resources that change what a call means and are not offered.
const FOREIGN_SUBRESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "ownershipControls",
    "partNumber",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "select",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "website",
];

/// The bucket and the key that a request is about, decoded.
pub(crate) fn address(host: &str, path: &str) -> (Option<String>, Option<String>) {
    let decode = |text: &str| {
        Some(percent_decode_str(text).decode_utf8_lossy().into_owned())
            .filter(|text| !text.is_empty())
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    match bucket_of_host(host) {
        Some(bucket) => (Some(bucket.to_owned()), decode(path)),
        None => match path.split_once('/') {
            Some((bucket, key)) => (decode(bucket), decode(key)),
            None => (decode(path), None),
        },
    }
}

/// The bucket in `BUCKET.s3.REGION.amazonaws.com` or `BUCKET.localhost`; none where the host is
/// the service itself.
fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bucket = match name.split_once(".s3.").or_else(|| name.split_once(".s3-")) {
        Some((bucket, _)) => bucket,
        None => name.strip_suffix(".localhost")?,
    };
    (!bucket.is_empty() && bucket != "s3").then_some(bucket)
}

/// The operation of a request, or `None` for one that is not offered.
pub(crate) fn operation(incoming: &Incoming, query: &[(String, String)]) -> Option<&'static str> {
    let has = |name: &str| query.iter().any(|(key, _)| key == name);
    if query
        .iter()
        .any(|(key, _)| FOREIGN_SUBRESOURCES.contains(&key.as_str()))
    {
        return None;
    }
    let (bucket, key) = address(&incoming.host, &incoming.path);
    match (incoming.method.as_str(), bucket.is_some(), key.is_some()) {
        ("GET", false, _) => Some("ListBuckets"),
        ("HEAD", true, false) => Some("HeadBucket"),
        ("GET", true, false) if has("list-type") => Some("ListObjectsV2"),
        ("GET", true, false) if has("versions") => Some("ListObjectVersions"),
        ("GET", true, false) if has("encryption") => Some("GetBucketEncryption"),
        ("GET", true, false) if has("policy") => Some("GetBucketPolicy"),
        ("GET", true, false) if has("versioning") => Some("GetBucketVersioning"),
        ("GET", true, false) if has("object-lock") => Some("GetObjectLockConfiguration"),
        ("GET", true, false) if has("location") => Some("GetBucketLocation"),
        ("GET", true, true) if has("retention") => Some("GetObjectRetention"),
        ("GET", true, true) => Some("GetObject"),
        ("HEAD", true, true) => Some("HeadObject"),
        ("PUT", true, true)
            if !has("retention") && !incoming.headers.contains_key("x-amz-copy-source") =>
        {
            Some("PutObject")
        }
        ("DELETE", true, true) => Some("DeleteObject"),
        _ => None,
    }
}

/// What a call is about, once it is known to name a bucket that may be used.
struct Target {
    bucket: String,
    key: String,
}

impl Target {
    fn of(call: &Call) -> Self {
        let (bucket, key) = address(call.header("host").unwrap_or_default(), &call.path);
        Self {
            bucket: bucket.unwrap_or_default(),
            key: key.unwrap_or_default(),
        }
    }

    fn bucket_arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.bucket)
    }

    fn object_arn(&self) -> String {
        format!("arn:aws:s3:::{}/{}", self.bucket, self.key)
    }
}

/// What a call needs to be allowed.
pub(crate) fn demands(_world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let target = Target::of(call);
    let on_bucket = |action: &str| vec![Demand::new(action, target.bucket_arn())];
    let on_object = |action: &str| vec![Demand::new(action, target.object_arn())];
    let versioned = call.query_value("versionId").is_some();
    Ok(match call.operation.as_str() {
        "ListBuckets" => vec![Demand::new("s3:ListAllMyBuckets", "*")],
        "HeadBucket" => on_bucket("s3:ListBucket"),
        "ListObjectsV2" => vec![listing_demand(call, "s3:ListBucket", &target)],
        "ListObjectVersions" => vec![listing_demand(call, "s3:ListBucketVersions", &target)],
        "GetBucketEncryption" => on_bucket("s3:GetEncryptionConfiguration"),
        "GetBucketPolicy" => on_bucket("s3:GetBucketPolicy"),
        "GetBucketVersioning" => on_bucket("s3:GetBucketVersioning"),
        "GetObjectLockConfiguration" => on_bucket("s3:GetBucketObjectLockConfiguration"),
        "GetBucketLocation" => on_bucket("s3:GetBucketLocation"),
        "GetObjectRetention" => on_object("s3:GetObjectRetention"),
        "GetObject" | "HeadObject" if versioned => on_object("s3:GetObjectVersion"),
        "GetObject" | "HeadObject" => on_object("s3:GetObject"),
        "DeleteObject" if versioned => on_object("s3:DeleteObjectVersion"),
        "DeleteObject" => on_object("s3:DeleteObject"),
        "PutObject" => object::put_demands(call, &target),
        other => return Err(AwsError::unknown_operation(call.service, other)),
    })
}

fn listing_demand(call: &Call, action: &str, target: &Target) -> Demand {
    let mut demand = Demand::new(action, target.bucket_arn());
    for (parameter, key) in [
        ("prefix", "s3:prefix"),
        ("delimiter", "s3:delimiter"),
        ("max-keys", "s3:max-keys"),
    ] {
        if let Some(value) = call.query_value(parameter) {
            demand = demand.with(key, value);
        }
    }
    demand
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    ssm::settle(world, call.now_millis);
    if call.operation == "ListBuckets" {
        return bucket::list_all(world, call);
    }
    let target = Target::of(call);
    if call.operation == "HeadBucket" {
        // The answer has no body to say it in, and so a header says where the bucket is.
        let elsewhere = world.s3_state().region_of(&target.bucket);
        if let Some(region) = elsewhere.filter(|region| *region != call.region) {
            return Ok(Answer::empty(301).header("x-amz-bucket-region", region));
        }
    }
    usable(world, call, &target)?;
    match call.operation.as_str() {
        "HeadBucket" => bucket::head(world, &target),
        "GetBucketEncryption" => bucket::encryption(world, &target),
        "GetBucketPolicy" => bucket::policy(world, &target),
        "GetBucketVersioning" => bucket::versioning(world, &target),
        "GetObjectLockConfiguration" => bucket::object_lock(world, &target),
        "GetBucketLocation" => bucket::location(world, &target),
        "ListObjectsV2" => listing::objects(world, call, &target),
        "ListObjectVersions" => listing::versions(world, call, &target),
        "PutObject" => object::put(world, call, &target),
        "GetObject" | "HeadObject" => object::get(world, call, &target),
        "GetObjectRetention" => object::retention(world, call, &target),
        "DeleteObject" => object::delete(world, call, &target),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

/// The bucket exists, is where the call was signed for, and belongs to whom the caller expects.
fn usable(world: &World, call: &Call, target: &Target) -> Result<(), AwsError> {
    let state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    if bucket.region != call.region {
        return Err(AwsError::new(
            400,
            "AuthorizationHeaderMalformed",
            format!(
                "The authorization header is malformed; the region '{}' is wrong; expecting '{}'",
                call.region, bucket.region
            ),
        ));
    }
    // Bucket policies are shown and not judged, so a foreign account has no way in.
    let expected = call.header("x-amz-expected-bucket-owner");
    if bucket.owner != call.caller.account || expected.is_some_and(|owner| owner != bucket.owner) {
        return Err(AwsError::access_denied("Access Denied"));
    }
    Ok(())
}

/// A missing object is a secret to callers that may not list the bucket (AWS-FACTS 3.12).
fn missing(world: &World, call: &Call, target: &Target, error: AwsError) -> AwsError {
    let list = Demand::new("s3:ListBucket", target.bucket_arn());
    match iam::authorize(world, &call.caller, &list, call.now_millis) {
        Ok(()) => error,
        Err(_) => AwsError::access_denied("Access Denied"),
    }
}

fn document(root: Element) -> Answer {
    let mut answer = Answer::xml(root.namespace(NAMESPACE).document());
    answer.headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    answer
}

/// A time as S3 documents write it: whole seconds, ISO 8601.
fn iso(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
