"""What a record must be like: the tree that a predicate is parsed into.

A condition is true or it is not. It is not where the field is missing, null, or of another type than the value it is
compared with; so `x != 3` finds no record without x, and neither does `NOT x = 3`: see `docs/reference/query.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Step = str | int
"""One member of an object, or one place of an array."""

Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Value = str | float | int | bool
"""An instant is text in ISO 8601, UTC, with milliseconds, as the record has it: `2026-11-21T09:30:00.000Z`."""

ANY: Literal["%"] = "%"
ONE: Literal["_"] = "_"


class Field(msgspec.Struct, frozen=True):
    """A place in the record: `("elapse",)`, `("response", "label")`, `("request", "items", 0, "price")`."""

    path: tuple[Step, ...]

    @property
    def root(self) -> str:
        return str(self.path[0])


class Compare(msgspec.Struct, frozen=True, tag=True):
    field: Field
    operator: Operator
    value: Value


class OneOf(msgspec.Struct, frozen=True, tag=True):
    """`IN`, or `NOT IN` where negated. The values are of one type."""

    field: Field
    values: tuple[Value, ...]
    negated: bool = False


class Wildcard(msgspec.Struct, frozen=True):
    """`%`, any text, or `_`, any one character."""

    sign: Literal["%", "_"]


class Like(msgspec.Struct, frozen=True, tag=True):
    """`LIKE`, or `ILIKE` where any_case. pattern: texts, which stand for themselves, and wildcards, in their order."""

    field: Field
    pattern: tuple[str | Wildcard, ...]
    any_case: bool = False
    negated: bool = False


class Missing(msgspec.Struct, frozen=True, tag=True):
    """`IS NULL`, or `IS NOT NULL` where negated: the record has no such field, or null in it."""

    field: Field
    negated: bool = False


class And(msgspec.Struct, frozen=True, tag=True):
    parts: tuple[Predicate, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    parts: tuple[Predicate, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """Of what was parsed only: `normal` carries it down to the conditions, and every dialect starts from there."""

    part: Predicate


Condition = Compare | OneOf | Like | Missing
Predicate = Condition | And | Or | Not


def conditions(predicate: Predicate | None) -> Iterator[Condition]:
    """Every condition on a field, from left to right. None: no predicate, which has none."""
    match predicate:
        case None:
            return
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from conditions(part)
        case Not(part=part):
            yield from conditions(part)
        case _:
            yield predicate
