"""Exceptions of checkov: each excuses something, and has a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from template_rules import checkov, loading
from template_rules.houses import ROOT, SCENARIOS


def _used() -> list[dict[str, Any]]:
    return [
        {"file_path": f"/{checkov.expanded_name(template)}", "resource": f"X.{logical}", "check_id": skip["id"]}
        for template in SCENARIOS
        for logical, resource in loading.read(ROOT / template)["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]


def _told(tmp_path: Path, skipped: list[dict[str, Any]], failed: list[dict[str, Any]], passed: int = 9) -> list[str]:
    report = tmp_path / "report.json"
    results = {"failed_checks": failed, "skipped_checks": skipped}
    report.write_text(json.dumps({"summary": {"passed": passed, "parsing_errors": 0}, "results": results}))
    return list(checkov.findings(report))


def test_a_report_without_failures_whose_exceptions_are_used_is_clean(tmp_path: Path) -> None:
    assert _told(tmp_path, _used(), []) == []


def test_what_failed_is_told(tmp_path: Path) -> None:
    failed = {"file_path": "/template.json", "resource": "R", "check_id": "CKV_AWS_1", "check_name": "n"}
    assert _told(tmp_path, _used(), [failed]) == ["/template.json: R: CKV_AWS_1: n"]


def test_an_exception_that_excuses_nothing_is_told(tmp_path: Path) -> None:
    (told,) = _told(tmp_path, _used()[1:], [])
    assert "is excused and does not occur" in told


def test_an_exception_without_a_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"Resources": {"R": {"Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_1"}]}}}}}
    monkeypatch.setattr(loading, "read", lambda _: bare)
    used = [
        {"file_path": checkov.expanded_name(template), "resource": "R", "check_id": "CKV_AWS_1"}
        for template in SCENARIOS
    ]
    told = _told(tmp_path, used, [])
    assert len(told) == len(SCENARIOS) and all("without a reason" in sentence for sentence in told)


def test_a_report_of_nothing_is_no_report(tmp_path: Path) -> None:
    assert _told(tmp_path, [], [], passed=0) == ["checkov could not read the templates"]
