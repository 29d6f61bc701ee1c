"""Reads templates: YAML with CloudFormation's short tags, and SAM expanded offline."""

from __future__ import annotations

import copy
import logging
import os
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: `!Sub x` is `{"Fn::Sub": x}`, and dates stay text."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    return {name: value}


def _unique(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    """A mapping, of which no key may stand twice: the last would win without a word."""
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise ValueError(f"`{key}` stands twice, the second time on line {key_node.start_mark.line + 1}")
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


_Loader.add_multi_constructor("!", _short)
_Loader.add_constructor("tag:yaml.org,2002:map", _unique)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def read(path: Path) -> Template:
    """A template as it is written."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506


class _NoManagedPolicies:
    """SAM asks for AWS's managed policies by name; the templates here name none."""

    @staticmethod
    def load() -> dict[str, str]:
        return {}


def expand(template: Template) -> Template:
    """A template with what is SAM in it turned into CloudFormation; others come back as they are."""
    if "Transform" not in template:
        return copy.deepcopy(template)
    # SAM asks boto3 for a Region to find the partition; which one does not matter here.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    # It counts what it does for those who run it as a service, and complains that nobody takes it.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    from samtranslator.translator.transform import transform

    uploaded = copy.deepcopy(template)
    for part in [uploaded.get("Globals", {}).get("Function", {})] + [
        resource["Properties"] for resource in uploaded["Resources"].values()
    ]:
        for name in ("CodeUri", "ContentUri"):
            if isinstance(part.get(name), str):
                part[name] = {"Bucket": "built", "Key": part[name].strip("/")}
    expanded = transform(uploaded, _defaults(template), _NoManagedPolicies)
    return copy.deepcopy(expanded)


def _defaults(template: Template) -> dict[str, Any]:
    parameters = template.get("Parameters", {})
    return {name: spec["Default"] for name, spec in parameters.items() if "Default" in spec}
