"""A predicate in the one form that every dialect writes: no NOT of several conditions is left, and nothing is nested
that need not be.

A condition that is negated becomes its opposite, which finds no record without the field either: `NOT x < 3` is
`x >= 3`. So a condition is true or it is not, and no engine's third truth value matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from inferwatch.query.predicate import And, Compare, Like, Missing, Not, OneOf, Operator, Or, Predicate

_OPPOSITE: Final[dict[Operator, Operator]] = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def normal(predicate: Predicate) -> Predicate:
    """The same predicate without Not, without And in And or Or in Or, and no condition twice in one of them."""
    return _carried(predicate, negated=False)


def _carried(predicate: Predicate, *, negated: bool) -> Predicate:
    match predicate:
        case Not(part):
            return _carried(part, negated=not negated)
        case And(parts) | Or(parts):
            together = And if isinstance(predicate, And) != negated else Or
            return _joined(together, [_carried(part, negated=negated) for part in parts])
        case Compare(field, operator, value):
            return _compare(Compare(field, _OPPOSITE[operator] if negated else operator, value))
        case OneOf(field, values, was_negated):
            return _one_of(OneOf(field, tuple(dict.fromkeys(values)), was_negated != negated))
        case Like(field, pattern, any_case, was_negated):
            return _like(Like(field, pattern, any_case, was_negated != negated))
        case Missing(field, was_negated):
            return Missing(field, was_negated != negated)


def _joined(together: type[And | Or], parts: Iterable[Predicate]) -> Predicate:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, together) else (part,))]
    once = tuple(dict.fromkeys(flat))
    return once[0] if len(once) == 1 else together(once)


def _compare(asked: Compare) -> Compare:
    """Of truth values there are two: what is not true is false."""
    if isinstance(asked.value, bool) and asked.operator == "!=":
        return Compare(asked.field, "=", not asked.value)
    return asked


def _one_of(asked: OneOf) -> Compare | OneOf:
    if len(asked.values) > 1:
        return asked
    return _compare(Compare(asked.field, "!=" if asked.negated else "=", asked.values[0]))


def _like(asked: Like) -> Compare | Like:
    """Without wildcards, LIKE is `=`."""
    texts = [part for part in asked.pattern if isinstance(part, str)]
    if asked.any_case or len(texts) < len(asked.pattern):
        return asked
    return Compare(asked.field, "!=" if asked.negated else "=", "".join(texts))
