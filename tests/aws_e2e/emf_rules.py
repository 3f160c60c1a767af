"""CloudWatch's rules for a log event with embedded metrics, as AWS states them. It knows nothing of ours.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
CloudWatch skips what breaks a rule without a word, so here every breach is named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

EVENT_MAX = 1024 * 1024
STDOUT_LINE_MAX = 64 * 1024
"""Bytes: longer lines of a function's standard output were seen in pieces."""

OLDEST_MS, NEWEST_MS = 14 * 86_400_000, 2 * 3_600_000
_BYTES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_RATES = tuple(f"{unit}/Second" for unit in (*_BYTES, *_BITS, "Count"))
UNITS = {"Seconds", "Microseconds", "Milliseconds", *_BYTES, *_BITS, *_RATES, "Percent", "Count", "None"}


def problems(line: str, now_ms: int) -> list[str]:
    """What is wrong with `line`, a whole log event that arrives at `now_ms`."""
    size = len(line.encode())
    if size > min(EVENT_MAX, STDOUT_LINE_MAX):
        return [f"{size} bytes are too many"]
    try:
        event = json.loads(line, parse_constant=_no_number, object_pairs_hook=_once)
        aws = event["_aws"]
        directives = aws["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError) as error:
        return [f"it is no event with metrics: {error!r}"]
    return [
        *_timestamp(aws.get("Timestamp"), now_ms),
        *(said for each in directives for said in _directive(each, event)),
    ]


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(f"a member stands twice: {[name for name, _ in pairs]}")
    return dict(pairs)


def _timestamp(at: Any, now_ms: int) -> Iterator[str]:
    if type(at) is not int:
        yield f"the timestamp {at!r} is no whole number"
    elif not now_ms - OLDEST_MS <= at <= now_ms + NEWEST_MS:
        yield f"the timestamp {at} is too old, or too far ahead of {now_ms}"


def _directive(directive: dict[str, Any], event: dict[str, Any]) -> Iterator[str]:
    namespace, sets, metrics = directive["Namespace"], directive["Dimensions"], directive["Metrics"]
    if not (isinstance(namespace, str) and 1 <= len(namespace) <= 255 and not namespace.startswith("AWS/")):
        yield f"{namespace!r} is no namespace"
    if not sets:
        yield "there is no set of dimensions"
    for names in sets:
        yield from _dimensions(names, event)
    if not 1 <= len(metrics) <= 100:
        yield f"{len(metrics)} metrics are none, or too many"
    if len({metric["Name"] for metric in metrics}) < len(metrics):
        yield "a metric is declared twice"
    for metric in metrics:
        yield from _metric(metric, event)


def _dimensions(names: list[str], event: dict[str, Any]) -> Iterator[str]:
    if len(names) > 30:
        yield f"{len(names)} dimensions are too many"
    for name in names:
        value = event.get(name)
        if not (isinstance(value, str) and 1 <= len(value) <= 1024 and value.isascii() and value.strip()):
            yield f"the dimension {name} is {value!r}"


def _metric(metric: dict[str, Any], event: dict[str, Any]) -> Iterator[str]:
    name = metric["Name"]
    if not (isinstance(name, str) and 1 <= len(name) <= 1024):
        yield f"{name!r} is no metric's name"
    if metric.get("Unit", "None") not in UNITS:
        yield f"{name} has the unit {metric['Unit']!r}"
    if metric.get("StorageResolution", 60) not in (1, 60):
        yield f"{name} has the resolution {metric['StorageResolution']!r}"
    if metric.keys() - {"Name", "Unit", "StorageResolution"}:
        yield f"{name} has members that it may not have: {sorted(metric)}"
    target = event.get(name)
    values = target if isinstance(target, list) else [target]
    if len(values) > 100 or not all(_is_number(value) for value in values):
        yield f"{name} has the value {target!r}"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= 2.0**360
