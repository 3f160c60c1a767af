"""Times between the line's text and epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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


def iso(ms: int) -> str:
    """The line's way to write a time: `2026-11-21T09:12:00.350Z`."""
    at = _EPOCH + ms * _MILLISECOND
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % SECOND:03d}Z".rjust(24, "0")


def day(ms: int) -> int:
    """Number of the UTC day since 1970-01-01."""
    return ms // DAY


def day_name(number: int) -> str:
    """`2026-11-21`."""
    return iso(number * DAY)[:10]
