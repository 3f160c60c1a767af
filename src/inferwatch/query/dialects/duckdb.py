"""A question as SQL for DuckDB, over the lake on one machine or copied from S3. Values are bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inferwatch.query.dialects import lake_select, lake_words
from inferwatch.query.dialects.lake_words import LakeWords
from inferwatch.query.predicate import Step, Wildcard
from inferwatch.query.question import Question, Source, Text

DIALECT: Final = "DuckDB"
_NOT_IN_A_PATH: Final = ("", "*")


def emit(question: Question, source: Source) -> Text:
    """Raises DialectError, QueryError."""
    words = _Words()
    text = lake_select.select(question, source, words)
    return Text(dialect=DIALECT, text=text, values=words.values, columns=lake_select.columns(question, source))


class _Words(LakeWords):
    """values: what is to be bound, by name."""

    dialect = DIALECT

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def text(self, value: str) -> str:
        return self._bound(lake_words.encodable(self, value))

    def number(self, value: float) -> str:
        return self._bound(lake_words.exact(value))

    def instant(self, at_ms: int) -> str:
        return f"make_timestamptz({self._bound(at_ms * 1000)})"

    def epoch_ms(self, column: str) -> str:
        return f"epoch_ms({column})"

    def iso(self, column: str) -> str:
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%gZ')"

    def bucket(self, column: str, seconds: int, before_ms: int) -> str:
        shift = -(-before_ms // (seconds * 1000)) * seconds * 1000
        if shift:
            return f"(epoch_us({column}) + {shift * 1000}) // {seconds * 1_000_000} * {seconds * 1000} - {shift}"
        return f"epoch_us({column}) // {seconds * 1_000_000} * {seconds * 1000}"

    def json(self, column: str, path: Sequence[Step]) -> str:
        return f"CAST(json_extract({self.identifier(column)}, {self._path(path)}) AS VARCHAR)"

    def scalar(self, column: str, path: Sequence[Step]) -> str:
        return f"json_extract_string({self.identifier(column)}, {self._path(path)})"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_matches({text}, '{pattern}')"

    def percentile(self, number: str, percent: float) -> str:
        return f"quantile_disc({number}, {lake_words.fraction(percent):f})"

    def day(self, column: str) -> str:
        return f"CAST({column} AS VARCHAR)"

    def starts_with(self, text: str, beginning: str) -> str:
        return f"starts_with({text}, {self.text(beginning)})"

    def like(self, text: str, pattern: Sequence[str | Wildcard]) -> str:
        """Beginnings and parts by functions of their own, which are faster than a pattern that is bound."""
        match pattern:
            case [str(beginning), Wildcard("%")]:
                return self.starts_with(text, beginning)
            case [Wildcard("%"), str(end)]:
                return f"ends_with({text}, {self.text(end)})"
            case [Wildcard("%"), str(part), Wildcard("%")]:
                return f"contains({text}, {self.text(part)})"
        return super().like(text, pattern)

    def _bound(self, value: object) -> str:
        name = f"v{len(self.values) + 1}"
        self.values[name] = value
        return f"${name}"

    def _path(self, path: Sequence[Step]) -> str:
        """As a literal, which DuckDB reads once and not for each row."""
        names = [step for step in path if isinstance(step, str)]
        for name in names:
            if "\0" in lake_words.encodable(self, name):
                raise self.refused(f"{name!r} holds the character of number 0, which no path can hold")
        if any(name in _NOT_IN_A_PATH for name in names):
            return self._literal(self._pointer(path))
        return self._literal("$" + "".join(map(_step, path)))

    def _pointer(self, path: Sequence[Step]) -> str:
        """A JSON pointer has no wildcards, but does not tell a place of an array from a member called by a number."""
        if any(str(step).isdecimal() for step in path):
            raise self.refused("a member that is called * or nothing cannot be asked for beside places of arrays")
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)

    def _literal(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"


def _step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if lake_words.MEMBER.fullmatch(step):
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'."{escaped}"'
