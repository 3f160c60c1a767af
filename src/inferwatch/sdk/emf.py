"""The metrics of a line, in CloudWatch's embedded metric format: which values, and the directive that declares them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from typing import Any

from inferwatch.sdk.problems import REFUSED_METRIC, Problems, text
from inferwatch.spec import record
from inferwatch.spec.limits import (
    DIMENSION_VALUE_MAX,
    METRIC_NAME_MAX,
    METRIC_VALUE_MAX,
    METRICS_A_LINE_MAX,
    UNITS,
    printable_ascii_problem,
)

Number = int | float
CodeMetrics = Mapping[str, tuple[Any, str | None]]
"""Metrics that code adds: name -> value and unit (None: the spec's, if it declares the metric)."""

# Every line has these four, as 0 or 1; the values of the others come with each inference.
COUNTS = (record.INVOCATIONS, record.SUCCESS_COUNT, record.ERROR_COUNT, record.REJECTED_COUNT)
_ROOM = METRICS_A_LINE_MAX - len(COUNTS)


def number(value: Any) -> Number | None:
    """`value` as a number that CloudWatch takes, or None. Text and truth values are no numbers."""
    kind = type(value)
    if kind is int and -(2**63) <= value < 2**63:
        return value  # type: ignore[no-any-return]
    if kind is not float:
        if value is None or isinstance(value, (bool, str, bytes)) or not hasattr(kind, "__float__"):
            return None
        try:
            value = float(value)
        except Exception:  # a stranger's __float__, or an integer too large for a float
            return None
    return value if -METRIC_VALUE_MAX <= value <= METRIC_VALUE_MAX else None  # NaN compares to nothing


def counts(status: str) -> dict[str, int]:
    """What one inference of this status adds to the four counts. A client's bad request is not the model's error."""
    succeeded, rejected = status == record.SUCCEEDED, status == record.REJECTED
    return dict(zip(COUNTS, (1, int(succeeded), int(not succeeded and not rejected), int(rejected)), strict=True))


class Metrics:
    """The metrics of one compiled spec."""

    def __init__(self, compiled: Mapping[str, Any], problems: Problems) -> None:
        self._problems = problems
        self._namespace = str(compiled["metric_namespace"])
        self._scale = compiled.get("confidence_scale")
        declared = compiled.get("metrics", ())
        paths = {m["name"]: m["field"].split(".") for m in declared if m.get("field")}
        self._fields = tuple((name, member, below) for name, (member, *below) in paths.items())
        self.declared = frozenset(m["name"] for m in declared)
        self._units = {**record.BUILT_IN_UNITS, **{m["name"]: m["unit"] for m in declared}}
        self._high_resolution = frozenset(compiled.get("high_resolution", ()))
        self._dimensions = [list(record.DIMENSIONS)]
        if compiled.get("by_version"):
            self._dimensions.append([*record.DIMENSIONS, record.VERSION_DIMENSION])

    def measure(
        self, values: Mapping[str, Any], status: str, request: Any, response: Any, added: CodeMetrics
    ) -> tuple[dict[str, Number], Mapping[str, str]]:
        """The metrics beyond the four counts: their values, and the units of those for which code gave one.

        values: of the record; request, response: as they were given, since the record may hide them.
        """
        measured: dict[str, Number] = {} if status == record.REJECTED else {record.LATENCY_MS: values["elapse"]}
        if self._scale and "confidence" in values:
            confidence = number(values["confidence"])
            if confidence is not None and 0 <= confidence <= self._scale:
                measured[record.PREDICTION_PROBABILITY] = confidence if self._scale == 1 else round(confidence / 100, 9)
            elif confidence is not None:
                self._problems.count(
                    REFUSED_METRIC, f"confidence {confidence} is not in 0..{self._scale}: confidence_scale?"
                )
        for name, member, below in self._fields:
            if member == "request" or (member == "features" and "features" not in values):
                given = request  # the features are the request itself where the record has no others
            else:
                given = response if member == "response" else values.get(member)
            for step in below:
                given = given.get(step) if isinstance(given, dict) else None
            value = number(given)
            if value is not None:
                measured[name] = value
        return measured, self._add(measured, added) if added else {}

    def _add(self, measured: dict[str, Number], added: CodeMetrics) -> dict[str, str]:
        units: dict[str, str] = {}
        for name, (given, unit) in added.items():
            value = number(given)
            problem = _problem(name, value, unit, full=len(measured) >= _ROOM and name not in measured)
            if problem is not None:
                self._problems.count(REFUSED_METRIC, f"metric {name!r} {problem}")
            elif value is not None:
                measured[name] = value
                if unit is not None:
                    units[name] = unit
        return units

    def directive(self, names: Iterable[str], units: Mapping[str, str]) -> list[dict[str, Any]]:
        """The `CloudWatchMetrics` member of a line that has the counts and the metrics `names`."""
        units = {**self._units, **units}
        definitions = [definition(name, units.get(name, "None"), self._high_resolution) for name in (*COUNTS, *names)]
        return [{"Namespace": self._namespace, "Dimensions": self._dimensions, "Metrics": definitions}]


def definition(name: str, unit: str, high_resolution: Container[str]) -> dict[str, Any]:
    """A metric as the directive declares it. high_resolution: those that an alarm watches by less than a minute."""
    declared: dict[str, Any] = {"Name": name, "Unit": unit}
    if name in high_resolution:
        declared["StorageResolution"] = 1
    return declared


def with_unit(value: Any) -> tuple[Any, str | None]:
    """`(value, unit)` as it is, a value alone without a unit."""
    return value if isinstance(value, tuple) and len(value) == 2 else (value, None)


def dimension_value(value: Any) -> str:
    """A dimension's value as CloudWatch takes it: text, not empty, at most 1024 characters."""
    return str(value)[:DIMENSION_VALUE_MAX] or "-"


def _problem(name: str, value: Number | None, unit: Any, *, full: bool) -> str | None:
    """Why a metric that code adds cannot stand in the line, or None."""
    if value is None:
        return "has no finite number for its value"
    if unit is not None and not (isinstance(unit, str) and unit in UNITS):
        return f"has the unit {text(unit)!r}, which CloudWatch does not know"
    if full:
        return f"is one more than the {METRICS_A_LINE_MAX} that a line can have"
    return _name_problem(name)


@lru_cache(maxsize=1024)
def _name_problem(name: str) -> str | None:
    if name in record.CORE_FIELDS:
        return "has the name of a member of the record"
    return printable_ascii_problem(name, METRIC_NAME_MAX)
