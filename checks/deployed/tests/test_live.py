"""checks/live, driven with an `aws` that answers as it is told to."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from template_rules.houses import ROOT

_LIVE = ROOT / "checks/live"
_BUCKET = "postern-logs-1"
_DENIED = [254, "An error occurred (AccessDenied) when calling this operation: not authorized"]
_OUTPUTS = {
    "AccessRoleArn": "arn:aws:iam::111122223333:role/postern/A",
    "LogBucketName": _BUCKET,
    "EvidenceBucketName": "postern-evidence-1",
}
_INPUTS = {"s3EncryptionEnabled": True, "runAsEnabled": False, "maxSessionDuration": "30", "s3BucketName": _BUCKET}
_OPENED = "AttributeKey=EventName,AttributeValue=OpenDataChannel"

# By how a call begins: its status and what it says. The longest beginning that fits counts.
_AS_EXPECTED: dict[str, list[Any]] = {
    "sts get-caller-identity": [0, "111122223333"],
    "cloudformation describe-stacks": [
        0,
        json.dumps([{"OutputKey": key, "OutputValue": value} for key, value in _OUTPUTS.items()]),
    ],
    "cloudtrail lookup-events": [0, "[]"],
    "sts assume-role": _DENIED,
    "ssm terminate-session": [254, "An error occurred (DoesNotExistException)"],
    "ssm create-document": [254, "An error occurred (InvalidDocumentContent)"],
    "ssm get-document --name SSM-SessionManagerRunShell": [254, "An error occurred (InvalidDocument)"],
    "ssm get-document --name Postern-Shell-30": [0, json.dumps({"inputs": _INPUTS})],
    "ssm describe-sessions": [0, 'DEBUG - "POST / HTTP/1.1" 200 None\nDEBUG - Authorization: kept'],
    "lambda get-function-configuration": [0, json.dumps([{"account": "111122223333"}])],
    "s3api get-object-lock-configuration": [0, json.dumps({"Mode": "GOVERNANCE", "Days": 365})],
    "logs filter-log-events": [0, json.dumps(['{"status": 200}'])],
    "--profile grant ssm": _DENIED,
}

_FAKE = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["FAKE_CALLS"], "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
answers = json.loads(os.environ["FAKE_ANSWERS"])
said = " ".join(sys.argv[1:])
fits = [key for key in answers if said.startswith(key)]
status, text = answers[max(fits, key=len)] if fits else [252, "no such call"]
print(text, file=sys.stderr if status or "--debug" in said else sys.stdout)
sys.exit(status)
"""


class Ran:
    def __init__(
        self, tmp_path: Path, answers: dict[str, list[Any]], typed: str, *arguments: str, **settings: str
    ) -> None:
        aws = tmp_path / "aws"
        aws.write_text(_FAKE)
        aws.chmod(aws.stat().st_mode | stat.S_IXUSR)
        calls, self.file = tmp_path / "calls", tmp_path / "answers.md"
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "AWS_REGION": "eu-central-1",
            "FAKE_CALLS": str(calls),
            "FAKE_ANSWERS": json.dumps(_AS_EXPECTED | answers),
        }
        done = subprocess.run(
            [str(_LIVE), *arguments, str(self.file)],
            env=environment | settings,
            input=typed,
            capture_output=True,
            text=True,
        )
        self.status, self.told = done.returncode, done.stdout + done.stderr
        self.calls = calls.read_text() if calls.exists() else ""
        self.answers = self.file.read_text() if self.file.exists() else ""


_GRANT = {"GRANT": "grant", "NODE": "i-1", "OTHER": "i-2", "DOCUMENT": "Postern-Shell-30"}
_CHANGES = ("terminate-session", "create-document", "start-session", "send-command")


def test_an_account_in_which_all_is_as_expected(tmp_path: Path) -> None:
    ran = Ran(tmp_path, {}, "y\ny\ny\n", **_GRANT)
    assert ran.status == 0, ran.told
    assert "17 as expected, 0 not, 3 open, 0 left out." in ran.answers
    assert all(change in ran.calls for change in _CHANGES)
    assert "kept" not in ran.answers


@pytest.mark.parametrize(("typed", "arguments"), [("", []), ("no\n\nyes\n", []), ("y\ny\ny\n", ["--look-only"])])
def test_nothing_is_changed_unless_somebody_says_yes(tmp_path: Path, typed: str, arguments: list[str]) -> None:
    ran = Ran(tmp_path, {}, typed, *arguments, **_GRANT)
    assert ran.status == 0, ran.told
    assert "3 left out." in ran.answers
    assert not any(change in ran.calls for change in _CHANGES), ran.calls


@pytest.mark.parametrize(
    ("call", "answer", "says"),
    [
        ("sts assume-role", [0, "arn:aws:sts::1:assumed-role/A/x"], "assuming the access role from outside is allowed"),
        (
            "ssm get-document --name Postern-Shell-30",
            [0, json.dumps({"inputs": _INPUTS | {"runAsEnabled": "false"}})],
            "the document is not",
        ),
        ("lambda get-function-configuration", [0, "[{account"], "POSTERN_PLACES is not the JSON"),
        ("s3api get-object-lock-configuration", [254, "ObjectLockConfigurationNotFoundError"], "are not locked"),
        ("logs filter-log-events", [0, json.dumps(['{"status": "200"}'])], "a line of the access log"),
        ("--profile grant ssm send-command", [0, "c-1"], "a command is allowed"),
        (
            f"cloudtrail lookup-events --max-results 5 --lookup-attributes {_OPENED}",
            [0, json.dumps([json.dumps({"errorCode": "AccessDenied"})])],
            "a data channel was refused",
        ),
    ],
)
def test_what_is_not_as_expected_is_told_and_ends_with_1(
    tmp_path: Path, call: str, answer: list[Any], says: str
) -> None:
    ran = Ran(tmp_path, {call: answer}, "y\ny\ny\n", **_GRANT)
    assert ran.status == 1, ran.told
    (told,) = [line for line in ran.answers.splitlines() if line.startswith("**NOT as expected**")][:1]
    assert says in told


def test_what_cannot_be_told_is_left_open(tmp_path: Path) -> None:
    answers = {"sts assume-role": [254, "An error occurred (ExpiredToken)"], "logs filter-log-events": [0, "[]"]}
    ran = Ran(tmp_path, answers, "")
    assert ran.status == 0, ran.told
    assert "failed for another reason than a policy" in ran.answers
    assert "GRANT, NODE, OTHER and DOCUMENT are not all set" in ran.answers


@pytest.mark.parametrize("error", ["AccessDeniedException", "UnrecognizedClientException", "ThrottlingException"])
def test_what_got_no_answer_of_the_service_is_left_open(tmp_path: Path, error: str) -> None:
    asked = ("ssm", "lambda", "s3api", "logs", "cloudtrail")
    answers = {call: [254, f"An error occurred ({error})"] for call in _AS_EXPECTED if call.startswith(asked)}
    ran = Ran(tmp_path, answers, "y\ny\n")
    assert ran.status == 0, ran.told
    assert "2 as expected, 0 not, 13 open, 0 left out." in ran.answers


def test_a_document_that_was_made_is_deleted(tmp_path: Path) -> None:
    made = {"ssm create-document": [0, "Active"], "ssm delete-document": [0, ""]}
    ran = Ran(tmp_path, made, "n\ny\n")
    assert ran.status == 0 and "ssm delete-document --name Postern-Live-Check" in ran.calls
    (tmp_path / "again").mkdir()
    ran = Ran(tmp_path / "again", made | {"ssm delete-document": _DENIED}, "n\ny\n")
    assert ran.status == 1 and "delete it by hand" in ran.answers


def test_without_an_account_or_a_stack_nothing_is_written_and_nothing_is_written_over(tmp_path: Path) -> None:
    for number, call in enumerate(["sts get-caller-identity", "cloudformation describe-stacks"]):
        place = tmp_path / str(number)
        place.mkdir()
        ran = Ran(place, {call: [255, "Unable to locate credentials"]}, "")
        assert (ran.status, ran.answers) == (2, ""), ran.told
    (tmp_path / "answers.md").write_text("mine")
    ran = Ran(tmp_path, {}, "")
    assert (ran.status, ran.answers) == (2, "mine")


def test_every_letter_of_the_checklist_is_run_or_left_to_be_done_by_hand() -> None:
    letters = re.findall(r"^## ([a-z])\. ", (ROOT / "docs/live-checklist.md").read_text(encoding="utf-8"), re.M)
    script = _LIVE.read_text(encoding="utf-8")
    run = re.findall(r"^check ([a-z]) ", script, re.M)
    by_hand = re.findall(r"^by_hand ([a-z]) ", script, re.M)
    assert sorted(run + by_hand) == letters
