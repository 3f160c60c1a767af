"""Whether a record meets a predicate, word for word as `docs/reference/query.md` says it.

It is what every engine's answer is held against, so it is plain rather than quick.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from inferwatch.lake.columns import KINDS
from inferwatch.lake.instant import milliseconds, start_ms
from inferwatch.query.fields import FieldKind, kind, places
from inferwatch.query.predicate import And, Compare, Field, Like, Missing, Not, OneOf, Operator, Or, Predicate, Wildcard
from inferwatch.sdk.clock import iso

_COMPARED: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_ORDERS: Final = ("<", "<=", ">", ">=")
_INT64: Final = 2**63
_EXACT: Final = 2**53


def meets(predicate: Predicate | None, record: Mapping[str, Any]) -> bool:
    """record: as in the log line. None is met by every record."""
    match predicate:
        case None:
            return True
        case And(parts):
            return all(meets(part, record) for part in parts)
        case Or(parts):
            return any(meets(part, record) for part in parts)
        case Not(part):
            return _meets_not(part, record)
        case Missing(field, negated):
            return (value(field, record) is None) != negated
        case Compare(field, operator, wanted):
            found = _comparable(field, record, wanted, ordered=operator in _ORDERS)
            return found is not None and _COMPARED[operator](found[0], found[1])
        case OneOf(field, values, negated):
            pairs = [_comparable(field, record, wanted) for wanted in values]
            return all(pairs) and any(found == wanted for found, wanted in filter(None, pairs)) != negated
        case Like(field, pattern, any_case, negated):
            text = _text(value(field, record), kind(field))
            return text is not None and (_expression(pattern, any_case).fullmatch(text) is not None) != negated


def value(field: Field, record: Mapping[str, Any]) -> Any:
    """What the record has in the field; None for a missing field, and for null.

    A core field whose value is not of its type counts as missing; `start_at`, which every record has, is then the time
    that its metrics are stamped with.
    """
    if field.path == ("start_at",):
        started = start_ms(record)
        return None if started is None else iso(started)
    for place in places(field):
        found = _below(record, place)
        if found is not None:
            return found if _can_be(found, place) else None
    return None


def _meets_not(part: Predicate, record: Mapping[str, Any]) -> bool:
    """NOT is carried down to each condition, which is not met by a record without the field."""
    match part:
        case Not(inner):
            return meets(inner, record)
        case And(parts):
            return any(_meets_not(each, record) for each in parts)
        case Or(parts):
            return all(_meets_not(each, record) for each in parts)
        case Missing():
            return not meets(part, record)
        case Compare(field, operator, wanted):
            found = _comparable(field, record, wanted, ordered=operator in _ORDERS)
            return found is not None and not meets(part, record)
        case OneOf(field, values):
            return _comparable(field, record, values[0]) is not None and not meets(part, record)
        case Like(field):
            return _text(value(field, record), kind(field)) is not None and not meets(part, record)


def _comparable(
    field: Field, record: Mapping[str, Any], wanted: Any, *, ordered: bool = False
) -> tuple[Any, Any] | None:
    """What the record has and what is wanted, as values of one type; None where it has none of the wanted one's."""
    found, of = value(field, record), kind(field)
    if found is None:
        return None
    if of == "time":
        return milliseconds(found), milliseconds(wanted)
    if of == "identifier":
        if not ordered:
            return str(found), str(wanted)
        whole = _whole(str(found))
        return None if whole is None else (whole, wanted)
    if isinstance(wanted, bool | str):
        return (found, wanted) if type(found) is type(wanted) else None
    number = _number(found)
    return None if number is None else (number, float(wanted))


def _below(record: Any, field: Field) -> Any:
    found = record
    for step in field.path:
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else None
        else:
            found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _can_be(found: Any, field: Field) -> bool:
    """Whether it is a value of the field's type; an integer of a core number is one that is exact."""
    core = KINDS.get(field.root, "json") if len(field.path) == 1 else "json"
    match core, kind(field):
        case "integer", _:
            return type(found) is int and abs(found) < _INT64
        case "number", _:
            return type(found) is float or (type(found) is int and abs(found) <= _EXACT)
        case _, "number":
            return _number(found) is not None
        case _, "text":
            return isinstance(found, str)
        case _, "boolean":
            return isinstance(found, bool)
        case _, "time":
            return milliseconds(found) is not None
        case _, "identifier":
            return isinstance(found, str) or type(found) is int
    return True


def _number(found: Any) -> float | None:
    try:
        return float(found) if type(found) in (int, float) else None
    except OverflowError:
        return None


def _whole(text: str) -> int | None:
    """The number that a version is, where it is spelled as whole numbers are, with at most 15 digits."""
    return int(text) if re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", text) else None


def _text(found: Any, of: FieldKind) -> str | None:
    if of == "identifier" and found is not None:
        return str(found)
    return found if isinstance(found, str) else None


def _expression(pattern: tuple[str | Wildcard, ...], any_case: bool) -> re.Pattern[str]:
    wild = {"%": "(?s:.*)", "_": "(?s:.)"}
    text = "".join(wild[part.sign] if isinstance(part, Wildcard) else _spelled(part, any_case) for part in pattern)
    return re.compile(text)


def _spelled(text: str, any_case: bool) -> str:
    """Of a text in any case: each ASCII letter in both, so that nothing else folds."""
    if not any_case:
        return re.escape(text)
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in text)
