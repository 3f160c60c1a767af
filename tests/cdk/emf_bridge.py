"""What CloudWatch does with log lines, in the tests: embedded metrics and metric filters become datapoints.

It knows nothing of ours: neither the names of metrics nor how lines are written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from boolean_expression import filter_pattern, selected
from intrinsics import Template, resolved

MINUTE_MS = 60_000


class Series(NamedTuple):
    """One metric under one set of dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


class Metrics:
    """The metrics of one account and region, filled by `put`, and by `add` with what AWS counts itself."""

    def __init__(self, template: Template) -> None:
        resources = resolved(template)["Resources"].values()
        self._filters = [r["Properties"] for r in resources if r["Type"] == "AWS::Logs::MetricFilter"]
        self._values: dict[Series, list[tuple[int, float]]] = defaultdict(list)
        self._fine: set[Series] = set()

    def put(self, log_group: str, at_ms: int, line: str | bytes) -> None:
        """One log event. What is not valid is passed over in silence, as CloudWatch does."""
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            self._embedded(event)
            for declared in self._filters:
                if declared["LogGroupName"] == log_group and filter_pattern(declared["FilterPattern"])(event):
                    self._filtered(declared["MetricTransformations"], event, at_ms)

    def add(self, namespace: str, name: str, dimensions: Mapping[str, str], at_ms: int, value: float) -> None:
        """A value of a metric with one datapoint a minute."""
        series = Series(namespace, name, frozenset(dimensions.items()))
        self._values[series].append((at_ms - at_ms % MINUTE_MS, value))

    def values(self, series: Series, start_ms: int, end_ms: int) -> list[float]:
        """What was measured in [start_ms, end_ms). A metric of a minute's resolution stands at the minute's begin."""
        return [value for at_ms, value in self._values.get(series, ()) if start_ms <= at_ms < end_ms]

    def series(self) -> Iterable[Series]:
        """Every series that has a value."""
        return self._values.keys()

    def is_fine(self, series: Series) -> bool:
        """Whether it has datapoints of less than a minute."""
        return series in self._fine

    def _embedded(self, event: dict[str, Any]) -> None:
        aws = event.get("_aws")
        if not isinstance(aws, dict) or not isinstance(aws.get("Timestamp"), int):
            return
        for directive in aws.get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                if all(isinstance(event.get(name), str) for name in names):
                    dimensions = {name: event[name] for name in names}
                    for metric in directive["Metrics"]:
                        self._measured(directive["Namespace"], metric, dimensions, event, aws["Timestamp"])

    def _measured(
        self, namespace: str, metric: dict[str, Any], dimensions: dict[str, str], event: dict[str, Any], at_ms: int
    ) -> None:
        target = event.get(metric["Name"])
        values = target if isinstance(target, list) else [target]
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            return
        series = Series(namespace, metric["Name"], frozenset(dimensions.items()))
        if metric.get("StorageResolution", 60) == 1:
            self._fine.add(series)
            self._values[series] += [(at_ms - at_ms % 1000, value) for value in values]
        else:
            for value in values:
                self.add(namespace, metric["Name"], dimensions, at_ms, value)

    def _filtered(self, transformations: list[dict[str, Any]], event: dict[str, Any], at_ms: int) -> None:
        for made in transformations:
            given = made["MetricValue"]
            value = selected(given, event) if given.startswith("$") else float(given)
            dimensions = {each["Key"]: selected(each["Value"], event) for each in made.get("Dimensions", ())}
            if isinstance(value, int | float) and all(isinstance(part, str) for part in dimensions.values()):
                self.add(made["MetricNamespace"], made["MetricName"], dimensions, at_ms, value)
