"""A predicate as a condition of Logs Insights.

Insights holds true and false as 1 and 0 and knows no objects: it discovers the members of an object as fields of their
own. Whether a value is a number or a text it decides itself, so a condition on a field that may have either is less
exact, and the notes say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from inferwatch.query import fields
from inferwatch.query.dialects.insights_text import name, number, pattern, quoted, refused
from inferwatch.query.predicate import (
    ANY,
    And,
    Compare,
    Condition,
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
from inferwatch.query.spelling import spelled

TYPES: Final = (
    "Whether a value is a number or a text, Logs Insights decides itself; true and false are 1 and 0 there ({})."
)
OBJECTS: Final = "Logs Insights knows no objects: a field that holds one, or an array, counts as missing ({})."

_ERROR: Final = (Field(("error", "type")), Field(("error", "message")))
"""Of which one is there wherever the object is."""
_WHOLE: Final = frozenset({"request", "response", "features", "requester"})
_BOOLEANS: Final = {True: ("1", '"true"'), False: ("0", '"false"')}


def condition(predicate: Predicate) -> str:
    """The condition, in parentheses where it has several parts. predicate: as `normal` gives it."""
    match predicate:
        case And(parts=parts):
            return _joined("and", [condition(part) for part in parts])
        case Or(parts=parts):
            return _joined("or", [condition(part) for part in parts])
        case Compare(field=field):
            return _somewhere(field, lambda place: _compared(fields.kind(field), place, predicate))
        case OneOf(field=field):
            return _somewhere(field, lambda place: _one_of(fields.kind(field), place, predicate))
        case Like(field=field, negated=negated):
            like = pattern(predicate.pattern, any_case=predicate.any_case)
            return _somewhere(
                field, lambda place: _guarded(place, f"{place} not like {like}") if negated else f"{place} like {like}"
            )
        case Missing(field=field, negated=negated):
            return _presence(field, there=negated)
        case Not():
            raise TypeError("a predicate is made normal before it is written")


def notes(predicate: Predicate | None, *, checked: bool = False) -> list[str]:
    """What the condition is less exact about. checked: whether the records that it finds are held against the predicate
    once more, so that only those count which it does not find."""
    leaves = list(conditions(predicate))
    typed = [leaf.field for leaf in leaves if _is_ordered(leaf) or (_is_typed(leaf) and not checked)]
    missing = [leaf.field for leaf in leaves if isinstance(leaf, Missing) and (leaf.negated or not checked)]
    objects = [field for field in missing if fields.kind(field) == "any" and field.path != ("error",)]
    return [
        text.format(", ".join(dict.fromkeys(map(spelled, of))))
        for text, of in ((TYPES, typed), (OBJECTS, objects))
        if of
    ]


def node_condition(node: str) -> str:
    """Records of this model or of a model below this node: `/abc_corp/claims` is not below `/abc_corp/claim`."""
    node = node.rstrip("/")
    if not node:
        return f"namespace like {pattern(('/', Wildcard(ANY)))}"
    parent, _, last = node.rpartition("/")
    below = f"namespace like {pattern((f'{node}/', Wildcard(ANY)))}"
    own = f"(namespace = {quoted(parent or '/')} and model_name = {quoted(last)})"
    return _joined("or", [f"namespace = {quoted(node)}", below, own])


def _is_typed(leaf: Condition) -> bool:
    return not isinstance(leaf, Missing) and fields.kind(leaf.field) == "any"


def _is_ordered(leaf: Condition) -> bool:
    """Whether it is about the order of versions, of which a text may be the number of one."""
    ordered = isinstance(leaf, Compare) and leaf.operator not in ("=", "!=")
    return ordered and fields.kind(leaf.field) == "identifier"


def _somewhere(field: Field, written: Callable[[str], str]) -> str:
    """The condition on the first of the field's places that has a value."""
    first, *others = map(name, fields.places(field))
    found = written(first)
    for other in others:
        found = f"({found} or (not ispresent({first}) and {written(other)}))"
    return found


def _presence(field: Field, *, there: bool) -> str:
    if len(field.path) == 1 and field.root in _WHOLE:
        raise refused(f"whether {field.root!r} is there: it knows only the members of an object")
    looked_at = [field, *_ERROR] if field.path == ("error",) else fields.places(field)
    each = [f"{'' if there else 'not '}ispresent({name(place)})" for place in looked_at]
    return _joined("or" if there else "and", each)


def _compared(kind: fields.FieldKind, place: str, asked: Compare) -> str:
    operator, value = asked.operator, asked.value
    if operator in ("=", "!="):
        return _one_of(kind, place, OneOf(asked.field, (value,), operator == "!="))
    if isinstance(value, str) and kind != "time":
        raise refused(f"{operator} of texts ({place}): it compares digits within them as numbers")
    return f"{place} {operator} {_literal(value)}"


def _one_of(kind: fields.FieldKind, place: str, asked: OneOf) -> str:
    if isinstance(asked.values[0], bool):
        wanted = {not value for value in asked.values} if asked.negated else set(asked.values)
        either = [f"{place} = {spelled}" for value in (True, False) if value in wanted for spelled in _BOOLEANS[value]]
        return _joined("or", either) if either else _never(place)
    literals = _spelled(asked.values) if kind == "identifier" else [[_literal(value) for value in asked.values]]
    if asked.negated:
        return _guarded(place, " and ".join(_chosen(place, these, negated=True) for these in literals if these))
    return _joined("or", [_chosen(place, these) for these in literals if these])


def _spelled(values: Sequence[Value]) -> list[list[str]]:
    """A version is a number or a text in the log, and looks the same in a question."""
    texts = [str(value) for value in values]
    whole = [text for text in texts if text.removeprefix("-").isdecimal() and text.isascii() and str(int(text)) == text]
    return [[quoted(text) for text in texts], whole]


def _chosen(place: str, literals: list[str], *, negated: bool = False) -> str:
    if len(literals) == 1:
        return f"{place} {'!=' if negated else '='} {literals[0]}"
    return f"{place} {'not in' if negated else 'in'} [{', '.join(literals)}]"


def _literal(value: Value) -> str:
    return quoted(value) if isinstance(value, str) else number(value)


def _guarded(place: str, condition: str) -> str:
    return f"(ispresent({place}) and {condition})"


def _never(place: str) -> str:
    return f"(ispresent({place}) and not ispresent({place}))"


def _joined(word: str, parts: Sequence[str]) -> str:
    return f"({f' {word} '.join(parts)})" if len(parts) > 1 else parts[0]
