"""Spans and days of epoch milliseconds. From text they come by `lake.instant`, and become text by `sdk.clock.iso`."""

from __future__ import annotations

from inferwatch.sdk.clock import iso

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def day(ms: int) -> int:
    """Number of the UTC day since 1970-01-01."""
    return ms // DAY


def day_name(number: int) -> str:
    """`2026-11-21`."""
    return iso(number * DAY)[:10]
