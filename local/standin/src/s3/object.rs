//! Objects: writing, reading, deleting.

use bytes::Bytes;

use super::spec::LockMode;
use super::store::{Bucket, ObjectVersion, PutObject};
use super::{Target, checksum, document, iso, missing};
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::door::render::http_date;
use crate::iam;
use crate::world::World;
use crate::xml::Element;

/// A write needs more than `s3:PutObject` where it sets an ACL or a lock.
pub(super) fn put_demands(call: &Call, target: &Target) -> Vec<Demand> {
    let mut put = Demand::new("s3:PutObject", target.object_arn());
    for (header, key) in [
        ("x-amz-acl", "s3:x-amz-acl"),
        (
            "x-amz-server-side-encryption",
            "s3:x-amz-server-side-encryption",
        ),
    ] {
        if let Some(value) = call.header(header) {
            put = put.with(key, value);
        }
    }
    let mut demands = vec![put];
    if call.header("x-amz-acl").is_some() {
        demands.push(Demand::new("s3:PutObjectAcl", target.object_arn()));
    }
    if call.header("x-amz-object-lock-mode").is_some() {
        demands.push(Demand::new("s3:PutObjectRetention", target.object_arn()));
    }
    demands
}

pub(super) fn put(world: &World, call: &Call, target: &Target) -> Handled {
    // With "bucket owner enforced" only the ACL that changes nothing is accepted (AWS-FACTS 3.11).
    if call
        .header("x-amz-acl")
        .is_some_and(|acl| acl != "bucket-owner-full-control")
    {
        return Err(AwsError::new(
            400,
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ));
    }
    let kept_checksum = checksum::checked(&call.headers, &call.body)?;
    let retention = asked_retention(call)?;
    let metadata = call
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let mut state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    let locks = bucket
        .object_lock
        .is_some_and(|lock| retention.is_some() || lock.default_retention.is_some());
    if retention.is_some() && bucket.object_lock.is_none() {
        return Err(invalid_request(
            "Bucket is missing Object Lock Configuration",
        ));
    }
    if locks && !checksum::is_sent(&call.headers) {
        return Err(invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with \
             Object Lock parameters",
        ));
    }
    if call.header("if-none-match") == Some("*") && bucket.current(&target.key).is_some() {
        return Err(AwsError::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ));
    }
    let versioned = bucket.versioning;
    let encryption = bucket.encryption.clone();
    let put = PutObject {
        body: call.body.clone(),
        writer: format!("AWS:{}", call.caller.user_id()),
        content_type: call.header("content-type").map(str::to_owned),
        metadata,
        checksum: Some(kept_checksum),
        retention,
    };
    let version = state.put(&target.bucket, &target.key, put, call.now_millis)?;
    let mut answer = Answer::empty(200)
        .header("etag", format!("\"{}\"", version.etag))
        .header("x-amz-server-side-encryption", encryption.algorithm());
    if let Some(key_id) = encryption.key_id() {
        answer = answer.header("x-amz-server-side-encryption-aws-kms-key-id", key_id);
    }
    if versioned {
        answer = answer.header("x-amz-version-id", version.version_id.as_str());
    }
    Ok(with_checksum(answer, &version))
}

fn asked_retention(call: &Call) -> Result<Option<(LockMode, i64)>, AwsError> {
    let mode = call.header("x-amz-object-lock-mode");
    let until = call.header("x-amz-object-lock-retain-until-date");
    match (mode, until) {
        (None, None) => Ok(None),
        (Some(mode), Some(until)) => {
            let mode = LockMode::from_wire(mode).ok_or_else(|| {
                AwsError::new(400, "InvalidArgument", "Unknown wormMode directive.")
            })?;
            let until = until
                .parse::<jiff::Timestamp>()
                .map_err(|_| {
                    AwsError::new(
                        400,
                        "InvalidArgument",
                        "The retain until date must be provided in ISO 8601 format",
                    )
                })?
                .as_millisecond();
            if until <= call.now_millis {
                return Err(AwsError::new(
                    400,
                    "InvalidArgument",
                    "The retain until date must be in the future!",
                ));
            }
            Ok(Some((mode, until)))
        }
        (Some(_), None) | (None, Some(_)) => Err(AwsError::new(
            400,
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )),
    }
}

/// The version that a call is about.
fn asked_version<'a>(
    call: &Call,
    target: &Target,
    bucket: &'a Bucket,
) -> Result<&'a ObjectVersion, AwsError> {
    match call.query_value("versionId") {
        None => bucket
            .current(&target.key)
            .ok_or_else(|| AwsError::new(404, "NoSuchKey", "The specified key does not exist.")),
        Some(id) => {
            let version = bucket.version(&target.key, id).ok_or_else(|| {
                AwsError::new(
                    404,
                    "NoSuchVersion",
                    "The specified version does not exist.",
                )
            })?;
            match version.delete_marker {
                true => Err(AwsError::new(
                    405,
                    "MethodNotAllowed",
                    "The specified method is not allowed against this resource.",
                )),
                false => Ok(version),
            }
        }
    }
}

/// Reads an object, or only its headers: the door takes the body off a `HEAD`.
pub(super) fn get(world: &World, call: &Call, target: &Target) -> Handled {
    let found = {
        let state = world.s3_state();
        let bucket = state.bucket(&target.bucket)?;
        asked_version(call, target, bucket).map(|version| {
            (
                version.clone(),
                bucket.encryption.clone(),
                bucket.versioning,
            )
        })
    };
    let (version, encryption, versioned) =
        found.map_err(|error| missing(world, call, target, error))?;
    if is_known(call.header("if-none-match"), &version) {
        return Ok(Answer::empty(304).header("etag", format!("\"{}\"", version.etag)));
    }
    let (status, body, range) = ranged(call.header("range"), &version.body)?;
    let mut answer = Answer {
        status,
        headers: Vec::new(),
        body,
    }
    .header("content-type", version.content_type.as_str())
    .header("etag", format!("\"{}\"", version.etag))
    .header("last-modified", http_date(version.last_modified_millis))
    .header("accept-ranges", "bytes")
    .header("x-amz-server-side-encryption", encryption.algorithm());
    answer = match range {
        // The length of the object, also where a `HEAD` leaves its content out.
        None => answer.header("content-length", version.body.len().to_string()),
        Some(range) => answer.header("content-range", range),
    };
    if let Some(key_id) = encryption.key_id() {
        answer = answer.header("x-amz-server-side-encryption-aws-kms-key-id", key_id);
    }
    if versioned {
        answer = answer.header("x-amz-version-id", version.version_id.as_str());
    }
    if let Some((mode, until)) = version.retention {
        answer = answer
            .header("x-amz-object-lock-mode", mode.wire())
            .header("x-amz-object-lock-retain-until-date", iso(until));
    }
    for (name, value) in &version.metadata {
        answer = answer.header(format!("x-amz-meta-{name}"), value.as_str());
    }
    if call.header("x-amz-checksum-mode") == Some("ENABLED") && status == 200 {
        answer = with_checksum(answer, &version);
    }
    Ok(answer)
}

/// Whether the caller says that it has this version already (RFC 9110, section 13.1.2).
fn is_known(header: Option<&str>, version: &ObjectVersion) -> bool {
    header.is_some_and(|tags| {
        let tag = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"') == version.etag;
        tags.trim() == "*" || tags.split(',').any(tag)
    })
}

/// The part of a body that a `Range` header asks for, with its `Content-Range`.
fn ranged(header: Option<&str>, body: &Bytes) -> Result<(u16, Bytes, Option<String>), AwsError> {
    let Some(spec) = header.and_then(|text| text.strip_prefix("bytes=")) else {
        return Ok((200, body.clone(), None));
    };
    let unsatisfiable = || {
        AwsError::new(
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
        )
    };
    let (first, last) = spec.split_once('-').ok_or_else(unsatisfiable)?;
    let length = body.len();
    let (from, to) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(from), Ok(last)) => (from, last.saturating_add(1).min(length)),
        (Ok(from), Err(_)) if last.is_empty() => (from, length),
        (Err(_), Ok(suffix)) if first.is_empty() => (length.saturating_sub(suffix), length),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => return Err(unsatisfiable()),
    };
    if from >= to {
        return Err(unsatisfiable());
    }
    let range = format!("bytes {from}-{}/{length}", to.saturating_sub(1));
    Ok((206, body.slice(from..to), Some(range)))
}

pub(super) fn retention(world: &World, call: &Call, target: &Target) -> Handled {
    let state = world.s3_state();
    let bucket = state.bucket(&target.bucket)?;
    let version = asked_version(call, target, bucket)?;
    let (mode, until) = version.retention.ok_or_else(|| {
        AwsError::new(
            404,
            "NoSuchObjectLockConfiguration",
            "The specified object does not have a ObjectLock configuration",
        )
    })?;
    Ok(document(
        Element::new("Retention")
            .leaf("Mode", mode.wire())
            .leaf("RetainUntilDate", iso(until)),
    ))
}

pub(super) fn delete(world: &World, call: &Call, target: &Target) -> Handled {
    let Some(version_id) = call.query_value("versionId") else {
        let writer = format!("AWS:{}", call.caller.user_id());
        let marker =
            world
                .s3_state()
                .delete(&target.bucket, &target.key, writer, call.now_millis)?;
        let answer = Answer::empty(204);
        return Ok(match marker {
            None => answer,
            Some(marker) => answer
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", marker.version_id),
        });
    };
    let lock = world
        .s3_state()
        .bucket(&target.bucket)?
        .version(&target.key, version_id)
        .filter(|version| version.is_locked(call.now_millis))
        .and_then(|version| version.retention);
    if let Some((mode, _)) = lock {
        may_bypass(world, call, target, mode)?;
    }
    let removed = world
        .s3_state()
        .remove(&target.bucket, &target.key, version_id)?;
    let mut answer = Answer::empty(204).header("x-amz-version-id", version_id);
    if removed.is_some_and(|version| version.delete_marker) {
        answer = answer.header("x-amz-delete-marker", "true");
    }
    Ok(answer)
}

/// Governance can be bypassed by who may and says so; compliance never.
fn may_bypass(world: &World, call: &Call, target: &Target, mode: LockMode) -> Result<(), AwsError> {
    let refused = || {
        Err(AwsError::access_denied(
            "Access Denied because object protected by object lock.",
        ))
    };
    let says_so = call.header("x-amz-bypass-governance-retention") == Some("true");
    match mode {
        LockMode::Compliance => refused(),
        LockMode::Governance if !says_so => refused(),
        LockMode::Governance => {
            let bypass = Demand::new("s3:BypassGovernanceRetention", target.object_arn());
            iam::authorize(world, &call.caller, &bypass, call.now_millis)
        }
    }
}

fn with_checksum(answer: Answer, version: &ObjectVersion) -> Answer {
    match &version.checksum {
        None => answer,
        Some((algorithm, value)) => answer
            .header(format!("x-amz-checksum-{algorithm}"), value.as_str())
            .header("x-amz-checksum-type", "FULL_OBJECT"),
    }
}

fn invalid_request(message: &str) -> AwsError {
    AwsError::new(400, "InvalidRequest", message)
}
