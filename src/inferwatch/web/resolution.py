"""How finely a range is drawn."""

from __future__ import annotations

POINTS_MAX = 360
PERIODS = (10, 60, 300, 3600, 21_600, 86_400)
# CloudWatch's retention, which the rollups follow: age in seconds up to which each period can still be had.
_KEPT = ((3 * 3600, 10), (15 * 86_400, 60), (63 * 86_400, 300))


def period_for(start_ms: int, end_ms: int, now_ms: int, points: int = POINTS_MAX) -> int:
    """The finest period in seconds that needs at most `points` datapoints and is still kept for the range's start."""
    finest = _kept_period((now_ms - start_ms) / 1000)
    for period in PERIODS:
        if period >= finest and (end_ms - start_ms) <= points * period * 1000:
            return period
    return PERIODS[-1]


def _kept_period(age: float) -> int:
    for oldest, period in _KEPT:
        if age <= oldest:
            return period
    return 3600
