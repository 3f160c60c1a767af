"""Whether an account has the concurrent executions that a function wants for itself: a new one has ten in all."""

from __future__ import annotations

from typing import Any

import boto3

from inferwatch.aws.explained import explained
from inferwatch.spec.function import FunctionSpec

OTHERS_KEEP = 100
"""So many stay for all other functions, and in an account that has fewer, all of them: Lambda's rule."""


def problem(session: boto3.Session, name: str, wanted: FunctionSpec) -> str | None:
    """Why Lambda would refuse the function what it wants, None where it would not. Raises AwsError.

    What is provisioned comes out of what is reserved, if anything is. name: of the function, deployed or not.
    """
    key = "reserved_concurrency" if wanted.reserved_concurrency else "provisioned_concurrency"
    asked: int | None = getattr(wanted, key)
    if asked is None:
        return None
    client = session.client("lambda")
    with explained("asking for the account's concurrency"):
        limit = client.get_account_settings()["AccountLimit"]
        own = _reserved(client, name)
    total = int(limit["ConcurrentExecutions"])
    left = int(limit["UnreservedConcurrentExecutions"]) + own - asked
    others_keep = min(OTHERS_KEEP, total)
    if left >= others_keep:
        return None
    return (
        f"function.{key} = {asked} leaves {left} of the {total} concurrent executions that the account has in this "
        f"region, and Lambda keeps {others_keep} for other functions: leave it out, or ask for more under 'Concurrent "
        "executions' of AWS Lambda in Service Quotas"
    )


def _reserved(client: Any, name: str) -> int:
    """What the function has reserved by now."""
    try:
        return int(client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions", 0))
    except client.exceptions.ResourceNotFoundException:
        return 0
