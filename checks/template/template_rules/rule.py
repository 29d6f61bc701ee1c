"""The list of rules. A rule is a generator of findings: each a sentence on what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .houses import House

Findings = Iterator[str]


@dataclass(frozen=True)
class Rule:
    name: str
    says: str
    templates: tuple[str, ...]
    check: Callable[[House], Findings]


RULES: dict[str, Rule] = {}


def rule(*templates: str) -> Callable[[Callable[[House], Findings]], Callable[[House], Findings]]:
    """Adds a function to the rules of these templates. Its first line of documentation is the rule."""

    def add(check: Callable[[House], Findings]) -> Callable[[House], Findings]:
        says = (check.__doc__ or "").strip().splitlines()[0]
        name = check.__name__.replace("_", "-")
        RULES[name] = Rule(name, says, templates, check)
        return check

    return add


def findings(houses: list[House], only: str | None = None) -> list[tuple[str, str, str]]:
    """What is wrong: the rule's name, the template with its set of parameters, and the sentence."""
    found: list[tuple[str, str, str]] = []
    for house in houses:
        for each in RULES.values():
            if house.template in each.templates and only in (None, each.name):
                where = f"{house.template}, {house.scenario}"
                found.extend((each.name, where, sentence) for sentence in each.check(house))
    return found
