"""KMS keys as all of this room's are: turned over each year, and waiting for a week when they are to go."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

WAITS = Duration.days(7)
# What DynamoDB asks of who writes a table, without wildcards.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
WRITE_TABLE = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
]


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
