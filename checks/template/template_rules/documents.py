"""Session documents are the very ones that the code opens sessions with.

`facts/session-documents.json` is what shared/rules/src/session_document.rs makes of every kind, with
and without a session key.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .houses import HOME, MEMBER, House
from .rule import Findings, rule

_KIND_OF = {"Shell": "shell", "Command": "command", "Port": "port", "Ssh": "ssh"}


def _documents(house: House) -> dict[str, dict[str, Any]]:
    return {document["Name"]: document for document in house.of("AWS::SSM::Document").values()}


@rule(HOME, MEMBER)
def documents_are_those_of_the_code(house: House) -> Findings:
    """Every document has the content that session_document.rs gives it, to the letter."""
    fact = house.fact("session-documents.json")
    should = fact["with_key" if house.parameters.get("SessionKeyId") else "without_key"]
    for name, document in sorted(_documents(house).items()):
        if name not in should:
            yield f"`{name}` is no document of the code"
        elif json.dumps(document["Content"], sort_keys=True) != json.dumps(should[name], sort_keys=True):
            yield f"`{name}` differs from the code's"
        if document.get("DocumentType") != "Session" or document.get("UpdateMethod") != "NewVersion":
            yield f"`{name}` is not a session document that can be updated in place (AWS-FACTS 8.1)"
    if house.scenario == "with everything":
        for name in sorted(should.keys() - _documents(house).keys()):
            yield f"`{name}` is missing"


def place(house: House) -> dict[str, Any]:
    """The place that this template is, as its functions are told or as its output says."""
    if house.template == MEMBER:
        return json.loads(house.worked_out["Outputs"]["Place"])
    settings = house.the("SweeperFunction")["Environment"]["Variables"]
    return json.loads(settings["POSTERN_PLACES"])[0]


@rule(HOME, MEMBER)
def what_is_offered_can_be_had(house: House) -> Findings:
    """The kinds of access that the place offers are those whose documents exist."""
    offered = place(house)
    kinds = set()
    for kind in offered["kinds"]:
        match kind["type"]:
            case "shell":
                kinds |= {f"Postern-Shell-{minutes}" for minutes in (15, 30, 60, 120, 240, 480)}
                kinds |= {f"Postern-ShellAs-{minutes}" for minutes in (15, 30, 60, 120, 240, 480) if offered["run_as"]}
            case "command":
                kinds.add(f"Postern-Command-{kind['name']}")
                if offered["run_as"]:
                    kinds.add(f"Postern-CommandAs-{kind['name']}")
            case "port":
                kinds.add(f"Postern-Port-{kind['host']}-{kind['port']}")
            case "ssh":
                kinds.add("Postern-Ssh")
    for name in sorted(kinds - _documents(house).keys()):
        yield f"`{name}` is offered and does not exist"
    for name in sorted(_documents(house).keys() - kinds):
        yield f"`{name}` exists and is not offered"


@rule(HOME, MEMBER)
def the_place_is_this_one(house: House) -> Findings:
    """The place names this template's own role, bucket and key, and nothing that the code does not read."""
    struct = house.source("shared/rules/src/place.rs").split("pub struct Place {")[1].split("\n}")[0]
    known = set(re.findall(r"^    pub (\w+):", struct, re.MULTILINE))
    found = place(house)
    for key in sorted(found.keys() - known):
        yield f"the place says `{key}`, which nobody reads"
    should: dict[str, Any] = {
        "access_role": house.worked_out["Outputs"]["AccessRoleArn"],
        "log_bucket": house.worked_out["Outputs"]["LogBucketName"],
        "log_prefix": "sessions",
        "session_key": house.parameters.get("SessionKeyId"),
        "data_channel": house.parameters.get("DataChannelScope", "strict"),
        "bypass": {"then": house.parameters.get("Bypass", "tell")},
    }
    if house.parameters.get("WatchTagKey"):
        should["bypass"]["tag"] = {
            "key": house.parameters["WatchTagKey"],
            "value": house.parameters["WatchTagValue"],
        }
    for key, value in should.items():
        if found.get(key) != value:
            yield f"the place says `{key}` is `{found.get(key)}` and not `{value}`"
    if house.template == MEMBER and found.get("operator_role") != house.worked_out["Outputs"]["OperatorRoleArn"]:
        yield f"the place says `operator_role` is `{found.get('operator_role')}`"
