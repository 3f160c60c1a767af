"""A predicate as a query of OpenSearch: filters, which are not scored.

The index is one of `opensearch_mapping`: texts are keywords, so `term` compares them whole. A query has exactly one
clause; several stand in a `bool`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from inferwatch.errors import DialectError
from inferwatch.query import fields
from inferwatch.query.dialects.opensearch_mapping import NUMBER
from inferwatch.query.predicate import (
    And,
    Compare,
    Field,
    Like,
    Missing,
    Not,
    OneOf,
    Or,
    Predicate,
    Value,
    Wildcard,
    conditions,
)

DIALECT: Final = "OpenSearch"
Clause = dict[str, Any]

TYPES: Final = (
    "An index of OpenSearch has one type for each field, and looks into arrays: a number there is found in a field of "
    "texts by its spelling, and an array where one of its elements is found ({})."
)
EMPTY: Final = "An empty object or array counts as missing in OpenSearch ({})."

_RANGES: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_WHOLE_NUMBER: Final = "-?(0|[1-9][0-9]{0,14})"


def refused(problem: str) -> DialectError:
    return DialectError(DIALECT, problem)


def path(field: Field) -> str:
    """The field as a path of the index."""
    steps = [str(step) for step in field.path]
    spelled = ".".join(steps)
    if any(isinstance(step, int) for step in field.path):
        raise refused(f"{spelled!r}: it does not know the places of an array")
    if any("." in step or not step for step in steps):
        raise refused(f"{spelled!r} has a name with a dot, or without a sign, which it cannot tell from a member below")
    if "*" in spelled or spelled.startswith("_"):
        raise refused(f"{spelled!r} has a sign that means something else there")
    return spelled


def clause(predicate: Predicate) -> Clause:
    """The query that finds what meets the predicate. predicate: as `normal` gives it."""
    match predicate:
        case And(parts=parts):
            return every(*map(clause, parts))
        case Or(parts=parts):
            return either(*map(clause, parts))
        case Compare(field=field):
            return _somewhere(field, lambda place: _compared(fields.kind(field), place, predicate))
        case OneOf(field=field):
            return _somewhere(field, lambda place: _one_of(fields.kind(field), place, predicate))
        case Like(field=field):
            return _somewhere(field, lambda place: _like(place, predicate))
        case Missing(field=field, negated=negated):
            found = either(*(there(path(place)) for place in fields.places(field)))
            return found if negated else neither(found)
        case Not():
            raise TypeError("a predicate is made normal before it is written")


def notes(predicate: Predicate | None) -> Iterator[str]:
    """What the query is less exact about, each once."""
    leaves = [leaf for leaf in conditions(predicate) if fields.kind(leaf.field) == "any"]
    compared = [path(leaf.field) for leaf in leaves if not isinstance(leaf, Missing)]
    missing = [path(leaf.field) for leaf in leaves if isinstance(leaf, Missing)]
    for text, of in ((TYPES, compared), (EMPTY, missing)):
        if of:
            yield text.format(", ".join(dict.fromkeys(of)))


def node_clause(node: str) -> Clause:
    """Records of this model or of a model below this node: `/abc_corp/claims` is not below `/abc_corp/claim`."""
    node = node.rstrip("/")
    below = {"prefix": {"namespace": f"{node}/"}}
    if not node:
        return below
    parent, _, last = node.rpartition("/")
    own = every({"term": {"namespace": parent or "/"}}, {"term": {"model_name": last}})
    return either({"term": {"namespace": node}}, below, own)


def every(*clauses: Clause) -> Clause:
    return {"bool": {"filter": list(clauses)}}


def either(*clauses: Clause) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}} if len(clauses) > 1 else clauses[0]


def neither(*clauses: Clause) -> Clause:
    return {"bool": {"must_not": list(clauses)}}


def there(place: str) -> Clause:
    return {"exists": {"field": place}}


def _somewhere(field: Field, written: Callable[[str], Clause]) -> Clause:
    """The condition on the first of the field's places that has a value."""
    first, *others = map(path, fields.places(field))
    found = written(first)
    for other in others:
        found = either(found, every(neither(there(first)), written(other)))
    return found


def _compared(kind: fields.FieldKind, place: str, asked: Compare) -> Clause:
    operator, value = asked.operator, asked.value
    if operator in ("=", "!="):
        return _one_of(kind, place, OneOf(asked.field, (value,), operator == "!="))
    if kind == "identifier":
        # Compared as a number, by the field beside it; a text such as 3.0 is none there.
        whole = {"regexp": {place: {"value": _WHOLE_NUMBER}}}
        return every({"range": {f"{place}.{NUMBER}": {_RANGES[operator]: value}}}, whole)
    return {"range": {place: {_RANGES[operator]: value}}}


def _one_of(kind: fields.FieldKind, place: str, asked: OneOf) -> Clause:
    values: list[Value] = [str(value) for value in asked.values] if kind == "identifier" else list(asked.values)
    found: Clause = {"term": {place: values[0]}} if len(values) == 1 else {"terms": {place: values}}
    return _guarded(place, found) if asked.negated else found


def _like(place: str, asked: Like) -> Clause:
    pattern = "".join(_part(part) for part in asked.pattern)
    inner: Clause = {"value": pattern, "case_insensitive": True} if asked.any_case else {"value": pattern}
    found: Clause = {"wildcard": {place: inner}}
    return _guarded(place, found) if asked.negated else found


def _part(part: str | Wildcard) -> str:
    if isinstance(part, Wildcard):
        return "*" if part.sign == "%" else "?"
    return "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in part)


def _guarded(place: str, found: Clause) -> Clause:
    return {"bool": {"filter": [there(place)], "must_not": [found]}}
