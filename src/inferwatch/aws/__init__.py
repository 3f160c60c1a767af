"""AWS's side of the seams, over boto3: metrics, records, alarms, notifications."""

from __future__ import annotations

from inferwatch.errors import MissingExtraError

try:
    import boto3  # noqa: F401
except ModuleNotFoundError:
    raise MissingExtraError("aws", "whatever asks AWS") from None
