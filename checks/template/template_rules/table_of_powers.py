"""The table of powers: role by role, action by action, on what and under which condition.

It is made from the templates and kept in docs/powers.md, so that a change of what somebody may do is
read as such when it is reviewed. `UPDATE_GOLDEN=1 bash .ci/template` writes it anew.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

from .evaluating import ACCOUNT, REGION
from .houses import HOME, MEMBER, ROOT, House, houses
from .policies import Grain, of_role
from .rule import Findings, rule

PAGE = ROOT / "docs" / "powers.md"

_HEAD = """\
# What each role may do

Made from the templates by `UPDATE_GOLDEN=1 bash .ci/template`, and compared by every run of it. Deployed
without options a role has the lines without a mark; *with options* are those that a parameter adds, of
which `checks/template/facts/beyond-local.json` says which one. ARNs are shortened to service and
resource. A role's permissions boundary caps what stands here, and each grant's session policy narrows
what the access role may.

`.ci/run` compares what a function's role has with what the tests have it do, both ways. What is here and
is never used there stands in `checks/template/facts/unused-powers.json`, with its reason.
"""

_ROLES = {
    HOME: {
        "ApiRole": "`api`",
        "ChatopsRole": "`chatops`",
        "IssueRole": "`issue`",
        "SweeperRole": "`sweeper`",
        "DoctorRole": "`doctor`",
        "ScheduleRole": "the schedules",
        "AccessRole": "the access role",
    },
    MEMBER: {
        "ReaderRole": "the reader role of a further account: `api`, `chatops` and `issue`",
        "ExaminerRole": "the examiner role of a further account: the doctor",
        "OperatorRole": "the operator role of a further account: the sweeper",
    },
}


def _short(text: str) -> str:
    text = re.sub(rf"arn:aws:([a-z0-9-]+):(?:{REGION})?:(?:{ACCOUNT})?:", r"\1:", text)
    return re.sub(r"arn:aws:([a-z0-9-]+):[a-z0-9-]*:[0-9]{12}:", r"\1 of another account:", text)


def _line(grain: Grain, when: str) -> str:
    condition = "" if grain.condition == "{}" else f"`{_short(grain.condition)}`"
    effect = "" if grain.effect == "Allow" else f"**{grain.effect}** "
    return f"| {effect}`{grain.action}` | `{_short(grain.resource)}` | {condition} | {when} |"


def page() -> str:
    """The page as it should be."""
    parts = [_HEAD]
    for template, roles in _ROLES.items():
        forms = {house.scenario: house for house in houses(template)}
        for role, called in roles.items():
            usual = of_role(forms["as it comes"], role)
            # Options exclude each other, so no form has them all.
            more = set().union(*(of_role(form, role) for form in forms.values())) - usual
            lines = [_line(grain, "") for grain in sorted(usual)] + [
                _line(grain, "with options") for grain in sorted(more)
            ]
            parts.append(
                f"## {called[0].upper()}{called[1:]}\n\n"
                "| action | on | under the condition | |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
            )
    return "\n".join(parts)


def write(path: Path = PAGE) -> None:
    path.write_text(page(), encoding="utf-8")


@rule(HOME)
def the_table_of_powers_is_current(house: House) -> Findings:
    """Every role of every template has its lines in docs/powers.md, as they are."""
    if house.scenario != "as it comes":
        return
    if os.environ.get("UPDATE_GOLDEN"):
        write()
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    # Line by line and in order: roles have lines in common.
    for line in difflib.ndiff(written.splitlines(), page().splitlines()):
        if line.startswith(("- ", "+ ")):
            yield f"docs/powers.md differs; run with UPDATE_GOLDEN=1 if this is meant: {line}"


@rule(HOME, MEMBER)
def no_role_is_left_out_of_the_table(house: House) -> Findings:
    """Every role of a template stands in the table of powers."""
    named = _ROLES[HOME].keys() | _ROLES[MEMBER].keys()
    for role in sorted(house.of("AWS::IAM::Role").keys() - named):
        yield f"`{role}` is not in the table of powers"
