"""What a question is answered with, computed word for word as `docs/reference/query.md` says it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import orjson

from inferwatch.lake.instant import milliseconds, start_ms
from inferwatch.query.fields import kind
from inferwatch.query.meets import meets, value
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Order, Question, Stat
from inferwatch.query.spelling import spelled
from inferwatch.sdk.clock import iso
from inferwatch.spec.identity import log_group

Record = dict[str, Any]
START, IDENTITY = Field(("start_at",)), Field(("transaction_id",))


def answer(question: Question, records: Iterable[Record]) -> list[Record]:
    found = [record for record in records if _asked(question, record)]
    if question.aggregates:
        return _groups(question, found)[: question.limit]
    given = question.order or (Order(START, descending=True),)
    last = given[0].descending
    return _sorted(found, (*given, Order(START, last), Order(IDENTITY, last)), _ranked)[: question.limit]


def _asked(question: Question, record: Record) -> bool:
    node = (question.node or "/").rstrip("/")
    group = log_group(str(record.get("namespace")), str(record.get("model_name")))
    return (
        question.start_ms <= (start_ms(record) or 0) < question.end_ms
        and question.environment in (None, record.get("environment"))
        and (group == node or group.startswith(f"{node}/"))
        and meets(question.where, record)
    )


def _groups(question: Question, records: Sequence[Record]) -> list[Record]:
    groups: dict[tuple[Any, ...], list[Record]] = {} if question.by else {(): list(records)}
    for record in records if question.by else []:
        groups.setdefault(tuple(_group(by, record) for by in question.by), []).append(record)
    names = [by.name if isinstance(by, Bucket) else spelled(by) for by in question.by]
    stats = question.stats or (Stat("count", None, None, "count"),)
    rows = [
        dict(zip(names, key, strict=True)) | {stat.name: _stat(stat, members) for stat in stats}
        for key, members in groups.items()
    ]
    order = [*question.order, *(Order(name) for name in names)]
    return _sorted(rows, order, lambda row, by: (int(row[str(by)] is None), row[str(by)]))


def _group(by: Field | Bucket, record: Record) -> Any:
    if isinstance(by, Bucket):
        span = by.seconds * 1000
        return (start_ms(record) or 0) // span * span
    found = value(by, record)
    match kind(by):
        case _ if found is None:
            return None
        case "time":
            return iso(milliseconds(found) or 0)
        case "identifier":
            return str(found)
        case "any" if not isinstance(found, str):
            whole = type(found) is float and found.is_integer()
            return orjson.dumps(int(found) if whole else found).decode()
    return found


def _stat(stat: Stat, records: Sequence[Record]) -> Any:
    if stat.field is None:
        return len(records)
    if stat.function == "count":
        return sum(value(stat.field, record) is not None for record in records)
    numbers = sorted(number for record in records if (number := _number(stat.field, record)) is not None)
    if not numbers or (stat.function == "stddev" and len(numbers) < 2):
        return None
    match stat.function:
        case "avg":
            return math.fsum(numbers) / len(numbers)
        case "sum":
            return math.fsum(numbers)
        case "min":
            return numbers[0]
        case "max":
            return numbers[-1]
        case "stddev":
            return statistics.stdev(numbers)
    return numbers[math.ceil(Fraction(repr(stat.percentile)) * len(numbers) / 100) - 1]


def _number(field: Field, record: Record) -> float | None:
    found = value(field, record)
    if kind(field) == "identifier":
        text = str(found)
        return float(text) if text.removeprefix("-").isdecimal() and str(int(text)) == text else None
    return float(found) if type(found) in (int, float) else None


def _ranked(record: Record, by: Field | str) -> tuple[int, Any]:
    """Where among all values its kind stands, and its place among those of its kind."""
    assert isinstance(by, Field)
    found = value(by, record)
    number = _number(by, record)
    if found is None:
        return 9, 0
    if kind(by) == "time":
        return 0, milliseconds(found)
    if number is not None:
        return 0, number
    if isinstance(found, str):
        return 1, found
    return (2, found) if isinstance(found, bool) else (3, 0)


def _sorted(
    rows: Sequence[Record], order: Sequence[Order], ranked: Callable[[Record, Field | str], tuple[int, Any]]
) -> list[Record]:
    """By the last key first, since sorting keeps what is equal in its order. Ranks go one way only."""
    made = list(rows)
    for one in reversed(order):
        by = one.by if isinstance(one.by, Field) or one.by in (rows[0] if rows else ()) else str(one.by)
        kinds = sorted({ranked(row, by)[0] for row in made})
        parts = [[row for row in made if ranked(row, by)[0] == each] for each in kinds]
        made = [
            row
            for each, part in zip(kinds, parts, strict=True)
            for row in (
                part
                if kinds and ranked(part[0], by)[1] is None
                else sorted(part, key=lambda row: ranked(row, by)[1], reverse=one.descending)
            )
        ]
    return made
