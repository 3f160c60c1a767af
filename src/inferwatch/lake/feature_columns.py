"""Features in the lake: each has a column of its own, numbers and categories apart, as far as columns can hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

NUMBER: Final = "feature_"
CATEGORY: Final = "category_"
"""What the names of the columns begin with; the feature's own name follows."""

MOST_COLUMNS: Final = 500
LONGEST_NAME: Final = 200

# Integers up to here are exact as a DOUBLE.
_EXACT: Final = 2**53


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
            features[_name(column)] = cell if column.startswith(CATEGORY) else plain(cell)
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
                _fold(row, column)
    return columns


def is_feature(column: str) -> bool:
    return column.startswith((NUMBER, CATEGORY))


def double(value: Any) -> float | None:
    """What a column of numbers holds for `value`, or None where it cannot without loss."""
    if type(value) is float:
        return value
    return float(value) if type(value) is int and abs(value) <= _EXACT else None


def plain(cell: float) -> float | int:
    """An integer where it is one, as JSON would have written it."""
    return int(cell) if cell.is_integer() and abs(cell) <= _EXACT else cell


def _fold(row: dict[str, Any], column: str) -> None:
    """Move a feature from its column into `properties`."""
    rest = orjson.loads(row.get("properties") or "{}")
    rest.setdefault("features", {})[_name(column)] = row.pop(column)
    row["properties"] = orjson.dumps(rest).decode()


def _name(column: str) -> str:
    return column.removeprefix(CATEGORY) if column.startswith(CATEGORY) else column.removeprefix(NUMBER)


def _can_name_a_column(name: str) -> bool:
    return name.isprintable() and len(name) <= LONGEST_NAME
