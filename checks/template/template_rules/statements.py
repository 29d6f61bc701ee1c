"""What no policy may say, whoever has it."""

from __future__ import annotations

import json
import re

from .houses import EXAMPLE, HOME, MEMBER, House
from .policies import all_policies, grains, listed
from .rule import Findings, rule

# Actions that know no narrower resource; each is cited in the templates.
_ON_ANYTHING = {
    "ssm:DescribeInstanceInformation": "AWS-FACTS 2.6",
    "ssm:DescribeSessions": "AWS-FACTS 2.6",
    "ec2:DescribeInstances": "EC2 describes no single thing",
    "ec2:DescribeVpcs": "EC2 describes no single thing",
    "ec2:DescribeDhcpOptions": "EC2 describes no single thing",
    "ec2:DescribeVpcEndpoints": "EC2 describes no single thing",
    "ec2:DescribeNetworkInterfaces": "EC2 describes no single thing",
    "ec2:DescribeRouteTables": "EC2 describes no single thing",
    "ec2:DescribeNatGateways": "EC2 describes no single thing",
    "ec2:DescribeSecurityGroups": "EC2 describes no single thing",
    "ec2:DescribeNetworkAcls": "EC2 describes no single thing",
    "tag:GetResources": "the Resource Groups Tagging API has no resources",
}

# A boundary gives nothing: what it lets through must still be given, on its resources.
_BOUNDARIES = {"AccessBoundary"}
# Only with DataChannelScope `any` (AWS-FACTS 1.13).
_DATA_CHANNEL = "ssmmessages:OpenDataChannel"


@rule(HOME, MEMBER, EXAMPLE)
def no_wildcard_action(house: House) -> Findings:
    """No statement allows an action with a wildcard, or everything but something."""
    for policy in all_policies(house):
        for statement in policy.statements():
            if statement["Effect"] != "Allow":
                continue
            for action in listed(statement.get("Action", [])):
                if "*" in action or "?" in action:
                    yield f"{policy.where} allows `{action}`"
            for word in ("NotAction", "NotResource", "NotPrincipal"):
                if word in statement:
                    yield f"{policy.where} allows by `{word}`"


@rule(HOME, MEMBER, EXAMPLE)
def no_wildcard_resource(house: House) -> Findings:
    """`*` is a resource only of actions that know no narrower one."""
    for policy in all_policies(house):
        if policy.kind != "identity" or policy.where in _BOUNDARIES:
            continue
        for grain in sorted(grains(policy.document)):
            wide = re.fullmatch(r"\*|arn:aws:[a-z-]+:[^:]*:[^:]*:\*", grain.resource)
            chosen = grain.action == _DATA_CHANNEL and house.parameters.get("DataChannelScope") == "any"
            if grain.effect == "Allow" and wide and grain.action not in _ON_ANYTHING and not chosen:
                yield f"{policy.where} allows `{grain.action}` on `{grain.resource}`"


@rule(HOME, MEMBER, EXAMPLE)
def no_role_assumes_whatever_it_likes(house: House) -> Findings:
    """`sts:` actions are allowed on roles that are named in full."""
    for policy in all_policies(house):
        if policy.kind != "identity":
            continue
        for grain in sorted(grains(policy.document)):
            if grain.effect == "Allow" and grain.action.startswith("sts:") and re.search(r"[*?]", grain.resource):
                yield f"{policy.where} allows `{grain.action}` on `{grain.resource}`"


@rule(HOME, MEMBER, EXAMPLE)
def nobody_is_everybody(house: House) -> Findings:
    """No policy lets everybody in, except an endpoint's, which the network bounds."""
    for policy in all_policies(house):
        endpoint = house.resources.get(policy.where, {}).get("Type") == "AWS::EC2::VPCEndpoint"
        for statement in policy.statements():
            principals = json.dumps(statement.get("Principal", ""))
            if statement["Effect"] == "Allow" and '"*"' in principals and not endpoint:
                yield f"{policy.where} allows everybody `{statement.get('Action')}`"


@rule(HOME, MEMBER, EXAMPLE)
def variables_are_variables(house: House) -> Findings:
    """Every policy has the version without which `${aws:userid}` is read as text (AWS-FACTS 1.1)."""
    for policy in all_policies(house):
        if policy.document.get("Version") != "2012-10-17":
            yield f"{policy.where} has the version `{policy.document.get('Version')}`"


@rule(HOME, MEMBER)
def no_managed_policies_of_aws(house: House) -> Findings:
    """Roles have the policies of these templates and no others, which AWS changes as it likes."""
    for logical, role in house.of("AWS::IAM::Role").items():
        for arn in role.get("ManagedPolicyArns", []):
            if ":aws:policy/" in arn:
                yield f"`{logical}` has `{arn}`"
