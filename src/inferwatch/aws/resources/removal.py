"""Deleting a stack, and what its deletion leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import boto3

from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.resources import stack
from inferwatch.aws.resources.stack import Resource, Stack
from inferwatch.errors import DeployError

EVERY_S = 3.0
AT_MOST_MS = 60 * 60 * 1000
KEY_WAITS_DAYS = 7
_KEPT = ("Retain", "RetainExceptOnCreate")
_OF_FUNCTION = "AWS::Lambda::Version"
"""Kept when a newer one is deployed; with its function it goes."""


def kept(session: boto3.Session, name: str) -> tuple[Resource, ...]:
    """The resources that stay when the stack is deleted, since its template says so. Raises AwsError."""
    declared = stack.template(session, name).get("Resources", {})
    return tuple(
        resource
        for resource in stack.resources(session, name)
        if resource.physical_id
        and resource.is_there
        and resource.type != _OF_FUNCTION
        and declared.get(resource.logical_id, {}).get("DeletionPolicy") in _KEPT
    )


def delete(session: boto3.Session, found: Stack, patience: Patience, tell: Callable[[str], None]) -> None:
    """Delete the stack and wait until it is gone. tell: is given each resource as it goes.

    Raises AwsError, and DeployError where something in it cannot be deleted.
    """
    client = session.client("cloudformation")
    with explained(f"deleting the stack {found.name}"):
        client.delete_stack(StackName=found.id)
    told: set[str] = set()

    def look() -> Stack | None:
        now = stack.find(session, found.id)
        if now is None:
            return Stack(found.id, found.name, "DELETE_COMPLETE", "", {}, protected=False)
        for resource in stack.resources(session, found.id):
            if resource.status == "DELETE_COMPLETE" and resource.logical_id not in told:
                told.add(resource.logical_id)
                tell(f"gone: {resource.type} {resource.physical_id}")
        return now if now.status in ("DELETE_COMPLETE", "DELETE_FAILED") else None

    now = patience.until(look, every_s=EVERY_S, at_most_ms=AT_MOST_MS)
    if now is None:
        raise DeployError(f"the stack {found.name} is still being deleted; `inferwatch destroy` looks again")
    if now.status == "DELETE_FAILED":
        raise DeployError(_failure(session, now))


def schedule_key_deletion(session: boto3.Session, key_id: str) -> None:
    """Let KMS delete the key in a week, the soonest it does; until then it costs nothing. Raises AwsError."""
    client = session.client("kms")
    with explained(f"deleting the key {key_id}"):
        try:
            client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=KEY_WAITS_DAYS)
        except (client.exceptions.NotFoundException, client.exceptions.KMSInvalidStateException):
            return


def _failure(session: boto3.Session, now: Stack) -> str:
    failed = [one for one in stack.resources(session, now.id) if one.status == "DELETE_FAILED"]
    each = "; ".join(f"{one.type} {one.physical_id or one.logical_id}: {one.reason}" for one in failed)
    return (
        f"the stack {now.name} could not be deleted as a whole ({each or now.reason}). Remove what is in the way, then "
        "run `inferwatch destroy` again; the rest is gone already"
    )
