"""One question: which records, and what of them. Times are epoch milliseconds, UTC."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from inferwatch.query.predicate import Field, Predicate, conditions

Function = Literal["count", "avg", "sum", "min", "max", "stddev", "percentile"]

BUCKETS: Final[dict[str, int]] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
"""Seconds of the time buckets that have a name; others are written `5m`, `6h`."""

ROWS_MAX: Final = 10_000
"""Rows of one answer, whatever the engine."""


class Bucket(msgspec.Struct, frozen=True, tag=True):
    """The time in which an inference started, in steps of `seconds` since the epoch. name: of the column."""

    seconds: int
    name: str


class Stat(msgspec.Struct, frozen=True):
    """An aggregate. field: None for `count` alone, the records; else over the field's numbers (count: its values).

    percentile: 0 < p <= 100 for `percentile`, by nearest rank: the smallest value that at least p % do not exceed.
    stddev: of the sample, n - 1; none of fewer than two. name: of the column, `p99:elapse`.
    """

    function: Function
    field: Field | None
    percentile: float | None
    name: str


class Order(msgspec.Struct, frozen=True):
    """by: a field of records, or the name of a column of aggregates. Rows without a value come last, either way."""

    by: Field | str
    descending: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Records that started in [start_ms, end_ms) and meet `where`; each once.

    node: a model's log group, or the node of the organisation under which all models are asked (`/abc_corp/claim`);
    environment: `prod`; None for all. order: what comes first; ties of records go by start_at, then transaction_id, in
    the direction of the first key; ties of aggregates by their groups, ascending. Without an order, records come newest
    first and aggregates by their groups. by, stats: both empty for records; groups without stats are counted.
    """

    start_ms: int
    end_ms: int
    where: Predicate | None = None
    node: str | None = None
    environment: str | None = None
    by: tuple[Field | Bucket, ...] = ()
    stats: tuple[Stat, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int = 100

    @property
    def aggregates(self) -> bool:
        return bool(self.by or self.stats)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field that it names, wherever in it; one that it names twice comes twice."""
        return (
            *(condition.field for condition in conditions(self.where)),
            *(key for key in self.by if isinstance(key, Field)),
            *(stat.field for stat in self.stats if stat.field is not None),
            *(order.by for order in self.order if isinstance(order.by, Field)),
        )


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A question in the words of one engine.

    text: SQL, Logs Insights QL, or JSON; values: to be bound, by name; columns: of the answer, in order; notes: what
    this engine does differently (an approximate percentile), each a sentence for the person who reads the answer.
    """

    dialect: str
    text: str
    columns: tuple[str, ...]
    values: dict[str, object] = {}
    notes: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What the lake's SQL reads. relation: what stands behind FROM, already quoted; columns: those of features that
    it has (`feature_age`, `category_city`); others are looked for in `properties`.

    by_day: whether it has the partition `dt`, the day on which a file arrived (S3); once: whether it holds each
    transaction once, or readers must see to it (S3).
    """

    relation: str
    columns: frozenset[str] = frozenset()
    by_day: bool = False
    once: bool = True
