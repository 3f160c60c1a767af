"""Times as boto3 gives them."""

from __future__ import annotations

from datetime import datetime


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds."""
    return round(at.timestamp() * 1000)
