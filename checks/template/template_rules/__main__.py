"""Holds the templates against the rules: `python -m template_rules`.

`--expand DIR` writes the expanded templates there instead, for linters that do not know SAM;
`--checkov FILE` reads checkov's report on those; `--used DIR` compares what roles were used for in the tests
with what they are granted; `--list` tells the rules.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import (
    checkov,
    documents,
    example,
    functions,
    ledger,
    loading,
    powers,
    routes,
    statements,
    storage,
    table_of_powers,
    text,
    used,
    watching,
)
from .houses import ROOT, SCENARIOS, houses
from .rule import RULES, findings

# Importing them puts their rules on the list.
_ = (documents, example, functions, ledger, powers, routes, statements, storage, table_of_powers, text, watching)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="template_rules", description=__doc__)
    arguments.add_argument("--expand", metavar="DIR", type=Path)
    arguments.add_argument("--checkov", metavar="FILE", type=Path)
    arguments.add_argument("--used", metavar="DIR", type=Path)
    arguments.add_argument("--list", action="store_true")
    chosen = arguments.parse_args()
    if chosen.list:
        for rule in RULES.values():
            print(f"{rule.name}: {rule.says} [{', '.join(rule.templates)}]")
        return 0
    if chosen.expand:
        for template in SCENARIOS:
            expanded = loading.expand(loading.read(ROOT / template))
            into = chosen.expand / checkov.expanded_name(template)
            into.parent.mkdir(parents=True, exist_ok=True)
            into.write_text(json.dumps(expanded, indent=1), encoding="utf-8")
        return 0
    if chosen.checkov:
        told = list(checkov.findings(chosen.checkov))
        for sentence in told:
            print(sentence, file=sys.stderr)
        return 1 if told else 0
    if chosen.used:
        powers = used.read(chosen.used)
        told = list(used.findings(powers))
        for sentence in told:
            print(sentence, file=sys.stderr)
        print(f"{sum(map(len, powers.values()))} powers of {len(powers)} roles were used: {len(told)} findings")
        return 1 if told else 0
    found = [each for template in SCENARIOS for each in findings(houses(template))]
    for name, where, sentence in dict.fromkeys(found):
        print(f"{where}: {name}: {sentence}", file=sys.stderr)
    forms = sum(len(scenarios) for scenarios in SCENARIOS.values())
    print(f"{len(RULES)} rules, {len(SCENARIOS)} templates in {forms} forms: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
