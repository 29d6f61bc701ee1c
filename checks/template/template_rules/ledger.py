"""The table has the keys that the code reads it by.

`facts/table.json` says what shared/broker/src/ledger/table.rs says.
"""

from __future__ import annotations

from typing import Any

from .houses import HOME, House
from .rule import Findings, rule


def _keys(schema: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in schema]


def _pair(partition: str, sort: str) -> list[tuple[str, str]]:
    return [(partition, "HASH"), (sort, "RANGE")]


@rule(HOME)
def the_table_is_the_one_of_the_code(house: House) -> Findings:
    """Keys, indexes, projections and expiry of the table are those of ledger/table.rs."""
    fact: dict[str, Any] = house.fact("table.json")
    table = house.the("Table")
    if _keys(table["KeySchema"]) != _pair(fact["partition_key"], fact["sort_key"]):
        yield f"its keys are {_keys(table['KeySchema'])}"
    found = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    for name in sorted(found.keys() ^ fact["indexes"].keys()):
        yield f"index `{name}` stands in one place only"
    for name in sorted(found.keys() & fact["indexes"].keys()):
        if _keys(found[name]["KeySchema"]) != _pair(*fact["indexes"][name]):
            yield f"index `{name}` has the keys {_keys(found[name]['KeySchema'])}"
        if found[name]["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
            yield f"index `{name}` holds more than keys"
    used = {fact["partition_key"], fact["sort_key"], *(key for keys in fact["indexes"].values() for key in keys)}
    declared = [each["AttributeName"] for each in table["AttributeDefinitions"]]
    if sorted(declared) != sorted(used):
        yield f"its attributes are {sorted(declared)} and not {sorted(used)}"
    if any(each["AttributeType"] != "S" for each in table["AttributeDefinitions"]):
        yield "an attribute is no string"
    expiry = table.get("TimeToLiveSpecification", {})
    if expiry != {"AttributeName": fact["expires"], "Enabled": True}:
        yield f"its expiry is {expiry}"


@rule(HOME)
def the_table_survives(house: House) -> Findings:
    """The table is on demand, can be restored to any second, and outlives the stack."""
    table = house.the("Table")
    if table.get("BillingMode") != "PAY_PER_REQUEST":
        yield "it is not on demand"
    if table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
        yield "it cannot be restored to a point in time"
    if table.get("DeletionProtectionEnabled") is not True:
        yield "it can be deleted by one call"
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        if house.resources["Table"].get(attribute) != "Retain":
            yield f"its {attribute} is not Retain"
