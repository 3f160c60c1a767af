"""Epoch milliseconds, from the line's text and as days. The other way is `sdk.clock.iso`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inferwatch.sdk.clock import iso

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(text: object) -> int | None:
    """Epoch milliseconds of an ISO 8601 text (UTC where it names no zone), or None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None


def day(ms: int) -> int:
    """Number of the UTC day since 1970-01-01."""
    return ms // DAY


def day_name(number: int) -> str:
    """`2026-11-21`."""
    return iso(number * DAY)[:10]
