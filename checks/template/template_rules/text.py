"""What must not stand in a template at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .houses import EXAMPLE, HOME, MEMBER, House
from .rule import Findings, rule

_SECRET_NAME = re.compile(r"password|passwd|secret|credential(?!s$)|private.?key|api.?key|token", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN|\beyJ[\w-]{10,}\.|xox[bap]-|\bgh[pousr]_[A-Za-z0-9]{30,}"
)
_ACCOUNT = re.compile(r"(?<![0-9a-fA-F-])[0-9]{12}(?![0-9a-fA-F-])")
_REGION = re.compile(r"\b(us|eu|ap|sa|ca|me|af|il|mx)(-gov)?-(north|south|east|west|central)[a-z]*-[0-9]\b")

# Closed or closing to new customers, or not to be had by everybody (PEERS 1, row 20).
_CLOSING = (
    "AWS::Cognito::",
    "AWS::SSO::",
    "AWS::IdentityStore::",
    "AWS::Organizations::",
    "AWS::CloudTrail::EventDataStore",
    "AWS::CodeCommit::",
    "AWS::SSMIncidents::",
    "AWS::Amplify::",
    "AWS::QLDB::",
    "AWS::Cloud9::",
)


def _leaves(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every text and number of a template, with the way to it."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(part, list):
        for n, value in enumerate(part):
            yield from _leaves(value, (*path, str(n)))
    else:
        yield path, part


@rule(HOME, MEMBER, EXAMPLE)
def no_literal_secret(house: House) -> Findings:
    """Nothing looks like a secret, is named like one with a value, or is a parameter that hides one."""
    for path, value in _leaves(house.written):
        if isinstance(value, str) and _SECRET_VALUE.search(value):
            yield f"`{'.'.join(path)}` looks like a secret"
        in_resource = path[0] in ("Resources", "Globals") and "Metadata" not in path
        # `HttpTokens: required` is asked of instances, and holds none.
        named = path[-1] if path[-1] != "HttpTokens" else ""
        if in_resource and _SECRET_NAME.search(named) and isinstance(value, str) and value:
            yield f"`{'.'.join(path)}` is named like a secret and has a value"
    for name, spec in house.written.get("Parameters", {}).items():
        if spec.get("NoEcho"):
            yield f"parameter `{name}` would carry a secret through the deployment"


@rule(HOME, MEMBER, EXAMPLE)
def no_account_or_region_of_ours(house: House) -> Findings:
    """No account and no Region is written down: a template is deployed anywhere."""
    for path, value in _leaves(house.written):
        if isinstance(value, str) and _ACCOUNT.search(value):
            yield f"`{'.'.join(path)}` names an account"
        if isinstance(value, str) and _REGION.search(value):
            yield f"`{'.'.join(path)}` names a Region"


@rule(HOME, MEMBER, EXAMPLE)
def nothing_that_closes(house: House) -> Findings:
    """Nothing rests on a service that is closed to new customers, or on an organisation's own."""
    for logical, resource in house.expanded["Resources"].items():
        if resource["Type"].startswith(_CLOSING):
            yield f"`{logical}` is a {resource['Type']}"


@rule(HOME, MEMBER, EXAMPLE)
def every_parameter_is_explained_and_bounded(house: House) -> Findings:
    """A parameter has a description, and limits where its type has none."""
    bounds = {"AllowedValues", "AllowedPattern", "MinValue", "MinLength"}
    for name, spec in house.written.get("Parameters", {}).items():
        if not spec.get("Description"):
            yield f"parameter `{name}` has no description"
        free_text = spec["Type"] == "String" and spec.get("Default") == ""
        typed = spec["Type"] not in ("String", "Number")
        if not typed and not free_text and not bounds & spec.keys():
            yield f"parameter `{name}` takes anything"
        if "AllowedPattern" in spec and not spec.get("ConstraintDescription"):
            yield f"parameter `{name}` does not say what it takes"


@rule(HOME, MEMBER, EXAMPLE)
def every_parameter_is_used(house: House) -> Findings:
    """A parameter changes something."""
    body = json.dumps({key: value for key, value in house.written.items() if key != "Parameters"})
    used = set(re.findall(r'"Ref": "(\w+)"', body)) | set(re.findall(r"\$\{(\w+)\}", body))
    for name in sorted(house.written.get("Parameters", {}).keys() - used):
        yield f"parameter `{name}` changes nothing"


@rule(HOME)
def every_parameter_stands_in_a_group(house: House) -> Findings:
    """The console shows parameters in groups, each parameter in one."""
    groups = house.written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    for name in sorted(house.written["Parameters"].keys() ^ set(shown)):
        yield f"`{name}` is a parameter without a group, or the other way about"
    for name in sorted({name for name in shown if shown.count(name) > 1}):
        yield f"parameter `{name}` stands in two groups"
