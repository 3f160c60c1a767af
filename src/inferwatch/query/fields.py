"""What a field of a question is: its kind, and where it lies in a record and in a row of the lake."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, Literal

import msgspec

from inferwatch.lake.columns import KINDS, Kind
from inferwatch.lake.feature_columns import CATEGORY, NUMBER
from inferwatch.query.predicate import Field, Step
from inferwatch.spec import record

FEATURES: Final = "features"
PROPERTIES: Final = "properties"
"""What may stand before a field of one's own, so that it is read as one whatever it is called."""

METRICS: Final = frozenset({*record.BUILT_IN_UNITS, record.VERSION_DIMENSION})

COMMON: Final = frozenset({*KINDS, *METRICS, FEATURES})
"""The root names that every model's records may have; others are those of fields of one's own."""

FieldKind = Literal["text", "number", "boolean", "time", "identifier", "any"]
"""any: JSON, whose values say themselves what they are."""

_SCALAR: Final[dict[Kind, FieldKind]] = {
    "text": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "time": "time",
    "identifier": "identifier",
    "json": "any",
}


class Cell(msgspec.Struct, frozen=True):
    """A place in a row of the lake. path: below a column of JSON, () for its whole value; kind: `any` for JSON."""

    column: str
    kind: FieldKind
    path: tuple[Step, ...] = ()


def kind(field: Field) -> FieldKind:
    """What values the field has."""
    if len(field.path) == 1 and field.root in KINDS:
        return _SCALAR[KINDS[field.root]]
    if len(field.path) == 1 and field.root in record.BUILT_IN_UNITS:
        return "number"
    return "text" if field.path == (record.VERSION_DIMENSION,) else "any"


def places(field: Field) -> tuple[Field, ...]:
    """Where in a record the value may be: the first that has one counts, of whatever type it is.

    A feature is also looked for in the request, since features that are the request are not written twice.
    """
    if field.root == FEATURES and len(field.path) > 1:
        return field, Field(("request", *field.path[1:]))
    return (field,)


def cells(field: Field, columns: Container[str]) -> tuple[Cell, ...]:
    """Where in a row of the lake the value may be, in the order of `places`. columns: those of features it has."""
    return tuple(cell for place in places(field) for cell in _cells(place, columns))


def _cells(place: Field, columns: Container[str]) -> list[Cell]:
    root, below = place.root, place.path[1:]
    if root == FEATURES:
        found = []
        if len(below) == 1:
            own: tuple[tuple[str, FieldKind], ...] = ((NUMBER, "number"), (CATEGORY, "text"))
            found = [Cell(f"{prefix}{below[0]}", of) for prefix, of in own if f"{prefix}{below[0]}" in columns]
        return [*found, Cell(PROPERTIES, "any", place.path)]
    if root in KINDS:
        return [Cell(root, kind(Field((root,))), below)]
    if root in METRICS:
        return [Cell("metrics", "any", place.path)]
    return [Cell(PROPERTIES, "any", place.path)]
