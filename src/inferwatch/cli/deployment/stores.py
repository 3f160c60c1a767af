"""What holds records and outlives a stack: log groups, tables, buckets. How much is in each, and taking it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import boto3
import msgspec

from inferwatch.aws.resources import bucket, log_group, table
from inferwatch.cli.deployment.wording import counted

Kind = Literal["log group", "table", "bucket"]


class Store(msgspec.Struct, frozen=True):
    """holds: how much, in words; costs: while it stays, in words; kms_key: id or ARN of the key that encrypts it."""

    kind: Kind
    name: str
    holds: str
    costs: str
    kms_key: str | None

    @property
    def called(self) -> str:
        """`the table claim-Inference-History`."""
        return f"the {self.kind} {self.name}"


def of_log_group(session: boto3.Session, name: str) -> Store | None:
    """The log group, None where there is none. Raises AwsError."""
    found = log_group.find(session, name)
    if found is None:
        return None
    days = f"{found.retention_days} days" if found.retention_days else "ever"
    costs = f"which keeps a line for {days}, at about 0.03 USD a GB and month"
    return Store("log group", name, f"{found.stored_bytes / 1e6:.1f} MB", costs, found.kms_key)


def of_table(session: boto3.Session, name: str) -> Store | None:
    """The table, None where there is none. Raises AwsError."""
    found = table.find(session, name)
    if found is None:
        return None
    holds = f"{counted(found.items, 'item')}, {found.stored_bytes / 1e6:.1f} MB"
    return Store("table", name, holds, "at about 0.5 USD a GB and month with its backups", found.kms_key)


def of_bucket(session: boto3.Session, name: str) -> Store | None:
    """The bucket, None where there is none. Raises AwsError."""
    found = bucket.find(session, name)
    if found is None:
        return None
    holds = f"{counted(found.objects, 'file')}, {found.stored_bytes / 1e6:.1f} MB"
    return Store("bucket", name, holds, "at about 0.02 USD a GB and month", found.kms_key)


def remove(session: boto3.Session, store: Store) -> None:
    """Delete it, and everything in it. Raises AwsError."""
    _REMOVERS[store.kind](session, store.name)


_REMOVERS: dict[Kind, Callable[[boto3.Session, str], None]] = {
    "log group": log_group.delete,
    "table": table.delete,
    "bucket": bucket.delete,
}
