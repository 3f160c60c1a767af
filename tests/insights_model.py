"""A model of CloudWatch Logs Insights for the tests: moto's own reads neither conditions nor orders.

It takes exactly the language that InferWatch writes and refuses every other sign, so a value that broke out of its
place would not parse. What it gives follows AWS's documentation: fields discovered in JSON (200 at most), natural
order with numbers after texts, and a comparison of a number with a text is never true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from itertools import zip_longest
from typing import Any

from lark import Lark, Transformer, v_args

FIELDS_MAX = 200
LANGUAGE = r"""
    query: fields ("|" filter)* "|" sort "|" dedup "|" limit
    fields: "fields" NAME ("," NAME)*
    filter: "filter" condition
    ?condition: comparison | choice | search | presence | "(" condition "or" condition ")" -> either
    comparison: NAME OPERATOR value
    choice: NAME "in" "[" value ("," value)* "]"
    search: NAME "like" "/(?i)" PATTERN "/"
    presence: [NOT] "ispresent(" NAME ")"
    sort: "sort" key ("," key)*
    key: NAME DIRECTION
    dedup: "dedup" NAME
    limit: "limit" COUNT
    value: TEXT -> text
         | NUMBER -> number
    NOT: "not "
    OPERATOR: ">=" | "<=" | "=" | "<" | ">"
    DIRECTION: "asc" | "desc"
    NAME: /@?[a-z_]+/
    TEXT: /"[^"\\\n]*"/
    NUMBER: /\d+(\.\d+)?/
    COUNT: /\d+/
    PATTERN: /([A-Za-z0-9]|\\x[0-9a-f]{2}|\[(\\x\{[0-9a-f]+\})+\])+/
    %ignore " "
    %ignore "\n"
"""
Event = dict[str, Any]
Condition = Callable[[Event], bool]


class _Compile(Transformer[Any, Any]):
    """The parsed query as functions."""

    def text(self, parts: list[str]) -> str:
        return parts[0][1:-1]

    def number(self, parts: list[str]) -> float:
        return float(parts[0])

    @v_args(inline=True)
    def comparison(self, name: str, operator: str, wanted: str | float) -> Condition:
        def holds(event: Event) -> bool:
            value = event.get(name)
            if isinstance(value, str) != isinstance(wanted, str) or value is None:
                return False
            order = (value > wanted) - (value < wanted)
            return {"=": order == 0, ">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}[operator]

        return holds

    @v_args(inline=True)
    def choice(self, name: str, *wanted: str | float) -> Condition:
        return lambda event: event.get(name) in wanted

    @v_args(inline=True)
    def search(self, name: str, pattern: str) -> Condition:
        python = re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)
        return lambda event: re.search(python, event[name], re.IGNORECASE | re.ASCII) is not None

    @v_args(inline=True)
    def presence(self, absent: str | None, name: str) -> Condition:
        return lambda event: (name in event) != bool(absent)

    @v_args(inline=True)
    def either(self, one: Condition, other: Condition) -> Condition:
        return lambda event: one(event) or other(event)

    @v_args(inline=True)
    def filter(self, condition: Condition) -> Condition:
        return condition

    @v_args(inline=True)
    def key(self, name: str, direction: str) -> tuple[str, bool]:
        return str(name), direction == "desc"

    def sort(self, keys: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
        return keys

    def fields(self, names: list[str]) -> list[str]:
        return [str(name) for name in names]

    @v_args(inline=True)
    def dedup(self, name: str) -> str:
        return str(name)

    @v_args(inline=True)
    def limit(self, count: str) -> int:
        return int(count)

    def query(self, parts: list[Any]) -> tuple[Any, ...]:
        fields, *conditions, keys, once, limit = parts
        return fields, conditions, keys, once, limit


_LANGUAGE = Lark(LANGUAGE, start="query", parser="earley", lexer="dynamic")


def answer(text: str, events: list[tuple[int, str, str]]) -> list[dict[str, str]]:
    """The rows that Insights gives for events of `(time, pointer, message)`, newest first where no order decides."""
    fields, conditions, keys, once, limit = _Compile().transform(_LANGUAGE.parse(text))
    rows = [
        {**_discovered(message), "@timestamp": at_ms, "@ptr": pointer, "@message": message}
        for at_ms, pointer, message in sorted(events, key=lambda event: -event[0])
    ]
    rows = [row for row in rows if all(condition(row) for condition in conditions)]
    for name, descending in reversed(keys):
        rows.sort(
            key=cmp_to_key(lambda one, other, name=name: _natural(one.get(name), other.get(name))), reverse=descending
        )
    seen: set[Any] = set()
    kept = [row for row in rows if row.get(once) is None or not (row[once] in seen or seen.add(row[once]))]
    return [{name: row[name] for name in (*fields, "@ptr") if name in row} for row in kept[:limit]]


def execute_query(log_groups: list[Any], query: str, start_time: int, end_time: int) -> list[dict[str, str]]:
    """In place of moto's function of this name. Times are seconds, both included."""
    events = [
        (event.timestamp, str(event.event_id), event.message)
        for group in log_groups
        for stream in group.streams.values()
        for event in stream.events
        if start_time <= event.timestamp // 1000 <= end_time
    ]
    return answer(query, events)


def _discovered(message: str) -> Event:
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
        yield path, float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


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
