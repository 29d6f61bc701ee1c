"""Reads what checkov found: what failed, and exceptions in a template that excuse nothing.

An exception stands in the template, in the `Metadata` of the resource that it is about, with its
reason. One that checkov no longer needs is a finding too, so exceptions do not outlive their reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import loading
from .houses import ROOT, SCENARIOS


def expanded_name(template: str) -> str:
    """What the expanded form of a template is called."""
    return f"{template.removesuffix('.yaml').replace('/', '-')}.json"


def findings(report: Path) -> Iterator[str]:
    """What is wrong by this report, which must have been made of all expanded templates."""
    read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if read["summary"]["parsing_errors"] or not read["summary"]["passed"]:
        yield "checkov could not read the templates"
        return
    results = read["results"]
    for check in results["failed_checks"]:
        yield f"{check['file_path']}: {check['resource']}: {check['check_id']}: {check['check_name']}"
    used = {
        (Path(check["file_path"]).name, check["resource"].rsplit(".", 1)[-1], check["check_id"])
        for check in results["skipped_checks"]
    }
    for template in SCENARIOS:
        for logical, resource in loading.read(ROOT / template)["Resources"].items():
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                if len(skip.get("comment", "")) < 20:
                    yield f"{template}: {logical}: {skip['id']} is excused without a reason"
                if (expanded_name(template), logical, skip["id"]) not in used:
                    yield f"{template}: {logical}: {skip['id']} is excused and does not occur"
