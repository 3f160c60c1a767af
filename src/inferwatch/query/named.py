"""Which fields a question names, wherever in it."""

from __future__ import annotations

from collections.abc import Iterator

from inferwatch.query.predicate import And, Field, Not, Or, Predicate
from inferwatch.query.question import Question


def fields(question: Question) -> Iterator[Field]:
    """Every field that the question names; one that it names twice comes twice."""
    if question.where is not None:
        yield from conditions(question.where)
    yield from (key for key in question.by if isinstance(key, Field))
    yield from (stat.field for stat in question.stats if stat.field is not None)
    yield from (order.by for order in question.order if isinstance(order.by, Field))


def conditions(predicate: Predicate) -> Iterator[Field]:
    """Every field that a condition of the predicate is on."""
    if isinstance(predicate, And | Or):
        for part in predicate.parts:
            yield from conditions(part)
    elif isinstance(predicate, Not):
        yield from conditions(predicate.part)
    else:
        yield predicate.field
