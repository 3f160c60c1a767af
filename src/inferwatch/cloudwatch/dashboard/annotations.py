"""The alarms' thresholds as lines on a chart."""

from __future__ import annotations

from typing import Any

from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.charts import Chart
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import MINUTE
from inferwatch.spec.statistic import ADDITIVE

RED = "#d13212"
_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def thresholds(spec: MonitorSpec, chart: Chart) -> list[dict[str, Any]]:
    """A horizontal line for each alarm on a metric of the chart, if it says something true there.

    A line at 0 lies on the axis and says nothing.
    """
    return [_line(alarm) for alarm in spec.alarms if alarm.threshold != 0 and _comparable(spec, alarm, chart)]


def _comparable(spec: MonitorSpec, alarm: AlarmSpec, chart: Chart) -> bool:
    """Whether the chart shows what the alarm watches: all versions, and no sum of another period than its own."""
    if alarm.dimensions not in (None, spec.identity.dimensions):
        return False
    shown = [series.statistic for series in chart.series if series.metric == alarm.metric]
    if alarm.statistic in ADDITIVE:
        return alarm.statistic in shown and alarm.period == MINUTE
    return any(statistic not in ADDITIVE for statistic in shown)


def _line(alarm: AlarmSpec) -> dict[str, Any]:
    label = f"{alarm.name}: {alarm.statistic} {_SIGNS[alarm.comparison]} {alarm.threshold:g}"
    return {"label": label, "value": alarm.threshold, "color": RED}
