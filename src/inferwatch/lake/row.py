"""A record as a row of the lake, and back without loss.

Every core field has a column; features have columns by kind. `metrics` is one JSON object of the embedded metrics that
every model has. `properties` is one of all else: fields of the user's own, and a core field or feature whose value its
column could not give back as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from inferwatch.lake import feature_columns
from inferwatch.lake.columns import KINDS, Kind
from inferwatch.lake.instant import milliseconds, since_epoch
from inferwatch.sdk.clock import iso
from inferwatch.sdk.encode import encoded
from inferwatch.spec import record as names

_METRICS: Final = frozenset((*names.BUILT_IN_UNITS, names.VERSION_DIMENSION))

# Kinds whose columns hold a value that may come back in another form: the text "3" as the integer, a time in UTC.
_AMBIGUOUS: Final = ("identifier", "time")
_LONGEST_INTEGER: Final = 20


def to_row(record: Mapping[str, Any], start_ms: int, log_stream: str, log_offset: int | None = None) -> dict[str, Any]:
    """The row of a record that lies at this place of the log; a column without a value is left out.

    Times are epoch milliseconds.
    """
    row: dict[str, Any] = {"start_at": start_ms, "log_stream": log_stream}
    if log_offset is not None:
        row["log_offset"] = log_offset
    rest: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    for name, value in record.items():
        if name == "features" and isinstance(value, dict):
            others = feature_columns.spread(value, row)
            if others or not value:
                rest["features"] = others
        elif name in _METRICS:
            metrics[name] = value
        elif name != "_aws":
            kind = KINDS.get(name)
            cell = _cell(kind, value) if kind else None
            if cell is not None:
                row[name] = cell
            elif name == "start_at":
                continue  # It is no time; start_ms stands for it.
            if cell is None or (kind in _AMBIGUOUS and _value(kind, cell) != value):
                rest[name] = value
    for column, members in (("metrics", metrics), ("properties", rest)):
        if members:
            row[column] = encoded(members).decode()
    return row


def to_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record that `to_row` made `row` of, without its `_aws` member. A time may also be a datetime."""
    record = {name: _value(kind, row[name]) for name, kind in KINDS.items() if row.get(name) is not None}
    metrics: dict[str, Any] = orjson.loads(row.get("metrics") or "{}")
    rest: dict[str, Any] = orjson.loads(row.get("properties") or "{}")
    if features := feature_columns.gathered(row):
        record["features"] = features | rest.pop("features", {})
    return record | rest | metrics


def _cell(kind: Kind, value: Any) -> Any:
    """What a column of this kind holds for `value`, or None where it cannot."""
    if value is None:
        return None
    match kind:
        case "text":
            return value if type(value) is str else None
        case "json":
            return encoded(value).decode()  # a line may nest deeper than orjson writes
        case "number":
            return feature_columns.double(value)
        case "integer":
            return value if type(value) is int and abs(value) < 1 << 63 else None
        case "time":
            return milliseconds(value)
        case "boolean":
            return value if type(value) is bool else None
        case "identifier":
            return str(value) if type(value) in (int, str) else None


def _value(kind: Kind, cell: Any) -> Any:
    """The value that `_cell` made `cell` of."""
    match kind:
        case "json":
            return orjson.loads(cell)
        case "number":
            return feature_columns.plain(cell)
        case "time":
            return iso(since_epoch(cell) if isinstance(cell, datetime) else cell)
        case "identifier":
            return int(cell) if _is_integer(cell) else cell
    return cell


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) <= _LONGEST_INTEGER and str(int(text)) == text
