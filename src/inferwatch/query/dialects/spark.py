"""A question as SQL for Spark, 4.0 on, over the lake's files. Values are literals."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from inferwatch.query.dialects import lake_select, lake_words
from inferwatch.query.dialects.lake_words import LakeWords
from inferwatch.query.predicate import Step
from inferwatch.query.question import Question, Source, Text

DIALECT: Final = "Spark SQL"

# Signs that mean nothing to Spark within a literal, whatever its settings: no backslash, no brace of ${...}.
_HARMLESS: Final = re.compile(r"[A-Za-z0-9 _.,:;/@%+=()\[\]!?*&|<>~^#$\"-]*")


def emit(question: Question, source: Source) -> Text:
    """Raises DialectError, QueryError."""
    text = lake_select.select(question, source, _Words())
    return Text(dialect=DIALECT, text=text, columns=lake_select.columns(question, source))


class _Words(LakeWords):
    dialect = DIALECT
    text_type = "STRING"
    mark = "`"

    def text(self, value: str) -> str:
        """What is not harmless stands as its bytes, since how a literal is read depends on Spark's settings."""
        if _HARMLESS.fullmatch(lake_words.encodable(self, value)):
            return f"'{value}'"
        return f"decode(unhex('{value.encode().hex()}'), 'UTF-8')"

    def number(self, value: float) -> str:
        return lake_words.double_literal(value)

    def instant(self, at_ms: int) -> str:
        return f"timestamp_millis({at_ms})"

    def epoch_ms(self, column: str) -> str:
        return f"unix_millis({column})"

    def iso(self, column: str) -> str:
        utc = f"to_utc_timestamp({column}, current_timezone())"
        return f"date_format({utc}, 'yyyy-MM-dd') || 'T' || date_format({utc}, 'HH:mm:ss.SSS') || 'Z'"

    def bucket(self, column: str, seconds: int, before_ms: int) -> str:
        span = seconds * 1000
        shift = -(-before_ms // span) * span
        if shift:
            return f"({self.epoch_ms(column)} + {shift}) div {span} * {span} - {shift}"
        return f"{self.epoch_ms(column)} div {span} * {span}"

    def json(self, column: str, path: Sequence[Step]) -> str:
        return f"to_json({self._variant(column, path, 'variant')})"

    def scalar(self, column: str, path: Sequence[Step]) -> str:
        return self._variant(column, path, "string")

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_like({text}, '{pattern}')"

    def percentile(self, number: str, percent: float) -> str:
        """Spark multiplies in double precision: a fraction that is too great by one bit is one rank too far."""
        wanted = lake_words.fraction(percent)
        given = float(wanted)
        if Decimal(given) > wanted:
            given = math.nextafter(given, 0.0)
        return f"percentile_disc({lake_words.double_literal(given)}) WITHIN GROUP (ORDER BY {number})"

    def day(self, column: str) -> str:
        return f"CAST({column} AS STRING)"

    def _variant(self, column: str, path: Sequence[Step], kind: str) -> str:
        return f"try_variant_get(try_parse_json({column}), {self._path(path)}, '{kind}')"

    def _path(self, path: Sequence[Step]) -> str:
        return self.text("$" + "".join(map(self._step, path)))

    def _step(self, step: Step) -> str:
        if isinstance(step, int):
            return f"[{step}]"
        if lake_words.MEMBER.fullmatch(step):
            return f".{step}"
        if '"' in step and "'" in step:
            raise self.refused(f"{step!r} has both kinds of quotation marks, which no path can have")
        return f"['{step}']" if '"' in step else f'["{step}"]'
