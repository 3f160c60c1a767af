"""A field of a question as SQL over the lake's columns: its numbers, texts, truth values, and whether it is there.

JSON says itself what a value is, so a value of another type than the one in question is NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from inferwatch.errors import QueryError
from inferwatch.lake.columns import KINDS
from inferwatch.query import fields
from inferwatch.query.dialects.lake_words import LakeWords
from inferwatch.query.fields import Cell
from inferwatch.query.predicate import Field

ALIAS: Final = "t"
_TIMES: Final = frozenset(name for name, kind in KINDS.items() if kind == "time")
_WHOLE: Final = "^-?(0|[1-9][0-9]{0,14})$"
_NO_FRACTION: Final = "[.]0+$"
_REQUEST: Final = "request"
_SPELLED_OUT: Final = 10**18
"""Below it a whole number stands in a group's text without an exponent."""


class LakeFields:
    """columns: those of features that the relation has."""

    def __init__(self, words: LakeWords, columns: frozenset[str]) -> None:
        self._words = words
        self._columns = columns

    def numbers(self, field: Field) -> str | None:
        """The field's numbers; of an identifier, those that are whole. None where it can have none."""
        return self._first(field, self._number)

    def texts(self, field: Field) -> str | None:
        """The field's texts; an identifier as it is spelled. None where it can have none."""
        return self._first(field, self._text)

    def booleans(self, field: Field) -> str | None:
        return self._first(field, self._boolean)

    def instants(self, field: Field) -> str | None:
        return self._first(field, lambda cell: self.column(cell.column) if cell.kind == "time" else None)

    def spellings(self, field: Field) -> str | None:
        """An identifier as it is spelled; None of other fields."""
        return self.texts(field) if fields.kind(field) == "identifier" else None

    def scalar(self, field: Field) -> tuple[str, str] | None:
        """Of a field that lies in one place of a column of JSON: its value without quotation marks, and with them."""
        cells = self._cells(field)
        if len(cells) != 1 or cells[0].kind != "any":
            return None
        return self._words.scalar(cells[0].column, cells[0].path), self._words.json(cells[0].column, cells[0].path)

    def there(self, field: Field) -> str:
        """Whether the record has a value in the field; never NULL."""
        return _joined(" OR ", [self._there(field, cell, "IS NOT NULL", "<>") for cell in self._cells(field)], "FALSE")

    def missing(self, field: Field) -> str:
        """Whether the record has no value in the field; never NULL."""
        return self._missing(field, self._cells(field))

    def group(self, field: Field) -> str:
        """What records are grouped by: the value of a field of one type, and text of what may have several."""
        match fields.kind(field):
            case "time":
                return self._words.iso(self.column(field.root))
            case "number":
                found = self.numbers(field)
            case "boolean":
                found = self.booleans(field)
            case "text" | "identifier":
                found = self.texts(field)
            case "any":
                found = self._first(field, self._spelled)
        return found or f"CAST(NULL AS {self._words.text_type})"

    def keys(self, field: Field) -> list[str]:
        """What records are put into order by, one after the other: numbers stand before texts, and those before others.
        NULL is for the end."""
        match fields.kind(field):
            case "time":
                found = [self.instants(field)]
            case "number":
                found = [self.numbers(field)]
            case "boolean":
                found = [self.booleans(field)]
            case "text":
                found = [self.texts(field)]
            case "identifier":
                found = [self.numbers(field), self.texts(field)]
            case "any":
                there = f"CASE WHEN {self.there(field)} THEN 1 END"
                found = [self.numbers(field), self.texts(field), self.booleans(field), there]
        return [key for key in found if key is not None]

    def column(self, name: str) -> str:
        """A column. Times are named by their table, since the answer has columns of theirs with the same names."""
        return f"{ALIAS}.{name}" if name in _TIMES else self._words.identifier(name)

    def _cells(self, field: Field) -> list[Cell]:
        """Where the value may be; below a column that is not JSON there is nothing."""
        if field.path == (fields.FEATURES,):
            raise QueryError("features are asked for one by one: features.age")
        return [cell for cell in fields.cells(field, self._columns) if cell.kind == "any" or not cell.path]

    def _first(self, field: Field, say: Callable[[Cell], str | None]) -> str | None:
        """The value of that place which has one: of a feature, of the request only where there is no such feature."""
        cells = self._cells(field)
        own = [cell for cell in cells if field.root != fields.FEATURES or cell.column != _REQUEST]
        found = [said for said in map(say, own) if said is not None]
        others = [said for said in map(say, cells[len(own) :]) if said is not None]
        found += [f"CASE WHEN {self._missing(field, own)} THEN {said} END" for said in others]
        return f"coalesce({', '.join(found)})" if len(found) > 1 else next(iter(found), None)

    def _missing(self, field: Field, cells: Iterable[Cell]) -> str:
        return _joined(" AND ", [self._there(field, cell, "IS NULL", "=") for cell in cells], "TRUE")

    def _number(self, cell: Cell) -> str | None:
        if cell.kind == "number":
            return self.column(cell.column)
        if cell.kind == "identifier":
            column = self.column(cell.column)
            return f"CASE WHEN {self._words.matches(column, _WHOLE)} THEN TRY_CAST({column} AS DOUBLE) END"
        return f"TRY_CAST({self._words.json(cell.column, cell.path)} AS DOUBLE)" if cell.kind == "any" else None

    def _text(self, cell: Cell) -> str | None:
        if cell.kind in ("text", "identifier"):
            return self.column(cell.column)
        if cell.kind != "any":
            return None
        value, whole = self._words.scalar(cell.column, cell.path), self._words.json(cell.column, cell.path)
        return f"CASE WHEN {is_text(whole)} THEN {value} END"

    def _boolean(self, cell: Cell) -> str | None:
        if cell.kind == "boolean":
            return self.column(cell.column)
        if cell.kind != "any":
            return None
        return f"CASE {self._words.json(cell.column, cell.path)} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"

    def _there(self, field: Field, cell: Cell, null: str, sign: str) -> str:
        if cell.kind != "any" or not cell.path:  # a column holds no JSON's null
            return f"{self.column(cell.column)} {null}"
        match fields.kind(field):
            case "number":
                return f"{self._number(cell)} {null}"
            case "text":
                return f"{self._text(cell)} {null}"
        return f"coalesce({self._words.json(cell.column, cell.path)}, 'null') {sign} 'null'"

    def _spelled(self, cell: Cell) -> str | None:
        if cell.kind == "number":
            return self._spelled_number(self.column(cell.column))
        if cell.kind != "any":
            return self.column(cell.column)
        whole = self._words.json(cell.column, cell.path)
        value = self._words.scalar(cell.column, cell.path)
        other = f"NULLIF(regexp_replace({whole}, '{_NO_FRACTION}', ''), 'null')"
        return f"CASE WHEN {is_text(whole)} THEN {value} ELSE {other} END"

    def _spelled_number(self, number: str) -> str:
        """3 and 3.0 are one group."""
        whole = f"CAST(CAST({number} AS BIGINT) AS {self._words.text_type})"
        fits = f"{number} = floor({number}) AND abs({number}) < {_SPELLED_OUT}"
        return f"CASE WHEN {fits} THEN {whole} ELSE {self._words.shortest(number)} END"


def is_text(whole: str) -> str:
    """Whether JSON is a text."""
    return f"{whole} LIKE '\"%'"


def _joined(by: str, parts: Iterable[str], none: str) -> str:
    found = list(parts)
    return f"({by.join(found)})" if len(found) > 1 else next(iter(found), none)
