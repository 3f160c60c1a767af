"""What a metric alarm watches, as notifications and views tell it."""

from __future__ import annotations

from typing import Any

from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec


def watched(spec: MonitorSpec, alarm: AlarmSpec) -> dict[str, Any]:
    """The members of a Notification that tell it."""
    return {
        "metric": alarm.metric,
        "statistic": alarm.statistic,
        "unit": spec.unit(alarm.metric) or "None",
        "period": alarm.period,
        "comparison": alarm.comparison,
        "threshold": alarm.threshold,
    }
