"""The audit trail of the story, checked by `postern audit verify` from the files alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .deployment import Deployed
from .emulator import Amiss, until
from .people import Api

_MILESTONES = [
    "asked", "approved", "activated", "issuing", "issued", "ended", "session_terminating", "session_over",
    "log_judged", "closed",
]  # fmt: skip
"""As in local/run/src/story/trail.rs."""


def read(api: Api, deployed: Deployed, request: str, postern: Path, work: Path) -> None:
    """Reads the trail of the request as the auditor does, and the checkpoints of the evidence bucket."""
    entries = api.get("ada", f"/v1/requests/{request}/entries").must_be(200)["entries"]
    events = [each["entry"]["event"]["type"] for each in entries]
    left = iter(events)
    for milestone in _MILESTONES:
        if milestone not in left:
            raise Amiss(f"there is no entry `{milestone}` in its place: {events}")
    evidence = work / "evidence"
    evidence.mkdir()
    s3, bucket = deployed.aws("s3"), deployed.outputs["EvidenceBucketName"]

    def fetched() -> bool:
        for each in s3.list_objects_v2(Bucket=bucket, Prefix="checkpoints/").get("Contents", []):
            s3.download_file(bucket, each["Key"], str(evidence / each["Key"].rsplit("/", 1)[1]))
        heads = [json.loads(each.read_text()) for each in evidence.glob("*.json")]
        return any(head["request"] == request and head["n"] == len(entries) for one in heads for head in one["heads"])

    until("a checkpoint holds the end of the trail", 90, fetched, every=1)
    exported = api.get("ada", f"/v1/audit/entries?day={entries[0]['entry']['at'][:10]}")
    exported.must_be(200)
    trails = work / "trails.jsonl"
    trails.write_text(exported.text)
    _verify(postern, trails, evidence, whole=True)
    forged = work / "forged.jsonl"
    forged.write_text(exported.text.replace("disk full", "disk fill", 1))
    _verify(postern, forged, evidence, whole=False)
    print(f"    {len(entries)} audit entries are whole by `postern audit verify`, and one forged is found", flush=True)


def _verify(postern: Path, trails: Path, evidence: Path, whole: bool) -> None:
    command = [str(postern), "audit", "verify", str(trails), "--checkpoints", str(evidence)]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode != (0 if whole else 1):
        raise Amiss(f"`postern audit verify` ended with {said.returncode}: {said.stdout}{said.stderr}")
