"""The words of a predicate - fields, values, signs - each with its place. What can be no word of one is told here.

sqlglot cuts the text. Words of SQL that mean nothing in a predicate are names like any other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from inferwatch.query.parsing import foreign
from inferwatch.query.predicate import Field, Step
from inferwatch.query.spelling import KEYWORDS, PLAIN

if TYPE_CHECKING:
    from sqlglot.tokens import Tokenizer

LENGTH_MAX: Final = 10_000
STEPS_MAX: Final = 20
INDEX_MAX: Final = 99_999
EXACT: Final = 2**53
"""Whole numbers up to here are exact in double precision."""

COMPARISONS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


class Mistake(Exception):
    """What is wrong with the characters [start, end), and what to write instead. It is raised as a PredicateError."""

    def __init__(self, start: int, end: int, problem: str) -> None:
        self.start = start
        self.end = end
        self.problem = problem
        super().__init__(problem)


class Word(NamedTuple):
    """kind: `field`, `number`, `text`, `compare`, a keyword, or one of `( ) ,`; [start, end): its characters.

    value: the Field, the number, the text, or the comparison as the tree has it; quoted: a name in quotation marks.
    """

    kind: str
    start: int
    end: int
    value: Field | str | float | int = ""
    quoted: bool = False


class _Piece(NamedTuple):
    """What sqlglot cut off. text: as it is written; plain: without quotation marks."""

    text: str
    plain: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of `text`, in their order. Raises Mistake."""
    if len(text) > LENGTH_MAX:
        problem = f"a predicate has at most {LENGTH_MAX:,} characters, and this one {len(text):,}"
        raise Mistake(LENGTH_MAX, len(text), problem)
    for place, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise Mistake(place, place + 1, "half of a character, which no text can hold")
    return list(_words(_pieces(text)))


def _words(pieces: list[_Piece]) -> Iterator[Word]:
    at = 0
    while at < len(pieces):
        piece, after = pieces[at], _sign(pieces, at + 1)
        sign = piece.text
        if sign[0] == "'":
            yield Word("text", piece.start, piece.end, piece.plain)
        elif sign.upper() in KEYWORDS:
            yield Word(sign.upper(), piece.start, piece.end)
        elif sign in ("(", ")", ","):
            yield Word(sign, piece.start, piece.end)
        elif sign in COMPARISONS:
            yield Word("compare", piece.start, piece.end, COMPARISONS[sign])
        elif sign[0].isdecimal():
            yield _number(piece, 1, piece.start, after, pieces, at)
        elif sign == "-" and after[:1].isdecimal():
            at += 1
            yield _number(pieces[at], -1, piece.start, _sign(pieces, at + 1), pieces, at)
        elif _begins_a_name(sign):
            at, word = _field(pieces, at)
            yield word
        elif pieces[0].text.upper() == "SELECT":
            raise Mistake(pieces[0].start, pieces[0].end, foreign.SELECT)
        else:
            raise Mistake(piece.start, piece.end, foreign.instead(sign, after))
        at += 1


def _field(pieces: list[_Piece], at: int) -> tuple[int, Word]:
    """The field that begins with this piece, and which piece is its last."""
    first = at
    steps: list[Step] = [_name(pieces[at])]
    while (joint := _sign(pieces, at + 1)) in (".", "["):
        start, end = pieces[at + 1].start, pieces[min(at + 2, len(pieces) - 1)].end
        inside = _sign(pieces, at + 2)
        if joint == "[":
            if not (inside.isascii() and inside.isdecimal() and len(inside) <= 5 and _sign(pieces, at + 3) == "]"):
                raise Mistake(start, end, f"a place of an array is a number from 0 to {INDEX_MAX:,}, as in items[0]")
            steps.append(int(inside))
            at += 3
        elif not _begins_a_name(inside):
            array = "; a place of an array stands in brackets, as in items[0]" if inside[:1].isdecimal() else ""
            raise Mistake(start, end, f"after a dot comes the name of a member{array}")
        else:
            steps.append(_name(pieces[at + 2]))
            at += 2
    word = Word("field", pieces[first].start, pieces[at].end, Field(tuple(steps)), pieces[first].text[0] == '"')
    if joint == "(":
        raise Mistake(word.start, word.end, foreign.call(str(steps[-1])))
    if len(steps) > STEPS_MAX:
        raise Mistake(word.start, word.end, f"a field has at most {STEPS_MAX} steps, and this one {len(steps)}")
    return at, word


def _name(piece: _Piece) -> str:
    if piece.text[0] == '"':
        if not piece.plain:
            raise Mistake(piece.start, piece.end, "between the quotation marks a name is missing")
        return piece.plain
    if piece.text[0] in "nN" and piece.text[-1] == "'":
        raise Mistake(piece.start, piece.start + 1, "leave out this letter: a text is just '...'")
    if not PLAIN.fullmatch(piece.text):
        quoted = piece.text.replace('"', '""')
        problem = f'this is no name that can stand without quotation marks; a field of this name is "{quoted}"'
        raise Mistake(piece.start, piece.end, problem)
    return piece.text


def _number(piece: _Piece, sign: int, start: int, after: str, pieces: list[_Piece], at: int) -> Word:
    end = piece.end
    if after and _begins_a_name(after) and pieces[at + 1].start == end:  # 0x1f, 1_000, 3s
        end = pieces[at + 1].end
    if end != piece.end or not _NUMBER.fullmatch(piece.text):
        raise Mistake(start, end, "this is no number; numbers are written 3000, 0.5 or 1e6, without units")
    value = sign * float(piece.text)
    if not math.isfinite(value):
        raise Mistake(start, end, "this number is too large; at most about 1.8e308 is possible")
    if piece.text.isdecimal() and int(piece.text) > EXACT:
        problem = f"whole numbers are exact up to {EXACT} only; a longer one that names something is a text"
        raise Mistake(start, end, problem)
    return Word("number", start, end, number(value))


def number(value: float) -> float | int:
    """An integer where it is one, so that 3 and 3.0 and 3e0 are the same value."""
    return int(value) if value.is_integer() and abs(value) <= EXACT else value


def _begins_a_name(sign: str) -> bool:
    return sign != "" and (sign[0] == '"' or sign[0] == "_" or sign[0].isalpha())


def _sign(pieces: list[_Piece], at: int) -> str:
    return pieces[at].text if at < len(pieces) else ""


def _pieces(text: str) -> list[_Piece]:
    from sqlglot.errors import TokenError

    try:
        tokens = _tokenizer().tokenize(text)
    except TokenError:
        raise _unended(text) from None
    pieces = [_Piece(text[each.start : each.end + 1], each.text, each.start, each.end + 1) for each in tokens]
    place = 0
    for piece in [*pieces, _Piece("", "", len(text), len(text))]:
        skipped = text[place : piece.start]
        if skipped.strip():
            start = place + len(skipped) - len(skipped.lstrip())
            raise Mistake(start, start + len(skipped.strip()), "a predicate has no comments")
        place = piece.end
    return pieces


def _unended(text: str) -> Mistake:
    """Where a text, a name or a comment begins that has no end."""
    what = {"'": "text", '"': "name", "/": "comment"}
    open_at = -1
    for match in re.finditer(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|['\"]|/\*|\{#", text, re.DOTALL):
        if len(match[0]) == 1 or match[0] in ("/*", "{#"):
            open_at = match.start()
            break
    if open_at < 0:
        return Mistake(0, len(text), "this cannot be read; write a condition such as elapse >= 3000")
    kind = what.get(text[open_at], "comment")
    end = {"text": "an apostrophe; one inside of it is written twice: 'it''s'", "name": "a quotation mark"}
    rest = f"it ends with {end[kind]}" if kind in end else "a predicate has no comments"
    return Mistake(open_at, len(text), f"this {kind} has no end; {rest}")


@cache
def _tokenizer_type() -> type[Tokenizer]:
    from sqlglot.tokens import Tokenizer

    class Pieces(Tokenizer):
        """Without words that begin a command, whose rest would not be cut."""

        KEYWORDS: ClassVar = {sign: kind for sign, kind in Tokenizer.KEYWORDS.items() if not sign[0].isalpha()}

    return Pieces


def _tokenizer() -> Tokenizer:
    return _tokenizer_type()()
