"""An alarm of the spec as CloudWatch takes it: PutMetricAlarm and AWS::CloudWatch::Alarm share these members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inferwatch.cloudwatch.address import address, counts_killed, killed
from inferwatch.cloudwatch.description import alarm_description
from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.statistic import percentile

TOTAL = "SUM([own, killed])"
"""Missing where both are, so that `treat_missing_data` means what it means for a metric."""


def alarm_properties(
    spec: MonitorSpec, alarm: AlarmSpec, *, actions: Sequence[Any] = (), called: Names | None = None
) -> dict[str, Any]:
    """The members of one alarm. actions: ARNs of what is told, unless the alarm tells nobody.

    People hear of `ALARM` and of `OK`. `Unit` is left out: an alarm with a unit finds no datapoint of another.
    """
    called = called or names(spec)
    return {
        "AlarmName": called.alarm(alarm.name),
        "AlarmDescription": alarm_description(spec, alarm),
        **told(spec, alarm, actions),
        **_watched(spec, alarm, called),
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.m,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
    }


def told(spec: MonitorSpec, alarm: AlarmSpec | CompositeAlarmSpec, actions: Sequence[Any]) -> dict[str, Any]:
    """The members that say what a change of state does: nothing for an alarm whose `notify` is empty."""
    actions = () if alarm.notify == () else actions
    return {"ActionsEnabled": True, "AlarmActions": list(actions), "OKActions": list(actions)}


def _watched(spec: MonitorSpec, alarm: AlarmSpec, called: Names) -> dict[str, Any]:
    if counts_killed(spec, alarm.metric, alarm.statistic, alarm.period, alarm.dimensions):
        return {"Metrics": _total(spec, alarm, called)}
    at = address(spec, alarm.metric, alarm.dimensions, called=called)
    low_samples = alarm.evaluate_low_sample_count_percentile
    if percentile(alarm.statistic) is None:
        statistic = {"Statistic": alarm.statistic}
    else:
        statistic = {"ExtendedStatistic": alarm.statistic, "EvaluateLowSampleCountPercentile": low_samples}
    return {**at.members, **statistic, "Period": alarm.period}


def _total(spec: MonitorSpec, alarm: AlarmSpec, called: Names) -> list[dict[str, Any]]:
    stat = {"Period": alarm.period, "Stat": alarm.statistic}
    parts = {"own": address(spec, alarm.metric, called=called), "killed": killed(spec, called=called)}
    return [
        {"Id": "total", "Expression": TOTAL, "Label": alarm.metric, "ReturnData": True},
        *(
            {"Id": name, "MetricStat": {"Metric": at.members, **stat}, "ReturnData": False}
            for name, at in parts.items()
        ),
    ]
