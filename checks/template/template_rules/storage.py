"""Buckets: what is written there stays as it was written (THREATS T1, T7)."""

from __future__ import annotations

import json

from .evaluating import ACCOUNT
from .houses import HOME, MEMBER, House, houses
from .policies import grains
from .rule import Findings, rule


@rule(HOME, MEMBER)
def buckets_keep_what_is_written(house: House) -> Findings:
    """Buckets have versions, a lock, encryption, one owner and no public access, and outlive the stack."""
    for logical, bucket in house.of("AWS::S3::Bucket").items():
        resource = house.resources[logical]
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"`{logical}` has no versions"
        retention = bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        if bucket.get("ObjectLockEnabled") is not True or not retention.get("Days") or not retention.get("Mode"):
            yield f"`{logical}` has no lock"
        if set(bucket.get("PublicAccessBlockConfiguration", {}).values()) != {True} or (
            len(bucket["PublicAccessBlockConfiguration"]) != 4
        ):
            yield f"`{logical}` may become public"
        if bucket.get("OwnershipControls", {}).get("Rules") != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
            yield f"`{logical}` may hold what another account owns"
        (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        # The agent knows no others, and refuses to start a session (AWS-FACTS 3.3).
        if algorithm not in ("AES256", "aws:kms"):
            yield f"`{logical}` is encrypted with `{algorithm}`, which the agent does not recognise"
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(attribute) != "Retain":
                yield f"the {attribute} of `{logical}` is not Retain"
    events = house.the("LogBucket").get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
    if events.get("EventBridgeEnabled") is not True:
        yield "the log bucket tells nobody of what lands"


@rule(HOME, MEMBER)
def bucket_policies_refuse(house: House) -> Findings:
    """Each bucket refuses plain HTTP, deletion, the lifting of locks, and writers that are not meant."""
    policies = {policy["Bucket"]: policy["PolicyDocument"] for policy in house.of("AWS::S3::BucketPolicy").values()}
    called = {"LogBucket": "postern-session-logs", "EvidenceBucket": "postern-evidence"}
    for logical in house.of("AWS::S3::Bucket"):
        said = {
            (grain.effect, grain.action, grain.condition)
            for grain in grains(policies.get(called[logical], {"Statement": []}))
        }
        plain = json.dumps({"Bool": {"aws:SecureTransport": "false"}})
        writers = (
            {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
            if logical == "LogBucket"
            else {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/postern/PosternSweeper"}}
        )
        should = {
            ("Deny", "s3:*", plain),
            ("Deny", "s3:PutObject", json.dumps(writers)),
            *(
                ("Deny", action, "{}")
                for action in ("s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion")
            ),
        }
        if logical == "LogBucket" and house.parameters.get("LogWriterRoles"):
            named = {"ArnNotLike": {"aws:PrincipalArn": house.parameters["LogWriterRoles"]}}
            should.add(("Deny", "s3:PutObject", json.dumps(named)))
        for missing in sorted(should - said):
            yield f"the policy of `{logical}` does not say {missing}"
        for more in sorted(said - should):
            yield f"the policy of `{logical}` says {more}"


@rule(MEMBER)
def members_are_like_home(house: House) -> Findings:
    """The access role, documents and log bucket of a member account are those of the home account."""
    home = next(
        (each for each in houses(HOME) if each.scenario == house.scenario),
    )
    for logical, resource in house.resources.items():
        if logical in ("ReaderRole", "OperatorRole", "ExaminerRole"):
            continue
        mine, theirs = (json.dumps(each, sort_keys=True) for each in (resource, home.resources.get(logical)))
        if mine != theirs:
            yield f"`{logical}` is not like the one of {HOME}"
