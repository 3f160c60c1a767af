"""A cloud assembly, the folder that a CDK app writes: its stacks, their templates and assets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson

from inferwatch.errors import DeployError

STACK = "aws:cloudformation:stack"
_NAMES = (
    *("FunctionName", "AlarmName", "DashboardName", "LogGroupName", "TopicName", "FilterName", "Name"),
    *("QueueName", "TableName", "EndpointName", "DeliveryStreamName", "BucketName"),
    *("ConfigurationName", "StageName", "ApplicationName", "DeploymentGroupName", "AliasName", "UsagePlanName"),
)

_WRITTEN = re.compile(
    r"asset\.[0-9a-f]{64}(\..+)?|assembly-.+|.+\.(template|assets|metadata)\.json|(tree|validation-report)\.json|cdk\.out"
)
"""Names of what CDK writes before the manifest, which is the last."""


class Remark(msgspec.Struct, frozen=True):
    """What the app itself has to say of a stack. level: `warning` or `error`."""

    level: str
    says: str


class StackTemplate(msgspec.Struct, frozen=True):
    """One stack. images and files: hashes of the assets that a deployment uploads."""

    name: str
    template: dict[str, Any]
    remarks: tuple[Remark, ...]
    images: tuple[str, ...]
    files: tuple[str, ...]

    def kinds(self) -> dict[str, list[str]]:
        """Type -> names of the resources that have one of their own, "" for each that has not."""
        found: dict[str, list[str]] = {}
        for resource in self.template.get("Resources", {}).values():
            found.setdefault(resource["Type"], []).append(_name(resource.get("Properties", {})))
        return dict(sorted(found.items()))


def is_assembly(folder: Path) -> bool:
    """Whether the folder is one that a CDK app wrote."""
    return (folder / "manifest.json").exists() and (folder / "cdk.out").exists()


def is_of_cdk(folder: Path) -> bool:
    """Whether nothing is lost with the folder: an assembly, or what an app wrote that failed or was ended."""
    return is_assembly(folder) or all(_WRITTEN.fullmatch(entry.name) for entry in folder.iterdir())


def read(folder: Path) -> tuple[StackTemplate, ...]:
    """The stacks of the assembly in `folder`. Raises DeployError where there are none."""
    try:
        artifacts = _json(folder / "manifest.json").get("artifacts", {})
        stacks = tuple(_stack(folder, id, one) for id, one in artifacts.items() if one["type"] == STACK)
    except (OSError, orjson.JSONDecodeError, KeyError) as error:
        raise DeployError(f"{folder} is no cloud assembly of CDK's: {error!r}") from None
    if not stacks:
        raise DeployError(f"{folder} holds no stack: the CDK app made none")
    return stacks


def of_stages(folder: Path) -> tuple[StackTemplate, ...]:
    """The stacks that a pipeline in `folder` deploys. Raises DeployError."""
    return tuple(stack for below in sorted(folder.glob("assembly-*")) for stack in read(below))


def _stack(folder: Path, id: str, artifact: dict[str, Any]) -> StackTemplate:
    properties = artifact["properties"]
    assets = folder / f"{id}.assets.json"
    manifest = _json(assets) if assets.exists() else {}
    return StackTemplate(
        name=properties.get("stackName") or id,
        template=_json(folder / properties["templateFile"]),
        remarks=tuple(_remarks(folder, artifact)),
        images=tuple(manifest.get("dockerImages", {})),
        files=tuple(manifest.get("files", {})),
    )


def _remarks(folder: Path, artifact: dict[str, Any]) -> Iterator[Remark]:
    metadata = dict(artifact.get("metadata", {}))
    if more := artifact.get("additionalMetadataFile"):
        metadata |= _json(folder / more)
    for entries in metadata.values():
        for entry in entries:
            if entry["type"] in ("aws:cdk:warning", "aws:cdk:error"):
                says = re.sub(r" \[ack: [^\]]*\]$", "", str(entry["data"]))
                yield Remark(entry["type"].rpartition(":")[2], says)


def _name(properties: dict[str, Any]) -> str:
    return next((value for key in _NAMES if isinstance(value := properties.get(key), str)), "")


def _json(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(file.read_bytes())
    return value
