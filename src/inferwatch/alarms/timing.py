"""When an alarm is evaluated, and over what time."""

from __future__ import annotations

from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.period import DAY, HIGH_RESOLUTION, HOUR, MINUTE

# CloudWatch looks at more periods than N, so that a gap does not hide older datapoints. How many more is not
# published; its one documented example looks at 5 periods for N = 3.
EXTRA_PERIODS = 2


def interval(alarm: AlarmSpec) -> int:
    """Seconds between two evaluations: 10 for periods under a minute, an hour where N periods exceed a day, else 60."""
    if alarm.period in HIGH_RESOLUTION:
        return 10
    return HOUR if alarm.evaluation_periods * alarm.period > DAY else MINUTE


def boundary(alarm: AlarmSpec, now_ms: int) -> int:
    """The newest instant, at or before now_ms, at which `alarm` is evaluated."""
    step_ms = interval(alarm) * 1000
    return now_ms - now_ms % step_ms


def composite_boundary(now_ms: int) -> int:
    """The newest instant, at or before now_ms, at which any alarm's state may have changed."""
    return now_ms - now_ms % (HIGH_RESOLUTION[0] * 1000)


def evaluation_range(alarm: AlarmSpec, now_ms: int) -> tuple[int, int]:
    """[start_ms, end_ms) of N + 2 periods; the last ends at the boundary, so the window slides with it."""
    end_ms = boundary(alarm, now_ms)
    return end_ms - (alarm.evaluation_periods + EXTRA_PERIODS) * alarm.period * 1000, end_ms
