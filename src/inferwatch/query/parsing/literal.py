"""The value that a field is compared with, as the field's kind wants it."""

from __future__ import annotations

from typing import Final

from inferwatch.lake.instant import milliseconds
from inferwatch.query.fields import FieldKind, kind
from inferwatch.query.parsing.words import Mistake, Word
from inferwatch.query.predicate import ANY, ONE, Field, Operator, Value, Wildcard
from inferwatch.query.spelling import spelled
from inferwatch.sdk.clock import iso

KINDS: Final[dict[FieldKind, str]] = {
    "text": "a text, in single quotes",
    "number": "a number",
    "boolean": "true or false",
    "time": "an instant: '2026-11-21' or '2026-11-21T09:30:00Z'",
    "identifier": "a whole number or a text",
    "any": "a number, a text in single quotes, true or false",
}
_ORDERS: Final = ("<", "<=", ">", ">=")
_MILLISECOND_DIGITS: Final = 3


def value(word: Word, field: Field, operator: Operator) -> Value:
    """What `field` is compared with. Raises Mistake where it has no such values, or they have no order."""
    given = word.value if word.kind in ("number", "text") else word.kind == "TRUE"
    assert not isinstance(given, Field)
    of = kind(field)
    if of == "time" and isinstance(given, str):
        return _instant(word, given)
    if not _fits(given, of):
        raise Mistake(word.start, word.end, f"{spelled(field)} is compared with {KINDS[of]}{_hint(word, of)}")
    if operator in _ORDERS:
        if isinstance(given, bool):
            raise Mistake(word.start, word.end, "true and false have no order; write = or !=")
        if of == "identifier" and isinstance(given, str):
            raise Mistake(word.start, word.end, f"{spelled(field)} has the order of numbers; compare it with one")
    elif of == "identifier" and isinstance(given, float):
        raise Mistake(word.start, word.end, f"{spelled(field)} is a whole number or a text: '{given}'")
    return given


def _fits(given: Value, of: FieldKind) -> bool:
    match given:
        case bool():
            return of in ("boolean", "any")
        case str():
            return of in ("text", "identifier", "any")
    return of in ("number", "identifier", "any")


def _hint(word: Word, of: FieldKind) -> str:
    if of == "number" and isinstance(word.value, str):
        try:
            float(word.value)
        except ValueError:
            return ""
        return f": {word.value}"
    if of == "text" and word.kind == "number":
        return f": '{word.value}'"
    return ""


def _instant(word: Word, text: str) -> str:
    at_ms = milliseconds(text.strip().upper().replace(" ", "T", 1))
    if at_ms is None:
        raise Mistake(word.start, word.end, "this is no instant; write '2026-11-21' or '2026-11-21T09:30:00Z'")
    digits = text.partition(".")[2].rstrip("Zz").partition("+")[0].partition("-")[0]
    if digits[_MILLISECOND_DIGITS:].strip("0"):
        raise Mistake(word.start, word.end, "instants are whole milliseconds: at most three digits after the point")
    return iso(at_ms)


def pattern(word: Word, escape: Word | None, *, any_case: bool) -> tuple[str | Wildcard, ...]:
    """What LIKE compares with: texts and wildcards. Raises Mistake."""
    text, sign = str(word.value), str(escape.value) if escape else ""
    if escape and len(sign) != 1:
        raise Mistake(escape.start, escape.end, "after ESCAPE comes one character in single quotes: '\\'")
    if any_case and (folding := [c for c in text if not c.isascii() and (c.lower() != c or c.upper() != c)]):
        problem = f"ILIKE folds the case of ASCII letters only, and {folding[0]!r} is none: write _ for it, or LIKE"
        raise Mistake(word.start, word.end, problem)
    parts: list[str | Wildcard] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character == sign:
            at += 1
            if text[at : at + 1] not in ("%", "_", sign):
                problem = f"in this pattern, {sign!r} stands before %, _ or itself only; another character needs none"
                raise Mistake(word.start, word.end, problem)
            _append(parts, text[at])
        elif character in (ANY, ONE):
            if not (character == ANY and parts[-1:] == [Wildcard(ANY)]):
                parts.append(Wildcard(ANY if character == ANY else ONE))
        else:
            _append(parts, character)
        at += 1
    return tuple(parts)


def like_kind(word: Word, field: Field) -> None:
    """Raises Mistake where no value of the field is a text."""
    if kind(field) not in ("text", "identifier", "any"):
        problem = f"{spelled(field)} is no text; it is compared with {KINDS[kind(field)]}"
        raise Mistake(word.start, word.end, problem)


def _append(parts: list[str | Wildcard], character: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += character
    else:
        parts.append(character)
