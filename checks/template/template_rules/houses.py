"""What the rules look at: one template, worked out for one set of parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from . import evaluating, loading
from .loading import Template

ROOT = Path(__file__).resolve().parents[3]
FACTS = ROOT / "checks" / "template" / "facts"

_NEEDED = {"Issuer": "https://login.example.com", "Audiences": "postern"}

_MEMBER = "arn:aws:iam::444455556666:role/postern"

_KINDS = {
    "OfferRunAs": "true",
    "CommandName": "disk-usage",
    "CommandLine": "df -h",
    "PortHost": "localhost",
    "PortNumber": "5432",
    "OfferSsh": "true",
}

_OPTIONS = _KINDS | {
    "SessionKeyId": "0f7a3c5e-1b2d-4e6f-8a9b-0c1d2e3f4a5b",
    "DataChannelScope": "any",
    "LogWriterRoles": f"arn:aws:iam::{evaluating.ACCOUNT}:role/nodes/*",
    "Bypass": "end",
    "WatchTagKey": "Env",
    "WatchTagValue": "prod",
    "DataKeyArn": f"arn:aws:kms:{evaluating.REGION}:{evaluating.ACCOUNT}:key/data",
}

# Read from S3 under the names of the local run, so that its roles and these can be compared.
_READ = {
    "PolicyBucket": "postern-config",
    "OnCallBucket": "postern-config",
    "OnCallParameter": "/postern/on-call-key",
}

_CHAT = {
    "ChatTeams": "T0POSTERN",
    "ChatApp": "A0POSTERN",
    "ChatPages": "https://access.example.com",
    "ChatClient": "postern-chat",
    "ChatChannel": "C0APPROVALS",
}

_HOOK = {"ChatHook": "hook-matrix", "ChatHookAddress": "https://matrix.example.com/postern"}

_HOME: dict[str, dict[str, Any]] = {
    "as it comes": _NEEDED,
    "as the local run": _NEEDED
    | _READ
    | _CHAT
    | _HOOK
    | {key: _KINDS[key] for key in _KINDS if key not in ("OfferRunAs", "OfferSsh")},
    "with a webhook alone": _NEEDED | _HOOK | {key: _CHAT[key] for key in ("ChatPages", "ChatClient")},
    "with Slack alone": _NEEDED | _CHAT,
    "with everything": _NEEDED
    | _OPTIONS
    | _READ
    | _CHAT
    | _HOOK
    | {
        "ChatSecretsManagerPrefix": "postern/chat",
        "PolicyVersion": "3HL4kqtJlcpXroDTDmJ",
        "Algorithms": "RS256",
        "GatewayAuthorizer": "jwt",
        "AllowedOrigin": "https://access.example.com",
        "AlarmTopicArn": f"arn:aws:sns:{evaluating.REGION}:{evaluating.ACCOUNT}:alarms",
        "SweeperConcurrency": "0",
        "MorePlaces": json.dumps(
            {
                "account": "444455556666",
                "region": "eu-central-1",
                "access_role": f"{_MEMBER}/elsewhere",
                "operator_role": f"{_MEMBER}/PosternOperator-eu-central-1",
                "external_id": "place-of-tests",
                "log_bucket": "elsewhere",
            }
        ),
        "MemberAccessRoles": f"{_MEMBER}/elsewhere",
        "MemberOperatorRoles": f"{_MEMBER}/PosternOperator-eu-central-1,{_MEMBER}/PosternOperator-eu-west-1",
    },
}

_ELSEWHERE = {
    "ApiRoleArn": f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternApi",
    "ChatopsRoleArn": f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternChatops",
    "IssueRoleArn": f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternIssue",
    "SweeperRoleArn": f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternSweeper",
    "DoctorRoleArn": f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternDoctor",
    "ExternalId": "place-of-tests",
}

_MEMBERS: dict[str, dict[str, Any]] = {
    "as it comes": _ELSEWHERE,
    "with everything": _ELSEWHERE | _OPTIONS,
}

_EXAMPLE: dict[str, dict[str, Any]] = {
    reach: {"LogBucket": "postern-session-logs", "Reach": reach} for reach in ("private", "public", "instance-connect")
}

HOME, MEMBER, EXAMPLE = "template.yaml", "member-account.yaml", "examples/private-instance/template.yaml"
SCENARIOS = {HOME: _HOME, MEMBER: _MEMBERS, EXAMPLE: _EXAMPLE}


@dataclass
class House:
    """A template in one of its forms, and where the code that it must agree with lies."""

    template: str
    scenario: str
    written: Template
    expanded: Template
    parameters: dict[str, Any] = field(default_factory=dict)
    root: Path = ROOT

    @cached_property
    def worked_out(self) -> Template:
        return evaluating.evaluate(self.expanded, self.parameters)

    @property
    def slack(self) -> bool:
        """Whether Slack is served."""
        return bool(self.parameters.get("ChatTeams"))

    @property
    def hook(self) -> bool:
        """Whether another chat system is."""
        return bool(self.parameters.get("ChatHook"))

    @property
    def chats(self) -> bool:
        """Whether there is any chat."""
        return self.slack or self.hook

    @property
    def resources(self) -> dict[str, Any]:
        return self.worked_out["Resources"]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of a type, by their logical names."""
        return {
            logical: resource.get("Properties", {})
            for logical, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def the(self, logical: str) -> dict[str, Any]:
        """The properties of one resource, none where it is missing."""
        return self.resources.get(logical, {}).get("Properties", {})

    def fact(self, name: str) -> Any:
        return json.loads((FACTS / name).read_text(encoding="utf-8"))

    def source(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")


def houses(template: str, written: Template | None = None) -> list[House]:
    """A template in all its forms. `written` stands in for the file: a copy that a test broke."""
    written = written if written is not None else loading.read(ROOT / template)
    expanded = loading.expand(written)
    return [
        House(template, scenario, written, expanded, parameters) for scenario, parameters in SCENARIOS[template].items()
    ]
