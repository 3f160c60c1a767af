"""How one SQL dialect says what all of them have to say over the lake's columns. A new object for each question."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from inferwatch.errors import DialectError
from inferwatch.query.predicate import ANY, Step, Wildcard

NEVER_MS: Final = (-62_135_596_800_000, 253_402_300_799_999)
"""The first and last millisecond of the years 1 to 9999, which every engine can write."""

_ASCII_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER: Final = str.maketrans(_ASCII_UPPER, _ASCII_UPPER.lower())
_EXACT: Final = 2**53
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")
_ESCAPE: Final = "!"

MEMBER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of members that stand in every path without quotation marks."""


class LakeWords(ABC):
    """The words of one engine. dialect: its name, for people; text_type: of a CAST; mark: what quotes an identifier."""

    dialect: str
    text_type = "varchar"
    mark = '"'

    @abstractmethod
    def text(self, value: str) -> str:
        """A text, bound or as a literal that it cannot break out of."""

    @abstractmethod
    def number(self, value: float) -> str:
        """A number, bound or as a literal."""

    @abstractmethod
    def instant(self, at_ms: int) -> str:
        """What a column of times is compared with."""

    @abstractmethod
    def epoch_ms(self, column: str) -> str:
        """A column of times as epoch milliseconds."""

    @abstractmethod
    def iso(self, column: str) -> str:
        """A column of times as ISO 8601 texts, UTC, with milliseconds."""

    @abstractmethod
    def bucket(self, column: str, seconds: int, before_ms: int) -> str:
        """Epoch milliseconds at which the bucket of a time begins. before_ms: how long before the epoch times may lie,
        since division goes towards zero."""

    @abstractmethod
    def json(self, column: str, path: Sequence[Step]) -> str:
        """What lies there in a column of JSON, as JSON: texts begin with a quotation mark, null is `null`."""

    @abstractmethod
    def scalar(self, column: str, path: Sequence[Step]) -> str:
        """What lies there in a column of JSON: the text itself, a number as it is written. Of others, anything."""

    @abstractmethod
    def matches(self, text: str, pattern: str) -> str:
        """Whether a text has what a regular expression of ours finds."""

    @abstractmethod
    def percentile(self, number: str, percent: float) -> str:
        """By nearest rank, or a note says otherwise."""

    @abstractmethod
    def day(self, column: str) -> str:
        """The partition's day as text."""

    def starts_with(self, text: str, beginning: str) -> str:
        return self.like(text, (beginning, Wildcard(ANY)))

    def like(self, text: str, pattern: Sequence[str | Wildcard]) -> str:
        """Whether the whole of a text is as the pattern says."""
        if not any(isinstance(part, Wildcard) for part in pattern):
            return f"{text} = {self.text(''.join(map(str, pattern)))}"
        return f"{text} LIKE {self.text(escaped(pattern))} ESCAPE '{_ESCAPE}'"

    def shortest(self, number: str) -> str:
        """A double that is not whole, as text."""
        return f"CAST({number} AS {self.text_type})"

    def identifier(self, name: str) -> str:
        """A name that is known to be one of a column, quoted where it has to be."""
        if _PLAIN.fullmatch(name):
            return name
        return self.quoted(name)

    def quoted(self, name: str) -> str:
        if not name.isprintable():
            raise self.refused(f"{name!r} holds a character that no column's name can hold")
        return f"{self.mark}{name.replace(self.mark, self.mark * 2)}{self.mark}"

    def lower(self, text: str) -> str:
        """A text with its ASCII letters in lower case."""
        return f"translate({text}, '{_ASCII_UPPER}', '{_ASCII_UPPER.lower()}')"

    def refused(self, problem: str) -> DialectError:
        return DialectError(self.dialect, problem)


def lower(pattern: Sequence[str | Wildcard]) -> tuple[str | Wildcard, ...]:
    """A pattern with its ASCII letters in lower case."""
    return tuple(part.translate(_LOWER) if isinstance(part, str) else part for part in pattern)


def escaped(pattern: Sequence[str | Wildcard]) -> str:
    """A pattern for LIKE, in which `!` stands before a sign that stands for itself."""
    return "".join(
        part.sign if isinstance(part, Wildcard) else re.sub(f"[{_ESCAPE}%_]", rf"{_ESCAPE}\g<0>", part)
        for part in pattern
    )


def fraction(percent: float) -> Decimal:
    """99.9 % as 0.999, exactly."""
    return Decimal(repr(percent)).scaleb(-2)


def exact(value: float) -> float:
    """A whole number beyond those that are exact as a double, as the double that it is compared as."""
    return float(value) if abs(value) > _EXACT else value


def double_literal(value: float) -> str:
    """A number of which every engine makes a double, and not a decimal."""
    value = exact(value)
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    return text if "e" in text else f"{text}E0"


def clamped(at_ms: int) -> int:
    return max(NEVER_MS[0], min(at_ms, NEVER_MS[1]))


def encodable(words: LakeWords, text: str) -> str:
    """The text itself. Raises DialectError for half of a character, which no engine's text can hold."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise words.refused(f"{text!r} holds half of a character")
    return text
