"""How finely a range is drawn."""

from __future__ import annotations

from inferwatch.spec.period import DAY, HOUR, RETENTION

POINTS_MAX = 360
PERIODS = (*RETENTION, 6 * HOUR, DAY)


def period_for(start_ms: int, end_ms: int, now_ms: int, finest: int, points: int = POINTS_MAX) -> int:
    """The finest period in seconds that needs at most `points` datapoints and is still kept for the range's start.

    finest: the shortest period that there is at all.
    """
    finest = max(finest, _kept_period((now_ms - start_ms) / 1000))
    for period in PERIODS:
        if period >= finest and (end_ms - start_ms) <= points * period * 1000:
            return period
    return PERIODS[-1]


def _kept_period(age: float) -> int:
    return next((period for period, kept in RETENTION.items() if age <= kept), max(RETENTION))
