"""Features in the lake: each has a column of its own, numbers and categories apart, as far as columns can hold them."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from inferwatch.lake.columns import Kind
from inferwatch.sdk.encode import encoded

if TYPE_CHECKING:
    from inferwatch.spec.feature import FeatureSpec

NUMBER: Final = "feature_"
CATEGORY: Final = "category_"
"""What the names of the columns begin with; the feature's own name follows."""

MOST_COLUMNS: Final = 500
LONGEST_NAME: Final = 200

DECLARED_MAX: Final = 3000
"""Characters that the names of declared columns may take together: a function's environment holds 4 KB."""

_DECLARED: Final[dict[str, tuple[str, Kind]]] = {
    "number": (NUMBER, "number"),
    "integer": (NUMBER, "number"),
    "string": (CATEGORY, "text"),
}

# What Glue, Athena and Spark call a column without quoting, or changing its case.
_PLAIN: Final = re.compile(r"[a-z][a-z0-9_]*")

EXACT: Final = 2**53
"""Integers up to here are exact as a DOUBLE."""


def spread(features: Mapping[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Put numbers and categories into columns of `row`; returns the features that have none.

    A name that differs from another one by its case only has no column, since columns' names do not know case.
    """
    others = {}
    taken: set[str] = set()
    for name, value in features.items():
        column = CATEGORY if isinstance(value, str) else NUMBER
        cell = value if isinstance(value, str) else double(value)
        if cell is None or name.casefold() in taken or not _can_name_a_column(name):
            others[name] = value
        else:
            taken.add(name.casefold())
            row[column + name] = cell
    return others


def gathered(row: Mapping[str, Any]) -> dict[str, Any]:
    """The features that `spread` put into columns of `row`, by name."""
    features = {}
    for column, cell in row.items():
        if cell is not None and is_feature(column):
            features[name_of(column)] = cell if column.startswith(CATEGORY) else plain(cell)
    return features


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The feature columns of a file that holds `rows`, with their types.

    Names that differ by case from row to row, and columns beyond the limit, go into the rows' `properties`.
    """
    columns: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for row in rows:
        for column in [name for name in row if is_feature(name)]:
            if len(columns) < MOST_COLUMNS:
                spelling.setdefault(column.casefold(), column)
            if spelling.get(column.casefold()) == column:
                columns[column] = "VARCHAR" if column.startswith(CATEGORY) else "DOUBLE"
            else:
                fold(row, column)
    return columns


def declared(features: Mapping[str, FeatureSpec]) -> dict[str, Kind]:
    """The columns of features that a spec declares: what a table in S3 can have, since it needs them beforehand.

    Single numbers and texts of plain names have one, as far as DECLARED_MAX reaches.
    """
    columns: dict[str, Kind] = {}
    left = DECLARED_MAX
    for name, feature in features.items():
        if feature.length is None and feature.type in _DECLARED and _PLAIN.fullmatch(name):
            prefix, kind = _DECLARED[feature.type]
            left -= len(prefix + name) + 1
            if left >= 0:
                columns[prefix + name] = kind
    return columns


def keep(row: dict[str, Any], columns: Container[str]) -> None:
    """Move features that have a column not among `columns` into `properties` of `row`."""
    for column in [name for name in row if is_feature(name) and name not in columns]:
        fold(row, column)


def is_feature(column: str) -> bool:
    return column.startswith((NUMBER, CATEGORY))


def double(value: Any) -> float | None:
    """What a column of numbers holds for `value`, or None where it cannot without loss."""
    if type(value) is float:
        return value
    return float(value) if type(value) is int and abs(value) <= EXACT else None


def plain(cell: float) -> float | int:
    """An integer where it is one, as JSON would have written it."""
    return int(cell) if cell.is_integer() and abs(cell) <= EXACT else cell


def fold(row: dict[str, Any], column: str) -> None:
    """Move a feature from its column into `properties`."""
    rest = orjson.loads(row.get("properties") or "{}")
    cell = row.pop(column)
    rest.setdefault("features", {})[name_of(column)] = cell if column.startswith(CATEGORY) else plain(cell)
    row["properties"] = encoded(rest).decode()


def name_of(column: str) -> str:
    """The feature that has this column."""
    return column.removeprefix(CATEGORY) if column.startswith(CATEGORY) else column.removeprefix(NUMBER)


def _can_name_a_column(name: str) -> bool:
    return name.isprintable() and len(name) <= LONGEST_NAME
