"""Periods: the seconds that one datapoint covers, and how long datapoints of each are kept. Both are CloudWatch's."""

from __future__ import annotations

# In seconds, as all periods are.
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

HIGH_RESOLUTION = (10, 20, 30)
RETENTION = {10: 3 * HOUR, MINUTE: 15 * DAY, 5 * MINUTE: 63 * DAY, HOUR: 455 * DAY}
"""For each period, the age in seconds up to which it can be had; what is older is there in longer periods only."""


def period_problem(period: int) -> str | None:
    """Why datapoints of `period` seconds cannot be asked for, or None."""
    if period in HIGH_RESOLUTION or (period >= MINUTE and period % MINUTE == 0):
        return None
    return "is not allowed; expected 10, 20, 30 or a multiple of 60"
