"""Times as boto3 gives and takes them."""

from __future__ import annotations

from datetime import UTC, datetime


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds."""
    return round(at.timestamp() * 1000)


def instant(at_ms: int) -> datetime:
    """Of epoch milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
