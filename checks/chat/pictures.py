"""Draws what Postern shows in Slack: the rules' golden files by page.html, with headless Chromium."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shown import ROOT, shown

PAGE = Path(__file__).with_name("page.html")
INTO = ROOT / "docs/chatops"
# One picture for each, so that each stands where the page speaks of it.
PICTURES = {
    "asking": ["modal-ask", "pending-requester", "answer-not-understood"],
    "answering": ["pending-tap", "pending-login", "pending-unlogged", "modal-deny"],
    "hostile": ["pending-hostile"],
    "decided": ["approved", "denied", "lapsed", "closed", "outcome-denied"],
    "running": ["active", "active-requester", "reminder", "modal-extend", "extending", "verdict-missing"],
    "emergency": ["emergency", "emergency-over"],
    "answers": ["answer-unlinked", "answer-sign-in", "answer-linked", "answer-stale", "answer-refused", "answer-list", "answer-help"],
}


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("Chromium is wanted, such as the Debian package `chromium`")
    return found


def run(browser: str, page: Path, *options: str) -> str:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--force-device-scale-factor=1", *options, page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def main() -> None:
    browser, everything = chromium(), shown()
    drawn = {name for names in PICTURES.values() for name in names}
    assert drawn <= set(everything), drawn - set(everything)
    with tempfile.TemporaryDirectory() as folder:
        for picture, names in PICTURES.items():
            data = json.dumps({name: everything[name] for name in names}).replace("<", "\\u003c")
            page = Path(folder) / f"{picture}.html"
            page.write_text(PAGE.read_text().replace(">DATA<", f">{data}<"))
            # The page says in its title how high it is.
            height = int(re.search(r"<title>(\d+)</title>", run(browser, page, "--dump-dom"))[1])
            into = INTO / f"{picture}.png"
            run(browser, page, f"--screenshot={into}", f"--window-size=720,{height}")
            print(into.relative_to(ROOT), height)


if __name__ == "__main__":
    main()
