"""A question as one SELECT over the lake, in the words of one engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from inferwatch.errors import QueryError
from inferwatch.lake.columns import KINDS, OWN
from inferwatch.query.dialects.lake_conditions import Conditions
from inferwatch.query.dialects.lake_fields import ALIAS, LakeFields
from inferwatch.query.dialects.lake_words import LakeWords, clamped
from inferwatch.query.normal import normal
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Order, Question, Source, Stat
from inferwatch.query.spelling import spelled

START, IDENTITY = Field(("start_at",)), Field(("transaction_id",))
_COUNT: Final = Stat("count", None, None, "count")
_LOCAL_ONLY: Final = "log_offset"
_FUNCTIONS: Final = {"avg": "avg", "sum": "sum", "min": "min", "max": "max", "stddev": "stddev_samp"}
_NAME: Final = re.compile(r"[A-Za-z0-9_.:\[\]]+")
_EPOCH: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_GATHERED_MS: Final = 3_600_000
"""A file holds no records that arrived further apart than this: several times what Firehose gathers."""


def columns(question: Question, source: Source) -> tuple[str, ...]:
    """The columns of the answer, in their order."""
    if question.aggregates:
        return (*map(group_name, question.by), *(stat.name for stat in _stats(question)))
    own = [name for name in OWN if name != _LOCAL_ONLY or not source.by_day]
    return (*KINDS, *own, *sorted(source.columns))


def group_name(group: Field | Bucket) -> str:
    """What the column of a group is called."""
    return group.name if isinstance(group, Bucket) else spelled(group)


def select(question: Question, source: Source, words: LakeWords) -> str:
    """The text. Columns of aggregates are called as in the answer where an engine can call them so; their order counts.

    Raises DialectError for what the engine cannot say; QueryError where an order is by no column of the answer.
    """
    return _Select(question, source, words).text()


class _Select:
    def __init__(self, question: Question, source: Source, words: LakeWords) -> None:
        self._question = question
        self._source = source
        self._words = words
        self._places = LakeFields(words, source.columns)
        self._conditions = Conditions(words, self._places)

    def text(self) -> str:
        question = self._question
        shown = self._aggregates() if question.aggregates else self._record()
        where = normal(question.where) if question.where is not None else None
        relation, asked = self._from()
        asked += self._conditions.conditions(where)
        lines = [
            f"SELECT {', '.join(shown)}",
            f"FROM {relation} AS {ALIAS}",
            f"WHERE {_each(asked)}",
            *([f"GROUP BY {', '.join(str(place + 1) for place in range(len(question.by)))}"] if question.by else []),
            *([f"ORDER BY {', '.join(order)}"] if (order := self._order()) else []),
            f"LIMIT {max(0, question.limit)}",
        ]
        return "\n".join(lines)

    def _from(self) -> tuple[str, list[str]]:
        """What stands behind FROM, and the conditions that are left to be asked."""
        relation, where = self._source.relation, self._range()
        if self._source.once:
            return relation, where
        number = "row_number() OVER (PARTITION BY transaction_id ORDER BY start_at, log_stream)"
        once = f"(SELECT *, {number} AS copy FROM {relation} AS {ALIAS} WHERE {_each(where)})"  # noqa: S608
        return once, [f"{ALIAS}.copy = 1"]

    def _range(self) -> list[str]:
        question, words = self._question, self._words
        start, end = clamped(question.start_ms), clamped(question.end_ms)
        column = self._places.column(START.root)
        where = [f"{column} >= {words.instant(start)}", f"{column} < {words.instant(end)}"]
        if self._source.by_day:
            # A file lies under the day on which its oldest record arrived. The others came up to 15 minutes later, and
            # each after it had started, seldom by a day.
            first, last = _day(clamped(start - _GATHERED_MS)), _day(end - 1, days=1)
            where = [f"{words.day('dt')} >= {words.text(first)}", f"{words.day('dt')} <= {words.text(last)}", *where]
        where += self._conditions.node(question.node)
        if question.environment is not None:
            where.append(f"environment = {words.text(question.environment)}")
        return where

    def _record(self) -> list[str]:
        times = [name for name, kind in KINDS.items() if kind == "time"]
        return [
            f"{self._words.epoch_ms(self._places.column(name))} AS {name}"
            if name in times
            else self._words.identifier(name)
            for name in columns(self._question, self._source)
        ]

    def _aggregates(self) -> list[str]:
        said = [*map(self._group, self._question.by), *map(self._stat, _stats(self._question))]
        names = _aliases(columns(self._question, self._source))
        return [f"{one} AS {self._words.quoted(name)}" for one, name in zip(said, names, strict=True)]

    def _group(self, group: Field | Bucket) -> str:
        if isinstance(group, Field):
            return self._places.group(group)
        return self._words.bucket(
            self._places.column(START.root), group.seconds, max(0, -clamped(self._question.start_ms))
        )

    def _stat(self, stat: Stat) -> str:
        if stat.field is None:
            return "count(*)"
        if stat.function == "count":
            return f"count(CASE WHEN {self._places.there(stat.field)} THEN 1 END)"
        number = self._places.numbers(stat.field) or "CAST(NULL AS DOUBLE)"
        if stat.function == "percentile":
            if stat.percentile is None:
                raise QueryError(f"{stat.name}: a percentile needs its percent, as in p99:elapse")
            return self._words.percentile(number, stat.percentile)
        if stat.function == "sum" and KINDS.get(stat.field.root) == "integer":
            number = f"CAST({number} AS DOUBLE)"
        return f"{_FUNCTIONS[stat.function]}({number})"

    def _order(self) -> list[str]:
        if self._question.aggregates:
            return self._order_of_groups()
        given = self._question.order or (Order(START, descending=True),)
        last = given[0].descending
        keys: dict[str, bool] = {}
        for order in (*given, Order(START, last), Order(IDENTITY, last)):
            if isinstance(order.by, str):
                raise QueryError(f"records are put into order by their fields, and {order.by!r} is none")
            for key in self._places.keys(order.by):
                keys.setdefault(key, order.descending)
        return [_key(key, descending) for key, descending in keys.items()]

    def _order_of_groups(self) -> list[str]:
        names = columns(self._question, self._source)
        keys: dict[int, bool] = {}
        for order in self._question.order:
            name = order.by if isinstance(order.by, str) else group_name(order.by)
            if name not in names:
                raise QueryError(f"{name!r} is no column of the answer; it has {', '.join(names)}")
            keys.setdefault(names.index(name) + 1, order.descending)
        for place in range(len(self._question.by)):
            keys.setdefault(place + 1, False)
        return [_key(str(place), descending) for place, descending in keys.items()]


def _stats(question: Question) -> Sequence[Stat]:
    return question.stats or (_COUNT,)


def _each(conditions: Sequence[str]) -> str:
    return "\n  AND ".join(conditions)


def _key(key: str, descending: bool) -> str:
    return f"{key} {'DESC' if descending else 'ASC'} NULLS LAST"


def _aliases(names: Sequence[str]) -> list[str]:
    """Names of columns as an engine can have them, each once: they know no case."""
    taken: Mapping[str, int] = {}
    aliases = []
    for place, name in enumerate(names):
        usable = _NAME.fullmatch(name) and name.lower() not in taken
        alias = name if usable else f"column_{place + 1}"
        taken = {**taken, alias.lower(): place}
        aliases.append(alias)
    return aliases


def _day(at_ms: int, days: int = 0) -> str:
    """The day of an instant, or one some days later, as text: `2026-11-21`."""
    day = _EPOCH + timedelta(at_ms // _DAY_MS)
    return (day + timedelta(days) if day <= date.max - timedelta(days) else day).isoformat()
