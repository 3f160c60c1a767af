"""Metrics out of a line, as CloudWatch extracts them by the embedded metric format.

Source: "Specification: Embedded metric format" of the CloudWatch user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from inferwatch.spec.limits import (
    DIMENSION_VALUE_MAX,
    DIMENSIONS_MAX,
    METRIC_VALUE_MAX,
    METRICS_A_LINE_MAX,
    VALUES_A_METRIC_MAX,
)
from inferwatch.store.times import DAY, HOUR

OLDEST_MS = 14 * DAY
NEWEST_MS = 2 * HOUR
"""Metrics older or further ahead than this are not extracted."""

Dimensions = tuple[tuple[str, str], ...]


class SeriesKey(NamedTuple):
    """One metric of one dimension set. dimensions: (name, value) pairs sorted by name."""

    namespace: str
    metric: str
    dimensions: Dimensions


class Sample(NamedTuple):
    """Values of one series that one line carries."""

    series: SeriesKey
    unit: str
    values: tuple[float, ...]


class Extracted(NamedTuple):
    """at_ms: the directive's Timestamp; skipped: directives, dimension sets and metrics that were not valid."""

    at_ms: int
    samples: list[Sample]
    skipped: int


def dimensions(pairs: Mapping[str, str]) -> Dimensions:
    return tuple(sorted(pairs.items()))


def extract(document: dict[str, Any]) -> Extracted:
    """The metrics of one line. What is not valid is skipped and counted, as CloudWatch skips it."""
    aws = document["_aws"]
    stamp = aws.get("Timestamp")
    directives = aws.get("CloudWatchMetrics")
    if type(stamp) is not int or not isinstance(directives, list):
        return Extracted(0, [], 1)
    samples: list[Sample] = []
    skipped = 0
    for directive in directives:
        if not _valid(directive):
            skipped += 1
            continue
        sets = [_dimension_set(document, names) for names in directive["Dimensions"]]
        skipped += sets.count(None)
        for definition in directive["Metrics"]:
            found = _samples(document, directive["Namespace"], sets, definition)
            skipped += not found
            samples += found
    return Extracted(stamp, samples, skipped)


def _valid(directive: object) -> bool:
    if not isinstance(directive, dict):
        return False
    namespace, sets, metrics = (directive.get(name) for name in ("Namespace", "Dimensions", "Metrics"))
    if not (isinstance(namespace, str) and namespace and isinstance(sets, list) and isinstance(metrics, list)):
        return False
    return len(metrics) <= METRICS_A_LINE_MAX


def _dimension_set(document: dict[str, Any], names: object) -> Dimensions | None:
    """The set's names with their values, or None where a value is missing or is no string."""
    if not isinstance(names, list) or len(names) > DIMENSIONS_MAX:
        return None
    pairs = {}
    for name in names:
        value = document.get(name) if isinstance(name, str) else None
        if not isinstance(value, str) or not 0 < len(value) <= DIMENSION_VALUE_MAX:
            return None
        pairs[name] = value
    return dimensions(pairs)


def _samples(
    document: dict[str, Any], namespace: str, sets: list[Dimensions | None], definition: object
) -> list[Sample]:
    """The metric's values, once for each dimension set; none if its definition or a value is not valid."""
    if not isinstance(definition, dict):
        return []
    name, unit = definition.get("Name"), definition.get("Unit", "None")
    if not isinstance(name, str) or not name or not isinstance(unit, str):
        return []
    target = document.get(name)
    values = target if isinstance(target, list) else [target]
    if not 0 < len(values) <= VALUES_A_METRIC_MAX or not all(map(is_number, values)):
        return []
    numbers = tuple(map(float, values))
    return [Sample(SeriesKey(namespace, name, pairs), unit, numbers) for pairs in sets if pairs is not None]


def is_number(value: object) -> TypeGuard[int | float]:
    """A number that CloudWatch takes: neither a boolean nor beyond 2**360."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= METRIC_VALUE_MAX
