"""Powers as they are used: what each function's role was asked for in the tests, against what it is granted.

The stand-in of the tests asks IAM's questions of every call, and each house of a test leaves behind what
was asked of which role (`POSTERN_POWERS`, local/run/src/house/powers.rs): role, action and resource. Held
against the grains of the template, of which docs/powers.md is made:

- used and not granted: a function does what its deployed role forbids;
- granted and never used: a power that nothing in the tests needs. `facts/unused-powers.json` gives the
  reason for each that stays, and a line there that is no longer true is a finding as well.

Conditions are not looked at: the stand-in enforces them, and whatever they refuse fails a test. In further
accounts the tests have roles of their own: which of them a function takes is not compared, only that it may
take some, and what is done there is compared by its actions, with the role of member-account.yaml that it is
called after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .evaluating import ACCOUNT
from .houses import FACTS, HOME, MEMBER, House, houses
from .policies import of_role

# The roles of member-account.yaml by what they are called there and in the tests, before their Region. Some
# tests have one role for all who act in a further account but the doctor.
_MEMBER_ROLES = {
    "PosternReader": ("ReaderRole",),
    "PosternOperator": ("OperatorRole",),
    "PosternExaminer": ("ExaminerRole",),
    "Operator": ("ReaderRole", "OperatorRole"),
}
_A_ROLE_ELSEWHERE = "a role of a further account"


class Power(NamedTuple):
    """An action on a resource, or on a pattern of them."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def read(directory: Path) -> dict[str, set[Power]]:
    """What was asked of each role, by its ARN."""
    used: dict[str, set[Power]] = {}
    for file in directory.glob("*.tsv"):
        for line in file.read_text(encoding="utf-8").splitlines():
            role, action, resource = line.split("\t")
            used.setdefault(role, set()).add(Power(action, resource))
    return used


def findings(
    used: dict[str, set[Power]], home: list[House] | None = None, excused: dict[str, dict[str, str]] | None = None
) -> Iterator[str]:
    """Every difference between what is used and what is granted."""
    home = houses(HOME) if home is None else home
    if excused is None:
        excused = json.loads((FACTS / "unused-powers.json").read_text(encoding="utf-8"))
    functions = [name.removesuffix("Function") for name in home[0].of("AWS::Lambda::Function")]
    for function in functions:
        subject = function.lower()
        granted = _granted(home, f"{function}Role")
        asked = used.get(f"arn:aws:iam::{ACCOUNT}:role/postern/Postern{function}", set())
        if not asked:
            yield f"{subject}: no test had it call AWS"
            continue
        yield from _compared(subject, granted, asked, excused.get(subject, {}))
    members = {role for roles in _MEMBER_ROLES.values() for role in roles}
    for unknown in sorted(excused.keys() - {name.lower() for name in functions} - members):
        yield f"{unknown}: is excused, and is no function"
    for role in sorted(members):
        yield from _elsewhere(role, used, excused.get(role, {}))


def plain(resource: str) -> str:
    """A resource, with the roles of further accounts taken for one."""
    match = re.match(r"arn:aws:iam::([0-9]{12}):role/", resource)
    return _A_ROLE_ELSEWHERE if match and match.group(1) != ACCOUNT else resource


def _granted(forms: Iterable[House], role: str) -> set[Power]:
    return {Power(grain.action, plain(grain.resource)) for house in forms for grain in of_role(house, role)}


def _compared(subject: str, granted: set[Power], asked: set[Power], excused: dict[str, str]) -> Iterator[str]:
    found = set()
    for power in sorted(asked):
        covering = {
            each for each in granted if each.action == power.action and _covers(each.resource, plain(power.resource))
        }
        found |= covering
        if not covering:
            yield f"{subject}: used and not granted: {power}"
    unused = {str(power) for power in granted - found}
    for line in sorted(unused - excused.keys()):
        yield f"{subject}: granted and never used: {line}"
    for line in sorted(excused.keys() - unused):
        yield f"{subject}: is used by now, or not granted any more, so it needs no excuse: {line}"


def _elsewhere(role: str, used: dict[str, set[Power]], excused: dict[str, str]) -> Iterator[str]:
    """The difference for a role of member-account.yaml; no other role is looked at, for grants are people's."""
    granted = {power.action for power in _granted(houses(MEMBER), role)}
    asked = set()
    for arn, powers in used.items():
        of = _of(arn)
        if role not in of:
            continue
        actions = {power.action for power in powers}
        asked |= actions
        # What one role in the tests does for two, either may do: it is told once.
        if role == of[0]:
            may = granted.union(*({power.action for power in _granted(houses(MEMBER), other)} for other in of))
            for action in sorted(actions - may):
                yield f"in a further account: {role}: used and not granted: {action}"
    if not asked:
        yield f"in a further account: {role}: no test took it"
        return
    for action in sorted(granted - asked - excused.keys()):
        yield f"in a further account: {role}: granted and never used: {action}"
    for action in sorted(excused.keys() - (granted - asked)):
        yield f"in a further account: {role}: is used by now, or not granted any more, so it needs no excuse: {action}"


def _of(arn: str) -> tuple[str, ...]:
    """The roles of member-account.yaml that a role of the tests stands for."""
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[1]
    return () if account == ACCOUNT else _MEMBER_ROLES.get(name.partition("-")[0], ())


def _covers(pattern: str, resource: str) -> bool:
    return bool(_expression(pattern).fullmatch(resource))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern))
