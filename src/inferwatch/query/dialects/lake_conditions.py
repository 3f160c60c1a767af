"""A predicate as SQL over the lake's columns: true where it is true; where it is not, false or NULL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inferwatch.errors import QueryError
from inferwatch.lake.instant import milliseconds
from inferwatch.query import fields
from inferwatch.query.dialects import lake_words
from inferwatch.query.dialects.lake_fields import LakeFields, is_text
from inferwatch.query.dialects.lake_words import LakeWords
from inferwatch.query.predicate import And, Compare, Field, Like, Missing, Not, OneOf, Or, Predicate, Value

NEVER: Final = "FALSE"
_SIGNS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORDS_OF_JSON: Final = ("true", "false", "null")


class Conditions:
    """Of a predicate that is `normal`: NULL, which no NOT turns into anything, counts as false throughout."""

    def __init__(self, words: LakeWords, places: LakeFields) -> None:
        self._words = words
        self._places = places

    def conditions(self, predicate: Predicate | None) -> list[str]:
        """What must all be true."""
        if predicate is None:
            return []
        parts = predicate.parts if isinstance(predicate, And) else (predicate,)
        return [self._condition(part) for part in parts]

    def node(self, node: str | None) -> list[str]:
        """That a record is of this model, or of one below this node of the organisation."""
        path = (node or "").rstrip("/")
        if not path:
            return []
        above, _, name = path.rpartition("/")
        namespace, model = Field(("namespace",)), Field(("model_name",))
        column = self._places.column(namespace.root)
        below = f"{column} = {self._words.text(path)} OR {self._words.starts_with(column, path + '/')}"
        itself = And((Compare(namespace, "=", above or "/"), Compare(model, "=", name)))
        return [f"({below} OR {self._condition(itself)})"]

    def _condition(self, predicate: Predicate) -> str:
        match predicate:
            case And(parts):
                return f"({' AND '.join(map(self._condition, parts))})"
            case Or(parts):
                return f"({' OR '.join(map(self._condition, parts))})"
            case Compare():
                return self._compare(predicate)
            case OneOf():
                return self._one_of(predicate)
            case Like():
                return self._like(predicate)
            case Missing(field, negated):
                return self._places.there(field) if negated else self._places.missing(field)
            case Not():
                raise TypeError("a predicate is made normal before it is said in SQL")

    def _compare(self, compare: Compare) -> str:
        sign = _SIGNS[compare.operator]
        if compare.operator == "=" and (short := self._plain_text(compare.field, [compare.value])):
            return short
        found = self._operands(compare.field, [compare.value], equal=compare.operator in ("=", "!="))
        if found is None:
            return NEVER
        subject, (value,) = found
        return f"{subject} {sign} {value}"

    def _one_of(self, one_of: OneOf) -> str:
        if not one_of.negated and (short := self._plain_text(one_of.field, one_of.values)):
            return short
        found = self._operands(one_of.field, one_of.values, equal=True)
        if found is None:
            return NEVER
        subject, values = found
        return f"{subject} {'NOT IN' if one_of.negated else 'IN'} ({', '.join(values)})"

    def _like(self, like: Like) -> str:
        text = self._places.texts(like.field)
        if text is None:
            return NEVER
        pattern: Sequence[object] = like.pattern
        if like.any_case:
            text, pattern = self._words.lower(text), lake_words.lower(like.pattern)
        said = self._words.like(text, pattern)  # type: ignore[arg-type]
        return f"NOT ({said})" if like.negated else said

    def _operands(self, field: Field, values: Sequence[Value], *, equal: bool) -> tuple[str, list[str]] | None:
        """The field and the values, as what is compared; None where the field has nothing of their type.

        equal: whether it is for equality, by which identifiers are compared as they are spelled.
        """
        spelled = self._places.spellings(field) if equal else None
        subject: str | None
        if isinstance(values[0], bool):
            subject, said = self._places.booleans(field), [str(value).upper() for value in values]
        elif spelled is not None:
            subject, said = spelled, [self._words.text(str(value)) for value in values]
        elif not isinstance(values[0], str):
            subject = self._places.numbers(field)
            said = [self._words.number(value) for value in values if not isinstance(value, str)] if subject else []
        elif fields.kind(field) == "time":
            subject, said = self._places.instants(field), [self._words.instant(_instant(value)) for value in values]
        elif fields.kind(field) == "identifier":
            return None  # its order is one of numbers
        else:
            subject = self._places.texts(field)
            said = [self._words.text(str(value)) for value in values] if subject else []
        return (subject, said) if subject is not None else None

    def _plain_text(self, field: Field, values: Sequence[Value]) -> str:
        """That a field of JSON is one of these texts, so that its JSON is read once where that is enough: what no
        number and no word of JSON is spelled like must be a text. "" where it cannot be said so."""
        if not all(isinstance(value, str) for value in values) or not (found := self._places.scalar(field)):
            return ""
        value, whole = found
        said = [self._words.text(str(each)) for each in values]
        short = f"{value} = {said[0]}" if len(said) == 1 else f"{value} IN ({', '.join(said)})"
        return f"({short} AND {is_text(whole)})" if any(map(_like_json, values)) else short


def _like_json(value: Value) -> bool:
    """Whether JSON that is no text may be spelled so."""
    text = str(value)
    return text in _WORDS_OF_JSON or text[:1] in set("{[-0123456789")


def _instant(value: Value) -> int:
    at_ms = milliseconds(value)
    if at_ms is None:
        raise QueryError(f"{value!r} is no instant; write it as in '2026-11-21T12:00Z'")
    return at_ms
