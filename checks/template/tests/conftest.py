"""Templates for tests: read once, broken in copies."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from template_rules import __main__ as rules_of_the_project  # noqa: F401  (puts every rule on the list)
from template_rules import loading
from template_rules.houses import ROOT, House, houses

Change = Callable[[dict[str, Any]], Any]


@cache
def _written(template: str) -> loading.Template:
    return loading.read(ROOT / template)


def _broken(template: str, change: Change) -> list[House]:
    written = copy.deepcopy(_written(template))
    change(written)
    assert written != _written(template), "the change changes nothing"
    return houses(template, written)


@pytest.fixture
def broken() -> Callable[[str, Change], list[House]]:
    """A template with one change, in all its forms."""
    return _broken
