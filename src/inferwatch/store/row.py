"""A record as a row of the lake, and back without loss.

Every core field has a column; features have columns by kind. `metrics` is one JSON object of the embedded metrics that
every model has. `properties` is one of all else: fields of the user's own, and a core field or feature whose value its
column could not give back as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import orjson

from inferwatch.ports import Record
from inferwatch.sdk.clock import iso
from inferwatch.spec import record as names
from inferwatch.store.times import milliseconds

Kind = Literal["text", "json", "number", "integer", "time", "boolean", "identifier"]

# How each core field is held, in the order in which a record shows them. json: any value, as text;
# identifier: an integer or text, as text.
_KINDS: Final[dict[str, Kind]] = {
    "v": "integer",
    "namespace": "text",
    "model_name": "text",
    "model_version": "identifier",
    "deployment_id": "identifier",
    "environment": "text",
    "server_id": "identifier",
    "type": "text",
    "transaction_id": "text",
    "request_id": "text",
    "start_at": "time",
    "end_at": "time",
    "elapse": "number",
    "status": "text",
    "error": "json",
    "requester": "json",
    "request": "json",
    "response": "json",
    "request_size": "integer",
    "response_size": "integer",
    "prediction": "json",
    "confidence": "number",
    "cold_start": "boolean",
    "truncated": "boolean",
}
_TYPES: Final[dict[Kind, str]] = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "identifier": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "time": "BIGINT",
    "boolean": "BOOLEAN",
}
_OWN: Final = {"metrics": "VARCHAR", "properties": "VARCHAR", "log_stream": "VARCHAR", "log_offset": "BIGINT"}
COLUMNS: Final[dict[str, str]] = {**{name: _TYPES[kind] for name, kind in _KINDS.items()}, **_OWN}
"""The columns that every row has, with their types; times are epoch milliseconds."""

_METRICS: Final = frozenset((*names.BUILT_IN_UNITS, names.VERSION_DIMENSION))

NUMBER_FEATURE: Final = "feature_"
CATEGORY_FEATURE: Final = "category_"
MOST_FEATURE_COLUMNS: Final = 500
LONGEST_COLUMN: Final = 200

# Kinds whose columns hold a value that may come back in another form: the text "3" as the integer, a time in UTC.
_AMBIGUOUS: Final = ("identifier", "time")
# Integers up to here are exact as a DOUBLE.
_EXACT: Final = 2**53
_LONGEST_INTEGER: Final = 20


def to_row(record: Record, start_ms: int, log_stream: str, log_offset: int) -> dict[str, Any]:
    """The row of a record that lies at this place of the log; a column without a value is left out."""
    row: dict[str, Any] = {"start_at": start_ms, "log_stream": log_stream, "log_offset": log_offset}
    rest: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    for name, value in record.items():
        if name == "features" and isinstance(value, dict):
            rest |= _features(value, row)
        elif name in _METRICS:
            metrics[name] = value
        elif name != "_aws":
            kind = _KINDS.get(name)
            cell = _cell(kind, value) if kind else None
            if cell is not None:
                row[name] = cell
            elif name == "start_at":
                continue  # It is no time; start_ms stands for it.
            if cell is None or (kind in _AMBIGUOUS and _value(kind, cell) != value):
                rest[name] = value
    for column, members in (("metrics", metrics), ("properties", rest)):
        if members:
            row[column] = orjson.dumps(members).decode()
    return row


def to_record(row: Mapping[str, Any]) -> Record:
    """The record that `to_row` made `row` of, without its `_aws` member."""
    record: Record = {name: _value(kind, row[name]) for name, kind in _KINDS.items() if row.get(name) is not None}
    features: dict[str, Any] = {}
    for name, cell in row.items():
        if cell is not None and name.startswith(NUMBER_FEATURE):
            features[name.removeprefix(NUMBER_FEATURE)] = _plain(cell)
        elif cell is not None and name.startswith(CATEGORY_FEATURE):
            features[name.removeprefix(CATEGORY_FEATURE)] = cell
    metrics: Record = orjson.loads(row.get("metrics") or "{}")
    rest: Record = orjson.loads(row.get("properties") or "{}")
    if features:
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
            return orjson.dumps(value).decode()
        case "number":
            return _double(value)
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
            return _plain(cell)
        case "time":
            return iso(cell)
        case "identifier":
            return int(cell) if _is_integer(cell) else cell
    return cell


def _features(features: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Put numbers and categories into columns of their own; returns what is left, as a member of `properties`.

    A name that differs from another one by its case only has no column, since columns' names do not know case.
    """
    others = {}
    taken: set[str] = set()
    for name, value in features.items():
        column = CATEGORY_FEATURE if isinstance(value, str) else NUMBER_FEATURE
        cell = value if isinstance(value, str) else _double(value)
        if cell is None or name.casefold() in taken or not _is_column(name):
            others[name] = value
        else:
            taken.add(name.casefold())
            row[column + name] = cell
    return {"features": others} if others or not features else {}


def spread_features(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The feature columns of a file that holds `rows`, with their types.

    Names that differ by case from row to row, and columns beyond the limit, go back into `properties`.
    """
    columns: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for row in rows:
        for column in [name for name in row if name not in COLUMNS]:
            if len(columns) < MOST_FEATURE_COLUMNS:
                spelling.setdefault(column.casefold(), column)
            if spelling.get(column.casefold()) == column:
                columns[column] = "VARCHAR" if column.startswith(CATEGORY_FEATURE) else "DOUBLE"
            else:
                _fold(row, column)
    return columns


def _fold(row: dict[str, Any], column: str) -> None:
    """Move a feature from its column into `properties`."""
    rest = orjson.loads(row.get("properties") or "{}")
    cell = row.pop(column)
    name = column.removeprefix(NUMBER_FEATURE).removeprefix(CATEGORY_FEATURE)
    rest.setdefault("features", {})[name] = cell
    row["properties"] = orjson.dumps(rest).decode()


def _is_column(name: str) -> bool:
    return name.isprintable() and len(name) <= LONGEST_COLUMN


def _double(value: Any) -> float | None:
    if type(value) is float:
        return value
    return float(value) if type(value) is int and abs(value) <= _EXACT else None


def _plain(cell: float) -> float | int:
    """An integer where it is one, as JSON would have written it."""
    return int(cell) if cell.is_integer() and abs(cell) <= _EXACT else cell


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) <= _LONGEST_INTEGER and str(int(text)) == text
