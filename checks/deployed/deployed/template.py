"""The template as it is deployed on ministack: what is changed in it, all of it, and why.

What is not in `CHANGES` is deployed as it stands, and `boundaries` are added afterwards. Functions, routes,
roles and everything else are taken from the template; nothing here names them. Parameters that have no
default, or that make a life short enough to be told, are in `parameters`.
"""

from __future__ import annotations

import copy
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from template_rules import evaluating, loading
from template_rules.houses import HOME, ROOT

from .systems import APP, CHANNEL, HOOK, TEAM

Template = dict[str, Any]

CODE = "built"
"""The bucket of what was built, by which SAM's expansion names it."""
POLICY = "policies"
"""The bucket of the policy set."""
SLACK = "SlackAddress"
"""The parameter that says where Slack is."""


def _documents_are_left_to_the_stand_in(template: Template) -> None:
    """ministack has no AWS::SSM::Document. The stand-in gets them, worked out (`documents`)."""
    for logical in [name for name, each in _of(template, "AWS::SSM::Document")]:
        del template["Resources"][logical]


def _alarms_that_calculate_are_left_out(template: Template) -> None:
    """ministack refuses an alarm with an expression over several metrics."""
    for logical in [name for name, each in _of(template, "AWS::CloudWatch::Alarm") if "Metrics" in each]:
        del template["Resources"][logical]


def _the_issuer_may_be_on_loopback(template: Template) -> None:
    """The issuer of the local run has no TLS, which the parameter's pattern and the functions ask for."""
    del template["Parameters"]["Issuer"]["AllowedPattern"]
    for _, function in _of(template, "AWS::Lambda::Function"):
        settings = function["Environment"]["Variables"]
        if "POSTERN_ISSUER" in settings:
            settings["POSTERN_ALLOW_LOOPBACK_ISSUER"] = "true"


def _chat_may_be_on_loopback(template: Template) -> None:
    """The workspace here is no Slack, and its address is known only when it is there; nor has the other system
    TLS, which the parameter's pattern asks for."""
    del template["Parameters"]["ChatHookAddress"]["AllowedPattern"]
    template["Parameters"][SLACK] = {"Type": "String"}
    for _, function in _of(template, "AWS::Lambda::Function"):
        settings = function["Environment"]["Variables"]
        if "POSTERN_CHAT_TEAMS" in settings:
            settings |= {"POSTERN_CHAT_SLACK": {"Fn::Sub": f"${{{SLACK}}}/api"}, "POSTERN_CHAT_HOOKS": {"Ref": SLACK}}


def _calls_need_no_tls(template: Template) -> None:
    """Nothing here has TLS: functions bring their own roots, and the buckets would refuse every call."""
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        for _, policy in _of(template, kind):
            document = policy["PolicyDocument"]
            document["Statement"] = [each for each in document["Statement"] if not _is_about_tls(each)]


def _events_have_any_source(template: Template) -> None:
    """ministack does not tell IAM the source of an event (events:source), and refuses whatever asks for it."""
    for _, policy in _of(template, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Condition", {}).get("StringEquals", {}).keys() == {"events:source"}:
                del statement["Condition"]


def _principals_are_named_by_their_sessions(template: Template) -> None:
    """To ministack the aws:PrincipalArn of a function is its session, and to AWS it is the role."""
    for _, policy in _of(template, "AWS::S3::BucketPolicy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            match statement.get("Condition", {}):
                case {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": [role, "Arn"]}}}:
                    session = f"arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:assumed-role/${{{role}}}/*"
                    statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": session}}}


def _is_about_tls(statement: dict[str, Any]) -> bool:
    return bool(statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}})


def _lists_are_compared_as_texts(template: Template) -> None:
    """ministack does not join lists in conditions, and takes a list for its text there: the same when it is
    compared with nothing."""

    def without_join(part: Any) -> Any:
        if isinstance(part, list):
            return [without_join(each) for each in part]
        if not isinstance(part, dict):
            return part
        match part.get("Fn::Join"):
            case ["", {"Ref": _} as listed]:
                return listed
        return {key: without_join(value) for key, value in part.items()}

    template["Conditions"] = without_join(template["Conditions"])


def _code_is_what_was_built(template: Template) -> None:
    """`sam deploy` puts an address of S3 in the place of each function's folder; so does this."""
    for logical, function in _of(template, "AWS::Lambda::Function"):
        function["Code"] = {"S3Bucket": CODE, "S3Key": f"{binary(template, logical)}.zip"}


CHANGES: list[Callable[[Template], None]] = [
    _documents_are_left_to_the_stand_in,
    _alarms_that_calculate_are_left_out,
    _the_issuer_may_be_on_loopback,
    _chat_may_be_on_loopback,
    _calls_need_no_tls,
    _events_have_any_source,
    _principals_are_named_by_their_sessions,
    _lists_are_compared_as_texts,
    _code_is_what_was_built,
]


def boundaries(template: Template) -> dict[str, str]:
    """Roles and their permissions boundaries, both by their logical names. ministack's CloudFormation passes a
    role's boundary over, so it is put on the role by a call of IAM after the stack is there."""
    return {
        logical: role["PermissionsBoundary"]["Ref"]
        for logical, role in _of(template, "AWS::IAM::Role")
        if "PermissionsBoundary" in role
    }


def parameters(issuer: str, audience: str, slack: str, other: str) -> dict[str, str]:
    """The parameters of the deployment."""
    return {
        # A workspace of Slack, and another chat system.
        SLACK: slack,
        "ChatHook": HOOK,
        "ChatHookAddress": f"{other}/notices",
        "ChatTeams": TEAM,
        "ChatApp": APP,
        "ChatChannel": CHANNEL,
        "ChatPages": "https://access.example.com",
        "ChatClient": "postern-chat",
        # Those without a default, and what the local run's persons are in.
        "Issuer": issuer,
        "Audiences": audience,
        "OperatorGroups": "operators",
        "AuditorGroups": "auditors",
        # The bundled set is in a layer, and a process on this machine has no /opt of its own. Another
        # option of the template has the functions read it from S3, with a power that is theirs then.
        "PolicyBucket": POLICY,
        # So that the whole of a grant's life fits into two minutes.
        "Settle": "3s",
        "CheckpointEvery": "10s",
        "SsmCallsPerSecond": "10",
        # What was built here.
        "Architecture": {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64"),
    }


def expanded(path: Path = ROOT / HOME) -> Template:
    """The template as SAM makes CloudFormation of it."""
    return loading.expand(loading.read(path))


def changed(template: Template) -> Template:
    """The template as ministack can have it."""
    template = copy.deepcopy(template)
    for change in CHANGES:
        change(template)
    return template


def binary(template: Template, logical: str) -> str:
    """The binary that a function is built from."""
    return str(template["Resources"][logical]["Metadata"]["BuildProperties"]["Binary"])


def functions(template: Template) -> list[str]:
    """The logical names of the functions."""
    return [logical for logical, _ in _of(template, "AWS::Lambda::Function")]


def documents(template: Template, given: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    """Every session document of the template by its name, with the names that things were given."""
    template = copy.deepcopy(template)
    _the_issuer_may_be_on_loopback(template)
    _chat_may_be_on_loopback(template)
    return {
        each["Properties"]["Name"]: each["Properties"]["Content"]
        for each in evaluating.evaluate(template, given, names)["Resources"].values()
        if each["Type"] == "AWS::SSM::Document"
    }


def _of(template: Template, kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (logical, resource["Properties"])
        for logical, resource in template["Resources"].items()
        if resource["Type"] == kind
    ]
