"""Who may do what: the roles of the template are those that the local run is tested with.

`local/run/roles/*.json` are the roles that the local run's functions have, and its tests try them
against near misses with an evaluator of IAM policies (local/run/tests/house). What a role of the
template says is the same, grain by grain, so those tests speak for it too. What it says beyond that
stands in `facts/beyond-local.json`, each grain with its reason:

- `beyond`: always there, and nothing that the local run has;
- `narrowed`: a grain of the local run that the template puts under a further condition;
- `options`: there only when an option is chosen, and `lost` what an option takes away.

A line there that is no longer true is a finding as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .houses import HOME, MEMBER, House, houses
from .policies import Grain, all_policies, grains, of_role
from .rule import Findings, rule

_AS_LOCAL, _WITH_EVERYTHING = "as the local run", "with everything"


def _trust(house: House, role: str) -> set[Grain]:
    return grains(house.the(role)["AssumeRolePolicyDocument"]) if house.the(role) else set()


_SUBJECTS: dict[str, Callable[[House], set[Grain]]] = {
    "api": lambda house: of_role(house, "ApiRole"),
    "chatops": lambda house: of_role(house, "ChatopsRole"),
    "issue": lambda house: of_role(house, "IssueRole"),
    "sweeper": lambda house: of_role(house, "SweeperRole"),
    "doctor": lambda house: of_role(house, "DoctorRole"),
    "access": lambda house: of_role(house, "AccessRole"),
    "access-boundary": lambda house: grains(house.the("AccessBoundary").get("PolicyDocument", {"Statement": []})),
    "access-trust": lambda house: _trust(house, "AccessRole"),
}


def local(house: House, subject: str) -> set[Grain]:
    """What the local run's role of this name says."""
    return grains(json.loads(house.source(f"local/run/roles/{subject}.json")))


@rule(HOME, MEMBER)
def roles_say_what_the_local_run_is_tested_with(house: House) -> Findings:
    """Every role says what local/run/roles says, and what facts/beyond-local.json gives a reason for."""
    facts: dict[str, Any] = house.fact("beyond-local.json")
    subjects = (
        _SUBJECTS
        if house.template == HOME
        else {name: of for name, of in _SUBJECTS.items() if name.startswith("access")}
    )
    for subject, of in subjects.items():
        fact = facts.get(subject, {})
        beyond, narrowed = fact.get("beyond", {}), fact.get("narrowed", {})
        tested = {str(grain) for grain in local(house, subject)}
        found = {str(grain) for grain in of(house)}
        expected = (tested - narrowed.keys()) | {each["instead"] for each in narrowed.values()} | beyond.keys()
        for line in sorted(narrowed.keys() - tested):
            yield f"{subject}: the local run no longer has what was narrowed: {line}"
        for line in sorted(beyond.keys() & tested):
            yield f"{subject}: the local run has it by now, so it is not beyond: {line}"
        options, lost = set(fact.get("options", {})), set(fact.get("lost", {}))
        if house.scenario == _WITH_EVERYTHING:
            expected = (expected - lost) | options
        elif house.scenario == _AS_LOCAL or subject.startswith("access"):
            pass
        else:
            # Without the options that the local run has on: less, and never more.
            expected &= found
        for line in sorted(found - expected):
            yield f"{subject} says more than is tested: {line}"
        for line in sorted(expected - found):
            yield f"{subject} says less than is tested: {line}"


@rule(HOME, MEMBER)
def only_issue_may_assume_the_access_role(house: House) -> Findings:
    """The access role trusts the role of `issue` alone, and no other role may even ask for it."""
    issue = f"arn:aws:iam::{_account()}:role/postern/PosternIssue"
    for grain in sorted(_trust(house, "AccessRole")):
        if grain.principal != f"AWS {issue}" or grain.effect != "Allow":
            yield f"the access role trusts `{grain.principal}`: {grain}"
    access = f"arn:aws:iam::{_account()}:role/postern/PosternAccess"
    elsewhere = set(str(house.parameters.get("MemberAccessRoles", "")).split(",")) - {""}
    for logical in house.of("AWS::IAM::Role"):
        for grain in sorted(of_role(house, logical)):
            asks = grain.effect == "Allow" and grain.action.startswith("sts:")
            if asks and grain.resource in {access, *elsewhere} and logical != "IssueRole":
                yield f"`{logical}` may ask for the access role: {grain}"


@rule(HOME)
def roles_that_act_elsewhere_are_their_own(house: House) -> Findings:
    """In other accounts `api`, `chatops` and `issue` take the reader role, the sweeper the operator role, the doctor the examiner role."""
    named = [arn for arn in str(house.parameters.get("MemberOperatorRoles", "")).split(",") if arn]
    readers = {arn.replace("/PosternOperator-", "/PosternReader-") for arn in named}
    doctors = {arn.replace("/PosternOperator-", "/PosternExaminer-") for arn in named}
    elsewhere = {arn for arn in str(house.parameters.get("MemberAccessRoles", "")).split(",") if arn}
    access = f"arn:aws:iam::{_account()}:role/postern/PosternAccess"
    for role, should in {
        "ApiRole": readers,
        "ChatopsRole": readers,
        "IssueRole": readers | elsewhere | {access},
        "SweeperRole": set(named),
        "DoctorRole": doctors,
    }.items():
        found = {grain.resource for grain in of_role(house, role) if grain.action == "sts:AssumeRole"}
        if found != should:
            yield f"`{role}` may assume {sorted(found)} and not {sorted(should)}"


@rule(HOME, MEMBER)
def the_access_role_is_capped(house: House) -> Findings:
    """The access role has its boundary, one hour at most, and no inline policy but the deny list."""
    role = house.the("AccessRole")
    if role.get("PermissionsBoundary") != f"arn:aws:iam::{_account()}:policy/postern/AccessBoundary":
        yield f"its boundary is `{role.get('PermissionsBoundary')}`"
    if role.get("MaxSessionDuration") != 3600:
        yield f"its sessions may last {role.get('MaxSessionDuration')} s"
    inline = role.get("Policies", []) + [
        logical
        for logical in house.of("AWS::IAM::Policy")
        if {"Ref": "AccessRole"} in house.expanded["Resources"][logical]["Properties"]["Roles"]
    ]
    if inline:
        yield "it has an inline policy, and those are the sweeper's to write"
    attached = role.get("ManagedPolicyArns", [])
    if attached != [f"arn:aws:iam::{_account()}:policy/postern/AccessPolicy"]:
        yield f"it has the managed policies {attached}"


@rule(HOME)
def services_assume_their_own_roles(house: House) -> Findings:
    """Each role but the access role is one service's, and each function has one of its own."""
    for logical in house.of("AWS::IAM::Role"):
        if logical == "AccessRole":
            continue
        principals = {grain.principal for grain in _trust(house, logical)}
        should = {"Service scheduler.amazonaws.com" if logical == "ScheduleRole" else "Service lambda.amazonaws.com"}
        if principals != should:
            yield f"`{logical}` is assumed by {sorted(principals)}"
    functions = house.of("AWS::Lambda::Function")
    for logical, function in functions.items():
        own = f"role/postern/Postern{logical.removesuffix('Function')}"
        if not str(function["Role"]).endswith(own):
            yield f"`{logical}` has the role `{function['Role']}`"


@rule(MEMBER)
def members_give_no_more_than_home_has(house: House) -> Findings:
    """The reader may do what `api`, `chatops` and `issue` may at home, the operator what the sweeper may, the examiner what the doctor may."""
    home = next(
        each
        for each in houses(HOME)
        if each.scenario == (_WITH_EVERYTHING if house.scenario == _WITH_EVERYTHING else _AS_LOCAL)
    )
    looking = of_role(home, "ApiRole") & of_role(home, "IssueRole") & of_role(home, "ChatopsRole")
    most_of = {"ReaderRole": looking} | {
        role: of_role(home, own) for role, own in {"OperatorRole": "SweeperRole", "ExaminerRole": "DoctorRole"}.items()
    }
    for role, most in most_of.items():
        for grain in sorted(of_role(house, role) - most):
            yield f"`{role}` may do what nobody may at home: {grain}"
    trusts = {
        "ReaderRole": {"ApiRoleArn", "ChatopsRoleArn", "IssueRoleArn"},
        "OperatorRole": {"SweeperRoleArn"},
        "ExaminerRole": {"DoctorRoleArn"},
    }
    for role, trusted in trusts.items():
        condition = json.dumps({"StringEquals": {"sts:ExternalId": house.parameters["ExternalId"]}}, sort_keys=True)
        should = {Grain("Allow", "sts:AssumeRole", "", condition, f"AWS {house.parameters[name]}") for name in trusted}
        if _trust(house, role) != should:
            yield f"`{role}` trusts {sorted(map(str, _trust(house, role)))}"


@rule(HOME)
def every_policy_belongs_to_a_role(house: House) -> Findings:
    """No identity policy hangs loose, and none is on a user or a group."""
    for policy in all_policies(house):
        properties = house.the(policy.where)
        if policy.kind == "identity" and (properties.get("Users") or properties.get("Groups")):
            yield f"{policy.where} is on a user or a group"


def _account() -> str:
    from .evaluating import ACCOUNT

    return ACCOUNT
