"""Whether a dashboard's body has the structure that PutDashboard takes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

GRID_COLUMNS = 24
ALARM_ARN = r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.{1,255}"
STATISTIC = r"SampleCount|Average|Sum|Minimum|Maximum|p(100|\d{1,2}(\.\d+)?)"


def problems(body: str) -> Iterator[str]:
    """What is wrong with `body`, its intrinsic functions worked out."""
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError) as error:
        yield f"the body is no dashboard: {error!r}"
        return
    for i, widget in enumerate(widgets):
        yield from (f"widget {i} {said}" for said in _widget(widget))
    yield from (f"a widget at {x}, {y} covers another" for x, y in _overlaps(widgets))


def _widget(widget: dict[str, Any]) -> Iterator[str]:
    x, y, width, height = (widget.get(name) for name in ("x", "y", "width", "height"))
    if not all(isinstance(each, int) for each in (x, y, width, height)):
        yield "has no place"
    elif not (x >= 0 and width >= 1 and x + width <= GRID_COLUMNS and y >= 0 and 1 <= height <= 1000):
        yield f"does not fit the grid: {x}, {y}, {width} x {height}"
    properties = widget.get("properties")
    check = _WIDGETS.get(str(widget.get("type")))
    if check is None or not isinstance(properties, dict):
        yield f"is of type {widget.get('type')!r}, or has no properties"
    else:
        yield from check(properties)


def _text(properties: dict[str, Any]) -> Iterator[str]:
    if not str(properties.get("markdown", "")).strip():
        yield "has no text"


def _log(properties: dict[str, Any]) -> Iterator[str]:
    if not re.match(r"SOURCE '[^']+'\s*\| ", properties.get("query", "")) or not properties.get("region"):
        yield "has no query over a log group, or no region"


def _alarm(properties: dict[str, Any]) -> Iterator[str]:
    arns = properties.get("alarms", [])
    if not 1 <= len(arns) <= 100 or not all(re.fullmatch(ALARM_ARN, arn) for arn in arns):
        yield f"shows no alarms: {arns}"


def _metric(properties: dict[str, Any]) -> Iterator[str]:
    if not properties.get("region"):
        yield "has no region"
    if properties.get("view") not in ("timeSeries", "singleValue", "gauge", "bar", "pie"):
        yield f"has the view {properties.get('view')!r}"
    rows = properties.get("metrics", [])
    if not 1 <= len(rows) <= 500:
        yield f"has {len(rows)} metrics"
    ids = {row[-1].get("id") for row in rows if isinstance(row[-1], dict)}
    for row in rows:
        yield from _row(row, ids)
    for line in properties.get("annotations", {}).get("horizontal", []):
        if not isinstance(line.get("value"), int | float):
            yield f"has a line without a value: {line}"


def _row(row: list[Any], ids: set[str | None]) -> Iterator[str]:
    options = row[-1] if isinstance(row[-1], dict) else {}
    if "expression" in options:
        unknown = set(re.findall(r"\b[a-z]\w*\b", options["expression"])) - ids
        if len(row) != 1 or unknown:
            yield f"has an expression over what is not there: {options['expression']}"
        return
    named = row[:-1] if options else row
    if len(named) < 2 or len(named) % 2 or not all(isinstance(part, str) and part for part in named):
        yield f"has a metric without its namespace, name and dimensions in pairs: {row}"
    if not re.fullmatch(STATISTIC, options.get("stat", "Average")):
        yield f"has the statistic {options['stat']!r}"


def _overlaps(widgets: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        if all(isinstance(widget.get(name), int) for name in ("x", "y", "width", "height")):
            cells = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            if taken & cells:
                yield widget["x"], widget["y"]
            taken |= cells


_WIDGETS = {"text": _text, "log": _log, "alarm": _alarm, "metric": _metric}
