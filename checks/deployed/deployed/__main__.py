"""Deploys what was built on ministack and tells the story through it: `python -m deployed`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from .deployment import deploy
from .emulator import Amiss, ministack, surroundings
from .story import Story
from .systems import chats


def main() -> int:
    arguments = argparse.ArgumentParser(prog="deployed", description=__doc__)
    arguments.add_argument("--binaries", metavar="DIR", type=Path, required=True, help="the functions' binaries")
    arguments.add_argument("--local", metavar="DIR", type=Path, required=True, help="`surroundings` and `postern`")
    arguments.add_argument("--ministack", metavar="FILE", type=Path, required=True)
    arguments.add_argument("--work", metavar="DIR", type=Path, required=True, help="an empty directory")
    given = arguments.parse_args()
    # Whoever stops this stops all that it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    work = given.work.resolve()
    try:
        with (
            chats() as systems,
            surroundings(given.local.resolve() / "surroundings", work) as around,
            ministack(given.ministack.absolute(), work, around) as endpoint,
        ):
            program = given.ministack.absolute()
            deployed = deploy(endpoint, around, systems, given.binaries.resolve(), program, work)
            print(f"    deployed {len(deployed.resources)} resources in {time.monotonic() - begun:.0f} s", flush=True)
            try:
                Story(deployed, systems, given.local.resolve() / "postern", work).tell()
            except Exception:
                deployed.keep_logs(work)
                raise
    except Amiss as amiss:
        print(f"not as it should be: {amiss}", file=sys.stderr)
        return 1
    print(f"every step was as it should be, in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
