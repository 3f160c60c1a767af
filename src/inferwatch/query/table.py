"""An answer as typed columns, for those who have Arrow, pandas or Polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from inferwatch.lake.columns import KINDS
from inferwatch.lake.instant import milliseconds
from inferwatch.query.answer import Answer
from inferwatch.sdk.encode import encoded

ColumnKind = Literal["time", "integer", "number", "boolean", "text"]

_INT64 = 1 << 63


class Column(NamedTuple):
    """values: None where there is none; of times epoch milliseconds."""

    name: str
    kind: ColumnKind
    values: list[Any]


def columns(answer: Answer) -> list[Column]:
    """The columns of an answer in their order.

    Instants are times; objects, arrays, and columns whose values are of several types are text, in JSON where they are
    no text themselves. A column without a value is text, unless it is a core field.
    """
    return [_column(name, [row.get(name) for row in answer.rows], name in answer.times) for name in answer.columns]


def _column(name: str, values: list[Any], is_time: bool) -> Column:
    core = KINDS.get(name)
    if is_time or core == "time":
        return Column(name, "time", [milliseconds(value) for value in values])
    kind = _kind([value for value in values if value is not None], core)
    if kind == "number":
        return Column(name, kind, [None if value is None else float(value) for value in values])
    if kind == "text":
        return Column(name, kind, [_text(value) for value in values])
    return Column(name, kind, values)


def _kind(there: Sequence[Any], core: str | None) -> ColumnKind:
    types = {type(value) for value in there}
    if types <= {int, float} and (core == "number" or float in types):
        return "number"
    if types <= {int} and (types or core == "integer") and all(-_INT64 <= value < _INT64 for value in there):
        return "integer"
    if types <= {int, float} and types:
        return "number"
    return "boolean" if types <= {bool} and (types or core == "boolean") else "text"


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else encoded(value).decode()
