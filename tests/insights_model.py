"""A model of CloudWatch Logs Insights for the tests: moto's own reads neither conditions nor orders.

It is a model and no validation: what AWS's documentation says, in Python. Fields are discovered in JSON (200 at most),
true and false are 1 and 0, the order is natural with numbers after texts and what is missing before both, a comparison
of a number with a text is never true, and aggregates are of numbers.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import cmp_to_key
from itertools import zip_longest
from typing import Any

from insights_language import Call, Command, Event, Named, Value, parsed, shown

FIELDS_MAX = 200
Row = dict[str, str]


def answer(text: str, events: Sequence[tuple[int, str, str]]) -> list[Row]:
    """The rows that Insights gives for events of `(time, pointer, message)`, newest first where no order decides."""
    rows = [
        {**discovered(message), "@timestamp": float(at_ms), "@ptr": pointer, "@message": message}
        for at_ms, pointer, message in sorted(events, key=lambda event: -event[0])
    ]
    names: list[str] = []
    for command in parsed(text):
        rows, names = _STEPS[command.word](command, rows, names)
    return [{name: shown(row[name]) for name in names if row.get(name) is not None} for row in rows]


def prefixes(text: str) -> tuple[str, ...]:
    """With what the names of the log groups begin that a query names itself."""
    first = parsed(text)[0]
    return first.parts if first.word == "SOURCE" else ()


def execute_query(log_groups: list[Any], query: str, start_time: int, end_time: int) -> list[Row]:
    """In place of moto's function of this name. Times are seconds, both included."""
    events = [
        (event.timestamp, str(event.event_id), event.message)
        for group in log_groups
        for stream in group.streams.values()
        for event in stream.events
        if start_time <= event.timestamp // 1000 <= end_time
    ]
    return answer(query, events)


def _fields(command: Command, rows: list[Event], names: list[str]) -> tuple[list[Event], list[str]]:
    made = [{**row, **{item.name: item.value(row) for item in command.parts}} for row in rows]
    return made, [*dict.fromkeys([*names, *(item.name for item in command.parts)]), "@ptr"]


def _filter(command: Command, rows: list[Event], names: list[str]) -> tuple[list[Event], list[str]]:
    return [row for row in rows if command.parts[0](row)], names


def _stats(command: Command, rows: list[Event], _: list[str]) -> tuple[list[Event], list[str]]:
    values, groups = command.parts
    found: dict[tuple[Value, ...], list[Event]] = {}
    for row in rows:
        found.setdefault(tuple(group.value(row) for group in groups), []).append(row)
    made = [
        dict(zip([group.name for group in groups], key, strict=True))
        | {item.name: _aggregated(item, of) for item in values}
        for key, of in found.items()
    ]
    return made, [item.name for item in (*groups, *values)]


def _sort(command: Command, rows: list[Event], names: list[str]) -> tuple[list[Event], list[str]]:
    for name, descending in reversed(command.parts):
        rows = sorted(
            rows,
            key=cmp_to_key(lambda one, other, name=name: _natural(one.get(name), other.get(name))),
            reverse=descending,
        )
    return rows, names


def _dedup(command: Command, rows: list[Event], names: list[str]) -> tuple[list[Event], list[str]]:
    seen: set[Any] = set()
    name = command.parts[0]
    return [row for row in rows if row.get(name) is None or not (row[name] in seen or seen.add(row[name]))], names


_STEPS: dict[str, Callable[[Command, list[Event], list[str]], tuple[list[Event], list[str]]]] = {
    "SOURCE": lambda _, rows, names: (rows, names),
    "fields": _fields,
    "filter": _filter,
    "stats": _stats,
    "sort": _sort,
    "dedup": _dedup,
    "limit": lambda command, rows, names: (rows[: command.parts[0]], names),
}


def _aggregated(item: Named, rows: list[Event]) -> Value:
    call = item.value
    assert isinstance(call, Call)
    if not call.arguments:
        return float(len(rows))
    values = [call.arguments[0](row) for row in rows]
    there = [value for value in values if value is not None]
    numbers = [value for value in there if isinstance(value, float)]
    match call.function:
        case "count":
            return float(len(there))
        case "count_distinct":
            return float(len(set(there)))
        case "latest":
            newest = max(zip(rows, values, strict=True), key=lambda pair: pair[0]["@timestamp"], default=(None, None))
            return newest[1]
        case "pct":
            return _percentile(numbers, call.arguments[1]({}))
        case "stddev":
            return statistics.stdev(numbers) if len(numbers) > 1 else None
    of = {"sum": sum, "min": min, "max": max, "avg": statistics.fmean}[call.function]
    return of(numbers) if numbers else None


def _percentile(numbers: list[float], percent: float) -> Value:
    return sorted(numbers)[max(0, math.ceil(percent / 100 * len(numbers)) - 1)] if numbers else None


def discovered(message: str) -> Event:
    """The fields that Insights finds in a line."""
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    pairs = _flat("", document) if isinstance(document, dict) else iter(())
    return {name: value for (name, value), _ in zip(pairs, range(FIELDS_MAX), strict=False) if value is not None}


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            yield from _flat(f"{path}.{name}" if path else str(name), member)
    else:
        yield path, float(value) if isinstance(value, int | float) else value


def _natural(one: Any, other: Any) -> int:
    """AWS's order: what is no number before numbers, digits within a text by their length and then by their value."""
    if isinstance(one, float) or isinstance(other, float):
        if isinstance(one, float) and isinstance(other, float):
            return (one > other) - (one < other)
        return 1 if isinstance(one, float) else -1
    for left, right in zip_longest(_chunks(one), _chunks(other), fillvalue=(0, "")):
        if left != right:
            return 1 if left > right else -1
    return 0


def _chunks(value: Any) -> list[tuple[int, str]]:
    return [(len(part) if part.isdigit() else 0, part) for part in re.findall(r"\d+|\D+", str(value or ""))]
