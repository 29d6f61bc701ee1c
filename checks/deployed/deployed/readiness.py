"""What the deployed doctor says of an instance, and that it claims nothing that it could not see."""

from __future__ import annotations

import json
from typing import Any

from template_rules.evaluating import ACCOUNT, REGION

from .deployment import Deployed, introduce
from .emulator import Amiss
from .people import Api

_HIDDEN = {"reachable": "ec2:DescribeVpcEndpoints", "log_lands": "s3:GetEncryptionConfiguration"}
"""What is taken from its role for a while, at the stand-in and at ministack, by the answer that rests on it."""
_BY_THEM = {"way-to-ssm", "way-to-ssmmessages", "way-to-s3", "log-encryption", "log-key"}
"""The checks that say so."""


def is_known(api: Api, deployed: Deployed, instance: str) -> None:
    """All that surrounds the instance can be looked at here: EC2, IAM and Systems Manager at the stand-in, and the
    log bucket at ministack, as it was deployed."""
    report = _report(api, instance)
    for question in _HIDDEN:
        _must(report[question] == {"answer": "yes"}, report, f"`{question}` is yes")
    bucket = deployed.outputs["LogBucketName"]
    _must(bucket in _check(report, "log-bucket")["evidence"], report, "the log bucket is the deployed one")
    # The story asks for shells alone.
    _must(report["forwards_safely"] == {"answer": "not_applicable"}, report, "nothing is said of forwards")


def is_not_claimed(api: Api, deployed: Deployed, instance: str) -> None:
    """What the role may not look at is unknown, names what is lacking, and is never yes; nothing else suffers."""
    before = _report(api, instance)
    iam, role = deployed.aws("iam"), deployed.roles["DoctorFunction"]
    denied = {"Effect": "Deny", "Action": sorted(_HIDDEN.values()), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="less", PolicyDocument=document)
    introduce(deployed, role)
    try:
        report = _report(api, instance)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="less")
        introduce(deployed, role)
    for question, action in _HIDDEN.items():
        answer = report[question]
        _must(answer["answer"] == "unknown" and action in json.dumps(answer), report, f"`{question}` needs `{action}`")
    for check in before["checks"]:
        now = _check(report, check["name"])["status"]
        should = "unknown" if check["name"] in _BY_THEM else check["status"]
        _must(now == should, report, f"`{check['name']}` is `{should}`")
    _must(_report(api, instance) == before, report, "with its role as it was, it says what it said")


def _report(api: Api, instance: str) -> dict[str, Any]:
    path = f"/v1/targets/{ACCOUNT}/{REGION}/{instance}/readiness?kind=shell"
    return dict(api.get("anna", path).must_be(200))


def _check(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next((dict(each) for each in report["checks"] if each["name"] == name), {"status": "missing", "evidence": ""})


def _must(holds: bool, report: dict[str, Any], what: str) -> None:
    if not holds:
        raise Amiss(f"it does not hold that {what}: {json.dumps(report)}")
