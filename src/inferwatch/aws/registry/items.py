"""Versions, deployments and changes as items of one table.

pk is a model's log group, sk `version#000000001`, `deployment#000000001` or `change#prod#000000001`. What never changes
of a record is its JSON, `record`; the state and endpoint of a deployment have attributes. In the partition
REGISTRY_MODELS, sk is the log group of each model that has a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from inferwatch.cloudwatch.names import REGISTRY_MODELS
from inferwatch.registry import rules
from inferwatch.registry.changes import Entry
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion

Item = dict[str, dict[str, str]]
VERSIONS = "version#"
DEPLOYMENTS = "deployment#"
_DIGITS = len(str(rules.NUMBER_MAX))


def key(group: str, place: str) -> Item:
    return {"pk": {"S": group}, "sk": {"S": place}}


def version_place(number: int) -> str:
    return f"{VERSIONS}{number:0{_DIGITS}}"


def deployment_place(number: int) -> str:
    return f"{DEPLOYMENTS}{number:0{_DIGITS}}"


def changes_of(environment: str) -> str:
    """What the places of an environment's changes begin with, and no other's."""
    return f"change#{quote(environment, safe='')}#"


def change_place(environment: str, number: int) -> str:
    return f"{changes_of(environment)}{number:0{_DIGITS}}"


def number(item: Mapping[str, Any]) -> int:
    """The number at the end of its place."""
    return int(item["sk"]["S"].rpartition("#")[2])


def of_model(model: Model) -> Item:
    return {**key(REGISTRY_MODELS, rules.group(model)), "record": _json(model)}


def of_version(given: ModelVersion) -> Item:
    return {**key(rules.group(given.model), version_place(given.model_version)), "record": _json(given)}


def of_deployment(given: Deployment) -> Item:
    item: Item = {
        **key(rules.group(given.model), deployment_place(given.deployment_id)),
        "environment": {"S": given.environment},
        "state": {"S": given.state},
        "record": _json(given),
    }
    return item if given.endpoint is None else {**item, "endpoint": {"S": given.endpoint}}


def of_entry(group: str, entry: Entry) -> Item:
    item: Item = {**key(group, change_place(entry.change.environment, entry.number)), "record": _json(entry.change)}
    return item if entry.below is None else {**item, "below": {"N": str(entry.below)}}


def model(item: Mapping[str, Any]) -> Model:
    return msgspec.json.decode(item["record"]["S"], type=Model)


def version(item: Mapping[str, Any]) -> ModelVersion:
    return msgspec.json.decode(item["record"]["S"], type=ModelVersion)


def deployment(item: Mapping[str, Any]) -> Deployment:
    kept = msgspec.json.decode(item["record"]["S"], type=Deployment)
    endpoint = item["endpoint"]["S"] if "endpoint" in item else None
    return msgspec.structs.replace(kept, state=item["state"]["S"], endpoint=endpoint)


def entry(item: Mapping[str, Any]) -> Entry:
    change = msgspec.json.decode(item["record"]["S"], type=Change)
    return Entry(number=number(item), below=int(item["below"]["N"]) if "below" in item else None, change=change)


def _json(record: Model | ModelVersion | Deployment | Change) -> dict[str, str]:
    return {"S": msgspec.json.encode(record).decode()}
