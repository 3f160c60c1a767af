"""Rows of aggregates as Logs Insights gives them, texts all, as the rows of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from inferwatch.query import fields
from inferwatch.query.dialects.logs_insights import aliases, column, counted
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Question, Stat

Row = dict[str, Any]

_EPOCH: Final = "1970-01-01T00:00:00.000Z"
_BOOLEANS: Final = {"1": True, "true": True, "0": False, "false": False}


def groups(question: Question, told: Iterable[Mapping[str, str]]) -> list[Row]:
    """The rows, in the question's order, up to its limit. Without groups it is one, also of no records."""
    columns = [*question.by, *counted(question)]
    called = aliases(question)
    rows = [
        {_name(one): _value(one, row.get(alias)) for one, alias in zip(columns, called, strict=True)} for row in told
    ]
    if not rows and not question.by:
        rows = [{stat.name: 0 if stat.function == "count" else None for stat in counted(question)}]
    return _ordered(question, rows)[: question.limit]


def _name(one: Field | Bucket | Stat) -> str:
    return one.name if isinstance(one, Stat) else column(one)


def _value(one: Field | Bucket | Stat, text: str | None) -> Any:
    """What a text stands for. An empty one is no number, and a text among texts."""
    if text is None or (not text and not isinstance(one, Field)):
        return None
    match one:
        case Bucket():
            return text + _EPOCH[len(text) :]
        case Stat(function="count"):
            return int(float(text))
        case Stat():
            return float(text)
        case Field() if fields.kind(one) == "number":
            return float(text) if text else None
        case Field() if fields.kind(one) == "boolean":
            return _BOOLEANS.get(text)
    return text


def _ordered(question: Question, rows: list[Row]) -> list[Row]:
    given = [(one.by if isinstance(one.by, str) else column(one.by), one.descending) for one in question.order]
    for name, descending in reversed([*given, *((column(one), False) for one in question.by)]):
        there = sorted((row for row in rows if row[name] is not None), key=lambda row: row[name], reverse=descending)
        rows = there + [row for row in rows if row[name] is None]
    return rows
