"""The comparison of powers as they are used with powers as they are granted."""

from __future__ import annotations

import json
from pathlib import Path

from template_rules import used
from template_rules.evaluating import ACCOUNT
from template_rules.houses import FACTS, HOME, MEMBER, houses
from template_rules.policies import of_role
from template_rules.used import Power

_API = f"arn:aws:iam::{ACCOUNT}:role/postern/PosternApi"
_ELSEWHERE = "arn:aws:iam::444455556666:role/"
_EXAMINER = _ELSEWHERE + "postern/PosternExaminer-eu-central-1"
_EXCUSED = json.loads((FACTS / "unused-powers.json").read_text(encoding="utf-8"))


def _all_used() -> dict[str, set[Power]]:
    """Each role used for just what it is granted and needs no excuse for."""
    found = {}
    home = houses(HOME)
    for function in [name.removesuffix("Function") for name in home[0].of("AWS::Lambda::Function")]:
        granted = {Power(grain.action, grain.resource) for house in home for grain in of_role(house, f"{function}Role")}
        excused = _EXCUSED.get(function.lower(), {})
        found[f"arn:aws:iam::{ACCOUNT}:role/postern/Postern{function}"] = {
            power for power in granted if str(Power(power.action, used.plain(power.resource))) not in excused
        }
    found[_ELSEWHERE + "Operator"] = _of_members("ReaderRole") | _of_members("OperatorRole")
    excused = _EXCUSED.get("ExaminerRole", {})
    found[_EXAMINER] = {power for power in _of_members("ExaminerRole") if power.action not in excused}
    return found


def _of_members(role: str) -> set[Power]:
    return {Power(grain.action, "*") for house in houses(MEMBER) for grain in of_role(house, role)}


def test_what_is_used_as_it_is_granted_is_no_finding() -> None:
    assert list(used.findings(_all_used())) == []


def test_a_call_that_no_grant_covers_is_found() -> None:
    powers = _all_used()
    table = f"arn:aws:dynamodb:ap-northeast-2:{ACCOUNT}:table/postern"
    powers[_API] |= {Power("dynamodb:Scan", table), Power("dynamodb:GetItem", f"{table}-2")}
    assert list(used.findings(powers)) == [
        f"api: used and not granted: dynamodb:GetItem on {table}-2",
        f"api: used and not granted: dynamodb:Scan on {table}",
    ]


def test_a_grant_that_no_call_needs_is_found_and_may_be_excused_while_it_is_true() -> None:
    powers = _all_used()
    line = str(next(power for power in powers[_API] if power.action == "dynamodb:BatchGetItem"))
    powers[_API] = {power for power in powers[_API] if str(power) != line}
    assert list(used.findings(powers)) == [f"api: granted and never used: {line}"]
    excused = _EXCUSED | {"api": _EXCUSED.get("api", {}) | {line: "for the sake of this test"}}
    assert list(used.findings(powers, excused=excused)) == []
    (stale,) = used.findings(_all_used(), excused=excused)
    assert stale.endswith(line)


def test_a_function_that_no_test_called_and_an_excuse_for_none_are_found() -> None:
    powers = _all_used()
    del powers[_API]
    found = list(used.findings(powers, excused=_EXCUSED | {"nobody": {}}))
    assert found == ["api: no test had it call AWS", "nobody: is excused, and is no function"]


def test_further_accounts_are_compared_by_action() -> None:
    powers = _all_used()
    powers[_ELSEWHERE + "Operator"] = {Power("ssm:SendCommand", "*")}
    found = list(used.findings(powers))
    assert found.count("in a further account: ReaderRole: used and not granted: ssm:SendCommand") == 1
    assert "in a further account: OperatorRole: granted and never used: ssm:DescribeSessions" in found
    assert "in a further account: ReaderRole: granted and never used: tag:GetResources" in found


def test_roles_of_further_accounts_are_compared_each_with_its_own() -> None:
    powers = _all_used()
    # Only the examiner may look at networks, and it may end nothing.
    powers[_ELSEWHERE + "postern/PosternReader-eu-central-1"] = {Power("ec2:DescribeVpcs", "*")}
    powers[_ELSEWHERE + "postern/PosternOperator-eu-central-1"] = {Power("ec2:DescribeVpcs", "*")}
    powers[_EXAMINER] |= {Power("ssm:TerminateSession", "*")}
    assert list(used.findings(powers)) == [
        "in a further account: ExaminerRole: used and not granted: ssm:TerminateSession",
        "in a further account: OperatorRole: used and not granted: ec2:DescribeVpcs",
        "in a further account: ReaderRole: used and not granted: ec2:DescribeVpcs",
    ]


def test_a_role_of_further_accounts_that_no_test_took_is_found_and_what_it_never_does_may_be_excused() -> None:
    powers = _all_used()
    powers[_EXAMINER] = {power for power in powers[_EXAMINER] if power.action != "ec2:DescribeVpcs"}
    assert list(used.findings(powers)) == [
        "in a further account: ExaminerRole: granted and never used: ec2:DescribeVpcs"
    ]
    of_examiner = _EXCUSED.get("ExaminerRole", {}) | {"ec2:DescribeVpcs": "for the sake of this test"}
    assert list(used.findings(powers, excused=_EXCUSED | {"ExaminerRole": of_examiner})) == []
    (stale,) = used.findings(_all_used(), excused=_EXCUSED | {"ExaminerRole": of_examiner})
    assert stale.endswith("needs no excuse: ec2:DescribeVpcs")
    del powers[_EXAMINER]
    assert "in a further account: ExaminerRole: no test took it" in used.findings(powers)


def test_files_of_several_houses_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "1-0.tsv").write_text(f"{_API}\tssm:A\t*\n{_API}\tssm:B\t*\n")
    (tmp_path / "2-0.tsv").write_text(f"{_API}\tssm:A\t*\n")
    assert used.read(tmp_path) == {_API: {Power("ssm:A", "*"), Power("ssm:B", "*")}}
    assert used.read(tmp_path / "nothing") == {}
