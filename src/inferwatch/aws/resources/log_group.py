"""A log group of CloudWatch Logs: whether it is there, and taking it away."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained

STANDARD = "STANDARD"


class LogGroup(msgspec.Struct, frozen=True):
    """retention_days: None where it keeps lines for ever; stored_bytes: compressed, as billed; log_class: STANDARD,
    or one that has no metrics.
    """

    name: str
    retention_days: int | None
    stored_bytes: int
    kms_key: str | None
    log_class: str = STANDARD


def find(session: boto3.Session, name: str) -> LogGroup | None:
    """The log group of that name, None where there is none. Raises AwsError."""
    pages = session.client("logs").get_paginator("describe_log_groups")
    with explained(f"looking for the log group {name}"):
        for page in pages.paginate(logGroupNamePrefix=name):
            for group in page["logGroups"]:
                if group["logGroupName"] == name:
                    days, kms_key = group.get("retentionInDays"), group.get("kmsKeyId")
                    log_class = group.get("logGroupClass", STANDARD)
                    return LogGroup(name, days, int(group.get("storedBytes", 0)), kms_key, log_class)
    return None


def delete(session: boto3.Session, name: str) -> None:
    """Delete the log group and every line in it. Raises AwsError."""
    logs = session.client("logs")
    with explained(f"deleting the log group {name}"):
        try:
            logs.delete_log_group(logGroupName=name)
        except logs.exceptions.ResourceNotFoundException:
            return
