"""A question as SQL for Athena, which is Trino, over the lake in S3. Values are literals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inferwatch.query.dialects import lake_select, lake_words
from inferwatch.query.dialects.lake_words import LakeWords
from inferwatch.query.predicate import Step
from inferwatch.query.question import Question, Source, Text
from inferwatch.sdk.clock import iso

DIALECT: Final = "Athena"
_ESTIMATE: Final = "Percentiles of Athena are estimates, within 2.3 % of the rank."


def emit(question: Question, source: Source) -> Text:
    """Raises DialectError, QueryError."""
    text = lake_select.select(question, source, _Words())
    estimated = any(stat.function == "percentile" for stat in question.stats)
    return Text(
        dialect=DIALECT,
        text=text,
        columns=lake_select.columns(question, source),
        notes=(_ESTIMATE,) if estimated else (),
    )


class _Words(LakeWords):
    dialect = DIALECT

    def text(self, value: str) -> str:
        """An apostrophe is doubled, and nothing else has a meaning in a literal; what cannot be seen stands as its
        number, in the literal that knows those."""
        if lake_words.encodable(self, value).isprintable():
            return "'" + value.replace("'", "''") + "'"
        return "U&'" + "".join(map(_numbered, value)) + "'"

    def number(self, value: float) -> str:
        return lake_words.double_literal(value)

    def instant(self, at_ms: int) -> str:
        return f"TIMESTAMP '{iso(at_ms).replace('T', ' ').removesuffix('Z')}'"

    def epoch_ms(self, column: str) -> str:
        return f"date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', {column})"

    def iso(self, column: str) -> str:
        return f"substr(date_format({column}, '%Y-%m-%dT%H:%i:%s.%f'), 1, 23) || 'Z'"

    def bucket(self, column: str, seconds: int, before_ms: int) -> str:
        span, at = seconds * 1000, self.epoch_ms(column)
        shift = -(-before_ms // span) * span
        return f"{at} - mod({at} + {shift}, {span})" if shift else f"{at} - mod({at}, {span})"

    def json(self, column: str, path: Sequence[Step]) -> str:
        return self._strict(column, path, f"json_format(json_extract({column}, {self._path(path)}))")

    def scalar(self, column: str, path: Sequence[Step]) -> str:
        return self._strict(column, path, f"json_extract_scalar({column}, {self._path(path)})")

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_like({text}, '{pattern}')"

    def percentile(self, number: str, percent: float) -> str:
        return f"approx_percentile({number}, {lake_words.fraction(percent):f})"

    def day(self, column: str) -> str:
        return column

    def shortest(self, number: str) -> str:
        return f"json_format(CAST({number} AS JSON))"

    def _strict(self, column: str, path: Sequence[Step], found: str) -> str:
        """Trino takes `[0]` for the member "0" of an object too, so what it is a place of must be an array."""
        arrays = [
            f"json_array_length(json_extract({column}, {self._path(path[:place])})) IS NOT NULL"
            for place, step in enumerate(path)
            if isinstance(step, int)
        ]
        return f"CASE WHEN {' AND '.join(arrays)} THEN {found} END" if arrays else found

    def _path(self, path: Sequence[Step]) -> str:
        for step in path:
            if isinstance(step, str) and step.isdecimal():
                raise self.refused(f"the member {step!r} cannot be told from a place of an array")
        return self.text("$" + "".join(map(_step, path)))


def _step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if lake_words.MEMBER.fullmatch(step):
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def _numbered(sign: str) -> str:
    if sign.isascii() and sign.isalnum():
        return sign
    number = ord(sign)
    return f"\\{number:04X}" if number < 0x10000 else f"\\+{number:06X}"
