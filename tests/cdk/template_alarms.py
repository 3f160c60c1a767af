"""The alarms of a template, evaluated by our evaluator over the metrics that the bridge made of log lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any, NamedTuple

from boolean_expression import composite_rule
from emf_bridge import Metrics, Series
from intrinsics import Template, resolved

from inferwatch.alarms.evaluate import evaluate
from inferwatch.alarms.timing import boundary, evaluation_range
from inferwatch.alarms.values import INSUFFICIENT_DATA, Datapoint, State
from inferwatch.spec.alarm import AlarmSpec

_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "SampleCount": len,
    "Average": fmean,
    "Sum": math.fsum,
    "Minimum": min,
    "Maximum": max,
}


class Change(NamedTuple):
    """An alarm's way from one state into another, at a time in epoch milliseconds."""

    alarm: str
    state: State
    at_ms: int


class TemplateAlarms:
    """All alarms of one template. states: by name, of composite alarms too."""

    def __init__(self, template: Template, metrics: Metrics) -> None:
        resources = resolved(template)["Resources"].values()
        self._metrics = metrics
        self._alarms = [r["Properties"] for r in resources if r["Type"] == "AWS::CloudWatch::Alarm"]
        self._rules = {
            r["Properties"]["AlarmName"]: composite_rule(r["Properties"]["AlarmRule"])
            for r in resources
            if r["Type"] == "AWS::CloudWatch::CompositeAlarm"
        }
        names = [*(alarm["AlarmName"] for alarm in self._alarms), *self._rules]
        self.states: dict[str, State] = dict.fromkeys(names, INSUFFICIENT_DATA)
        self._evaluated: dict[str, int] = {}

    def step(self, now_ms: int) -> Iterator[Change]:
        """Evaluate what is due at now_ms, children before composites. Gives what changed."""
        for properties in self._alarms:
            alarm = _spec(properties)
            at_ms = boundary(alarm, now_ms)
            if self._evaluated.get(alarm.name) != at_ms:
                self._evaluated[alarm.name] = at_ms
                start_ms, end_ms = evaluation_range(alarm, at_ms)
                points = list(_datapoints(self._metrics, properties, start_ms, end_ms))
                yield from self._set(alarm.name, evaluate(alarm, points, at_ms, self.states[alarm.name]).state, now_ms)
        for name, holds in self._rules.items():
            yield from self._set(name, "ALARM" if holds(self.states) else "OK", now_ms)

    def _set(self, name: str, state: State, now_ms: int) -> Iterator[Change]:
        if self.states[name] != state:
            self.states[name] = state
            yield Change(name, state, now_ms)


def _spec(properties: dict[str, Any]) -> AlarmSpec:
    """The alarm as the evaluator takes it."""
    metric, statistic, period = _watched(properties)
    return AlarmSpec(
        name=properties["AlarmName"],
        metric=metric,
        statistic=statistic,
        period=period,
        comparison=properties["ComparisonOperator"],
        threshold=properties["Threshold"],
        evaluation_periods=properties["EvaluationPeriods"],
        datapoints_to_alarm=properties["DatapointsToAlarm"],
        treat_missing_data=properties["TreatMissingData"],
        evaluate_low_sample_count_percentile=properties.get("EvaluateLowSampleCountPercentile", "evaluate"),
    )


def _watched(properties: dict[str, Any]) -> tuple[str, str, int]:
    """Metric, statistic and period; of metric math, those of its parts, which must be the same."""
    if "Metrics" not in properties:
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        return properties["MetricName"], statistic, properties["Period"]
    ((statistic, period),) = {(p["MetricStat"]["Stat"], p["MetricStat"]["Period"]) for p in _parts(properties)}
    return _expression(properties)["Label"], statistic, period


def _datapoints(metrics: Metrics, properties: dict[str, Any], start_ms: int, end_ms: int) -> Iterator[Datapoint]:
    """One for each period that has data: of the metric, or of the sum over the metrics of `SUM([a, b])`."""
    _, statistic, period = _watched(properties)
    if "Metrics" not in properties:
        series = [_series(properties)]
    else:
        parts = {part["Id"]: _series(part["MetricStat"]["Metric"]) for part in _parts(properties)}
        assert _expression(properties)["Expression"] == f"SUM([{', '.join(parts)}])"
        series = list(parts.values())
    for begin in range(start_ms, end_ms, period * 1000):
        found = [values for each in series if (values := metrics.values(each, begin, begin + period * 1000))]
        if found:
            value = sum(_statistic(statistic, values) for values in found)
            yield Datapoint(begin, value, sum(len(values) for values in found))


def _parts(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in properties["Metrics"] if "MetricStat" in part]


def _expression(properties: dict[str, Any]) -> dict[str, Any]:
    (expression,) = (part for part in properties["Metrics"] if part["ReturnData"])
    return dict(expression)


def _series(metric: dict[str, Any]) -> Series:
    dimensions = frozenset((each["Name"], each["Value"]) for each in metric.get("Dimensions", ()))
    return Series(metric["Namespace"], metric["MetricName"], dimensions)


def _statistic(name: str, values: list[float]) -> float:
    """Percentiles by nearest rank."""
    if name in _STATISTICS:
        return _STATISTICS[name](values)
    rank = math.ceil(float(name.removeprefix("p")) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]
