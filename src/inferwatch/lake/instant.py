"""When a record's inference began: epoch milliseconds from the line's text. The other way is `sdk.clock.iso`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_YEAR_1000, _YEAR_10000 = -30_610_224_000_000, 253_402_300_800_000  # others have no text that each engine reads


def milliseconds(text: object) -> int | None:
    """Epoch milliseconds of an ISO 8601 text (UTC where it names no zone), or None if it is none.

    Nor is it one outside of the years that have four digits in UTC.
    """
    if not isinstance(text, str):
        return None
    try:
        at_ms = since_epoch(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
    return at_ms if _YEAR_1000 <= at_ms < _YEAR_10000 else None


def since_epoch(at: datetime) -> int:
    """Epoch milliseconds of an instant, in UTC where it names no zone."""
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def start_ms(record: Mapping[str, Any]) -> int | None:
    """When the inference started; where `start_at` is unusable, what its metrics are stamped with."""
    started = milliseconds(record.get("start_at"))
    if started is not None:
        return started
    directive = record.get("_aws")
    stamp = directive.get("Timestamp") if isinstance(directive, dict) else None
    return stamp if type(stamp) is int and _YEAR_1000 <= stamp < _YEAR_10000 else None
