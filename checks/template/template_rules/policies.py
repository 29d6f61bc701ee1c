"""Policies of a template, taken apart so that two of them can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .houses import House


@dataclass(frozen=True, order=True)
class Grain:
    """One action on one resource under one condition: the least that a statement can say."""

    effect: str
    action: str
    resource: str
    condition: str
    principal: str = ""

    def __str__(self) -> str:
        under = f" if {self.condition}" if self.condition != "{}" else ""
        return f"{self.effect} {self.action} on {self.resource}{under}"


@dataclass(frozen=True)
class Policy:
    """A policy document and where it stands. `kind` is identity, trust or resource."""

    where: str
    kind: str
    document: dict[str, Any]

    def statements(self) -> list[dict[str, Any]]:
        return listed(self.document["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grains(document: dict[str, Any]) -> set[Grain]:
    """Everything that a policy says, whatever its statements are cut like."""
    found = set()
    for statement in listed(document["Statement"]):
        principals = statement.get("Principal", {"": ""})
        principals = principals if isinstance(principals, dict) else {"": principals}
        condition = json.dumps(_plain(statement.get("Condition", {})), sort_keys=True)
        for principal in (f"{kind} {each}".strip() for kind, all_ in principals.items() for each in listed(all_)):
            for action in listed(statement["Action"]):
                for resource in listed(statement.get("Resource", "")):
                    found.add(Grain(statement["Effect"], action, resource, condition, principal))
    return found


def _plain(condition: Any) -> Any:
    """A condition with one value and one with a list of that value are the same."""
    if isinstance(condition, dict):
        return {key: _plain(value) for key, value in condition.items()}
    values = sorted(map(str, listed(condition)))
    return values[0] if len(values) == 1 else values


def of_role(house: House, role: str) -> set[Grain]:
    """What a role of the template may do, by its inline, attached and managed policies."""
    found: set[Grain] = set()
    called = house.expanded["Resources"].get(role)
    if called is None:
        return found
    properties = house.the(role)
    for inline in properties.get("Policies", []):
        found |= grains(inline["PolicyDocument"])
    managed = {logical: policy for logical, policy in house.of("AWS::IAM::ManagedPolicy").items()}
    for arn in properties.get("ManagedPolicyArns", []):
        for logical, policy in managed.items():
            if arn.endswith(f"/{logical}"):
                found |= grains(policy["PolicyDocument"])
    for written, policy in house.of("AWS::IAM::Policy").items():
        if {"Ref": role} in house.expanded["Resources"][written]["Properties"]["Roles"]:
            found |= grains(policy["PolicyDocument"])
    return found


def all_policies(house: House) -> Iterator[Policy]:
    """Every policy document in the template."""
    for logical, resource in house.resources.items():
        properties = resource.get("Properties", {})
        kind = resource["Type"]
        if "AssumeRolePolicyDocument" in properties:
            yield Policy(f"{logical} (trust)", "trust", properties["AssumeRolePolicyDocument"])
        for inline in properties.get("Policies", []) if kind == "AWS::IAM::Role" else []:
            yield Policy(f"{logical} ({inline['PolicyName']})", "identity", inline["PolicyDocument"])
        if "PolicyDocument" in properties:
            identity = kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            yield Policy(logical, "identity" if identity else "resource", properties["PolicyDocument"])
