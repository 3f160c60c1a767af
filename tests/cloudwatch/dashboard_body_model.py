"""A model of CloudWatch's dashboard body, written from its documentation, since nothing offline checks one.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html as of
November 2026. It knows the widget types text, metric, log and alarm, and refuses what the page does not name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any], bool]
COLUMNS = 24
STATISTIC = r"SampleCount|Average|Sum|Minimum|Maximum|p(100|\d{1,2}(\.\d{1,10})?)"
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def minutes(value: Any) -> bool:
    return isinstance(value, int) and value >= 60 and value % 60 == 0


def matching(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


def whole(low: int, high: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def anything(_value: Any) -> bool:
    return True


BODY = {"start": matching(r"-P(T\d+[MH]|\d+[DWM])"), "periodOverride": one_of("auto", "inherit"), "widgets": anything}
WIDGET = {
    "type": one_of("text", "metric", "log", "alarm"),
    "x": whole(0, COLUMNS - 1),
    "y": whole(0, 10**9),
    "width": whole(1, COLUMNS),
    "height": whole(1, 1000),
    "properties": anything,
}
METRIC = {
    **dict.fromkeys(("accountId", "title"), text),
    **dict.fromkeys(("liveData", "sparkline", "stacked", "setPeriodToTimeRange"), boolean),
    **dict.fromkeys(("metrics", "annotations", "legend", "table", "yAxis"), anything),
    "period": minutes,
    "region": matching(r"[a-z]{2}(-[a-z]+)+-\d"),
    "stat": matching(STATISTIC),
    "timezone": matching(r"[+-]\d{4}"),
    "view": one_of(*VIEWS),
}
RENDERING = {
    **dict.fromkeys(("label", "accountId", "region"), text),
    "color": matching(r"#[0-9a-f]{6}"),
    "id": matching(r"[a-z][A-Za-z0-9_]*"),
    "period": minutes,
    "stat": matching(STATISTIC),
    "visible": boolean,
    "yAxis": one_of("left", "right"),
}
EXPRESSION = {"expression": text, "label": text, "id": matching(r"[a-z][A-Za-z0-9_]*"), "visible": boolean}
AXIS = {"label": text, "min": number, "max": number, "showUnits": boolean}
HORIZONTAL = {
    "value": number,
    "label": text,
    "color": matching(r"#[0-9a-f]{6}"),
    "fill": one_of("above", "below", "none"),
    "visible": boolean,
    "yAxis": one_of("left", "right"),
}
LOG = {"accountId": text, "region": METRIC["region"], "title": text, "query": text, "view": one_of("table", *VIEWS)}
ALARM = {
    "alarms": lambda value: isinstance(value, list) and 1 <= len(value) <= 100,
    "sortBy": one_of("default", "stateUpdatedTimestamp", "timestamp"),
    "states": lambda value: set(value) <= {"ALARM", "OK", "INSUFFICIENT_DATA"},
    "title": text,
}
TEXT = {"markdown": text, "background": one_of("transparent", "solid")}
ARN = r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+"


def problems(body: Mapping[str, Any]) -> list[str]:
    """What CloudWatch would refuse or misread, each with the place where it stands."""
    widgets = body.get("widgets", [])
    found = list(members("body", body, BODY, {"widgets"}))
    if len(widgets) > 500:
        found.append("body: more than 500 widgets")
    for index, widget in enumerate(widgets):
        at = f"widget {index}"
        found += members(at, widget, WIDGET, {"type", "properties"})
        if widget.get("x", 0) + widget.get("width", 6) > COLUMNS:
            found.append(f"{at}: reaches over the right edge")
        check = {"metric": metric, "log": log, "alarm": alarm, "text": markdown}.get(widget.get("type"))
        found += check(f"{at} ({widget['type']})", widget["properties"]) if check else ()
    return found + list(overlapping(widgets))


def members(at: str, value: Mapping[str, Any], known: Mapping[str, Check], required: set[str]) -> Iterator[str]:
    for name in required - set(value):
        yield f"{at}: {name} is missing"
    for name, member in value.items():
        if name not in known:
            yield f"{at}: {name} is unknown"
        elif not known[name](member):
            yield f"{at}: {name} cannot be {member!r}"


def metric(at: str, properties: Mapping[str, Any]) -> Iterator[str]:
    yield from members(at, properties, METRIC, {"metrics", "region"})
    if properties.get("sparkline") and properties.get("setPeriodToTimeRange"):
        yield f"{at}: a sparkline needs periods of its own"
    rows = properties.get("metrics", [])
    if len(rows) > 500:
        yield f"{at}: more than 500 metrics"
    for row in rows:
        yield from metric_row(f"{at} {row}", row)
    ids = [row[-1]["id"] for row in rows if isinstance(row[-1], dict) and "id" in row[-1]]
    for name in ids:
        if ids.count(name) > 1:
            yield f"{at}: the id {name} stands twice"
    for row in rows:
        for name in re.findall(r"\b[a-z]\w*\b", row[-1].get("expression", "") if isinstance(row[-1], dict) else ""):
            if name not in ids:
                yield f"{at}: the expression needs {name}, which is not there"
    yield from axes(at, properties)
    yield from annotations(at, properties.get("annotations", {}))


def metric_row(at: str, row: list[Any]) -> Iterator[str]:
    options = row[-1] if isinstance(row[-1], dict) else {}
    named = row[:-1] if options else row
    if "expression" in options:
        yield from members(at, options, EXPRESSION, {"expression"})
        if named:
            yield f"{at}: an expression has no namespace"
        return
    yield from members(at, options, RENDERING, set())
    if len(named) < 2 or len(named) % 2 or not all(text(part) for part in named):
        yield f"{at}: must be a namespace, a name, and pairs of dimension and value"


def axes(at: str, properties: Mapping[str, Any]) -> Iterator[str]:
    sides = properties.get("yAxis", {})
    yield from members(at, sides, {"left": anything, "right": anything}, set())
    for axis in sides.values():
        yield from members(at, axis, AXIS, set())
        if axis.get("min", 0) >= axis.get("max", float("inf")):
            yield f"{at}: the axis begins above its end"


def annotations(at: str, value: Mapping[str, Any]) -> Iterator[str]:
    yield from members(at, value, {"horizontal": anything, "vertical": anything}, set())
    for line in value.get("horizontal", []):
        yield from members(at, line, HORIZONTAL, {"value"})


def log(at: str, properties: Mapping[str, Any]) -> Iterator[str]:
    yield from members(at, properties, LOG, {"query", "region"})
    if not re.match(r"SOURCE '[^']+'( \| SOURCE '[^']+')* ?\| ?\w+", properties.get("query", "")):
        yield f"{at}: the query must begin with SOURCE and the names of log groups"


def alarm(at: str, properties: Mapping[str, Any]) -> Iterator[str]:
    yield from members(at, properties, ALARM, {"alarms"})
    for arn in properties.get("alarms", []):
        if not re.fullmatch(ARN, arn):
            yield f"{at}: {arn!r} is no ARN of an alarm"


def markdown(at: str, properties: Mapping[str, Any]) -> Iterator[str]:
    yield from members(at, properties, TEXT, {"markdown"})


def overlapping(widgets: list[dict[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[int, int], int] = {}
    for index, widget in enumerate(widgets):
        for x in range(widget.get("x", 0), widget.get("x", 0) + widget.get("width", 6)):
            for y in range(widget.get("y", 0), widget.get("y", 0) + widget.get("height", 6)):
                if taken.setdefault((x, y), index) != index:
                    yield f"widget {index}: lies over widget {taken[x, y]}"
                    return
