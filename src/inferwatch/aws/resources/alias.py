"""The alias by which a model's function is called, and the published versions that it can point to."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained

LATEST = "$LATEST"
"""What is published next: nothing that stays."""


class Alias(msgspec.Struct, frozen=True):
    """version: of Lambda, `7`; shifting: whether a part of the traffic goes to another one, as during a rollout."""

    version: str
    shifting: bool


class Published(msgspec.Struct, frozen=True):
    """A version of Lambda's, and the variables that its environments have."""

    version: str
    environ: dict[str, str]


def find(session: boto3.Session, function: str, name: str) -> Alias | None:
    """The alias, None where there is none. Raises AwsError."""
    client = session.client("lambda")
    with explained(f"looking at {function}:{name}"):
        try:
            found = client.get_alias(FunctionName=function, Name=name)
        except client.exceptions.ResourceNotFoundException:
            return None
    return Alias(found["FunctionVersion"], bool(found.get("RoutingConfig", {}).get("AdditionalVersionWeights")))


def published(session: boto3.Session, function: str) -> list[Published]:
    """The versions of the function, newest first; none where there is no function. Raises AwsError."""
    client = session.client("lambda")
    with explained(f"looking for the versions of {function}"):
        try:
            pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
            listed = [each for page in pages for each in page["Versions"] if each["Version"] != LATEST]
        except client.exceptions.ResourceNotFoundException:
            return []
    found = [Published(each["Version"], each.get("Environment", {}).get("Variables", {})) for each in listed]
    return sorted(found, key=lambda each: -int(each.version))


def point(session: boto3.Session, function: str, name: str, version: str) -> None:
    """Send all that the alias gets to one version, from now on. Raises AwsError."""
    with explained(f"moving {function}:{name} to version {version}"):
        session.client("lambda").update_alias(
            FunctionName=function, Name=name, FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": {}}
        )
