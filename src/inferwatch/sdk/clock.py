"""The two clocks of a recording: wall time says when, monotonic time says how long. Both in nanoseconds."""

from __future__ import annotations

import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(NamedTuple):
    """wall_ns: since the epoch, may jump; monotonic_ns: from an arbitrary start, never goes back."""

    wall_ns: Callable[[], int] = time.time_ns
    monotonic_ns: Callable[[], int] = time.monotonic_ns


SYSTEM_CLOCK = Clock()


def iso(ms: int) -> str:
    """Epoch milliseconds as ISO 8601 in UTC: `2026-11-21T09:30:00.125Z`."""
    return _second(ms // 1000) + _fraction(ms % 1000)


def elapsed_ms(nanoseconds: int) -> float:
    """Nanoseconds as milliseconds with three decimals, rounded half up; a clock that went back gives 0."""
    return max(0, nanoseconds + 500) // 1000 / 1000


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    # Most lines fall into the second of the line before: the calendar is worked out once for each.
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


@cache  # of a thousand
def _fraction(milli: int) -> str:
    return f".{milli:03d}Z"
