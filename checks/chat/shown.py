"""What Postern shows in Slack, as the rules' own golden files hold it."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "shared/rules/tests/golden/chat"


def shown() -> dict[str, dict]:
    """Every message, answer and form, by name."""
    files = sorted(path for path in FOLDER.glob("*.json") if path.stem != "signatures")
    return {path.stem: json.loads(path.read_text()) for path in files}


def vectors() -> list[dict]:
    return json.loads((FOLDER / "signatures.json").read_text())
