"""A stack of CloudFormation: its state, its outputs, its resources."""

from __future__ import annotations

from typing import Any

import boto3
import msgspec
import orjson
from botocore import exceptions as boto

from inferwatch.aws.explained import explained

IN_REVIEW = "REVIEW_IN_PROGRESS"
"""Of a stack that a change set was made for and not executed, as after a deployment that failed at once. It holds
nothing and has no template, and stays so."""

_GONE = ("DELETE_COMPLETE", "CREATE_FAILED")


class Stack(msgspec.Struct, frozen=True):
    """id: its ARN; status: CloudFormation's, `CREATE_COMPLETE`; reason: its words for it, often empty; outputs: value
    by key; protected: from deletion; tags: value by name.
    """

    id: str
    name: str
    status: str
    reason: str
    outputs: dict[str, str]
    protected: bool
    tags: dict[str, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it is only announced, which is as good as none."""
        return self.status == IN_REVIEW

    @property
    def is_at_work(self) -> bool:
        """Whether it is being made, changed or deleted."""
        return self.status.endswith("_IN_PROGRESS") and not self.is_empty


class Resource(msgspec.Struct, frozen=True):
    """logical_id: its name in the template; physical_id: its name or ARN in the account, "" before it has one."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str

    @property
    def is_there(self) -> bool:
        """Whether it was made and not deleted: of a creation that failed, CloudFormation lists all that it undid."""
        return self.status not in _GONE


def find(session: boto3.Session, name: str) -> Stack | None:
    """The stack of that name or ARN, None where there is none. By its ARN it is found when it is deleted, too.

    Raises AwsError.
    """
    client = session.client("cloudformation")
    with explained(f"looking for the stack {name}"):
        try:
            (found,) = client.describe_stacks(StackName=name)["Stacks"]
        except boto.ClientError as error:
            if _says_that_it_is_not_there(error):
                return None
            raise
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    reason, protected = found.get("StackStatusReason", ""), bool(found.get("EnableTerminationProtection"))
    tags = {one["Key"]: one["Value"] for one in found.get("Tags", ())}
    return Stack(found["StackId"], found["StackName"], found["StackStatus"], reason, outputs, protected, tags)


def resources(session: boto3.Session, name: str) -> tuple[Resource, ...]:
    """What the stack holds, none where it is not there. Raises AwsError."""
    pages = session.client("cloudformation").get_paginator("list_stack_resources")
    with explained(f"listing what the stack {name} holds"):
        try:
            return tuple(_resource(one) for page in pages.paginate(StackName=name) for one in _summaries(page))
        except boto.ClientError as error:
            if _says_that_it_is_not_there(error):
                return ()
            raise


def holds(session: boto3.Session, name: str, kind: str, physical_id: str) -> bool:
    """Whether the stack has the resource of that CloudFormation type and name. Raises AwsError."""
    return any(one.type == kind and one.physical_id == physical_id and one.is_there for one in resources(session, name))


def template(session: boto3.Session, name: str) -> dict[str, Any]:
    """The template that the stack was last made by. Raises AwsError."""
    client = session.client("cloudformation")
    with explained(f"reading the template of the stack {name}"):
        body = client.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    value: dict[str, Any] = orjson.loads(body) if isinstance(body, str) else body
    return value


def _summaries(page: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page["StackResourceSummaries"]
    return found


def _resource(said: dict[str, Any]) -> Resource:
    return Resource(
        logical_id=said["LogicalResourceId"],
        physical_id=said.get("PhysicalResourceId", ""),
        type=said["ResourceType"],
        status=said["ResourceStatus"],
        reason=said.get("ResourceStatusReason", ""),
    )


def _says_that_it_is_not_there(error: boto.ClientError) -> bool:
    told = error.response.get("Error", {})
    return told.get("Code") == "ValidationError" and "does not exist" in str(told.get("Message", ""))
