"""KMS keys as all of this room's are: turned over each year, and waiting for a week when they are to go."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

WAITS = Duration.days(7)


def new_key(scope: Construct, id: str, *, description: str, removal_policy: RemovalPolicy) -> kms.Key:
    """A key that nobody may use yet but by the account's own policies."""
    return kms.Key(
        scope,
        id,
        description=description,
        enable_key_rotation=True,
        pending_window=WAITS,
        removal_policy=removal_policy,
    )
