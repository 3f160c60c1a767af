"""A log group of CloudWatch Logs: whether it is there, whose it is, and taking it away."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws import stack
from inferwatch.aws.explained import explained


class LogGroup(msgspec.Struct, frozen=True):
    """retention_days: None where it keeps lines for ever; stored_bytes: compressed, as billed."""

    name: str
    retention_days: int | None
    stored_bytes: int
    kms_key: str | None


def find(session: boto3.Session, name: str) -> LogGroup | None:
    """The log group of that name, None where there is none. Raises AwsError."""
    pages = session.client("logs").get_paginator("describe_log_groups")
    with explained(f"looking for the log group {name}"):
        for page in pages.paginate(logGroupNamePrefix=name):
            for group in page["logGroups"]:
                if group["logGroupName"] == name:
                    days, kms_key = group.get("retentionInDays"), group.get("kmsKeyId")
                    return LogGroup(name, days, int(group.get("storedBytes", 0)), kms_key)
    return None


def problem(session: boto3.Session, name: str, stack_name: str) -> str | None:
    """Why the stack cannot make the log group, and what to do; None where it can or did. Raises AwsError."""
    if find(session, name) is None:
        return None
    if stack.holds(session, stack_name, "AWS::Logs::LogGroup", name):
        return None
    return (
        f"the log group {name} exists, and the stack {stack_name} did not make it: an earlier `destroy` kept it, "
        "another stack has it, or the function ran before; `inferwatch deploy --existing-log-group` uses it as it is, "
        "and `aws logs delete-log-group` removes it and every line in it"
    )


def delete(session: boto3.Session, name: str) -> None:
    """Delete the log group and every line in it. Raises AwsError."""
    logs = session.client("logs")
    with explained(f"deleting the log group {name}"):
        try:
            logs.delete_log_group(logGroupName=name)
        except logs.exceptions.ResourceNotFoundException:
            return
