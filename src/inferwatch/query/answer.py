"""What a question is answered with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from inferwatch.lake.columns import KINDS
from inferwatch.query.question import Bucket, Question, Text
from inferwatch.sdk.clock import iso

if TYPE_CHECKING:
    import polars as pl

_DAY_MS: Final = 86_400_000
_MIDNIGHT: Final = "T00:00:00.000Z"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """columns: in order, for a table of it; rows: records as in the log line, without `_aws`, or one dict of columns
    for each group, its time buckets as ISO 8601 texts; notes: what the engine did less exactly, or has to say; times:
    columns whose texts are instants, beside those of the record.

    It is iterated by its rows, and becomes a table of Arrow, pandas or Polars where those are installed: instants are
    timestamps in UTC, objects and arrays text in JSON. In a notebook it shows its first rows.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    times: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Answer: {len(self.rows)} rows of {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        from inferwatch.query.html import table

        return table(self)

    def to_arrow(self) -> Any:
        """A `pyarrow.Table`. Raises MissingExtraError, as the others do."""
        from inferwatch.query.frames import to_arrow

        return to_arrow(self)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`."""
        from inferwatch.query.frames import to_pandas

        return to_pandas(self)

    def to_polars(self) -> pl.DataFrame:
        from inferwatch.query.frames import to_polars

        return to_polars(self)


def of_records(records: Sequence[dict[str, Any]], notes: tuple[str, ...] = ()) -> Answer:
    """The answer that consists of records: its columns are the core fields that any of them has, then all others.

    Without records they are all core fields, so that what is done with a column goes on to work.
    """
    there = dict.fromkeys(name for record in records for name in record) if records else dict.fromkeys(KINDS)
    core = [name for name in KINDS if name in there]
    return Answer(columns=(*core, *(name for name in there if name not in KINDS)), rows=list(records), notes=notes)


def of_groups(question: Question, text: Text, rows: Iterable[Sequence[Any]]) -> Answer:
    """The answer to a question for groups, from rows of SQL, whose cells stand in the order of the text's columns."""
    buckets = [place for place, key in enumerate(question.by) if isinstance(key, Bucket)]
    cells: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(text.columns)
    for place in buckets:
        cells[place] = [_iso(at_ms) for at_ms in cells[place]]
    made = [dict(zip(text.columns, row, strict=True)) for row in zip(*cells, strict=True)]
    times = tuple(text.columns[place] for place in buckets)
    return Answer(columns=text.columns, rows=made, notes=text.notes, times=times)


def _iso(at_ms: int) -> str:
    """As `iso`, for many instants of few days."""
    day, of_day = divmod(int(at_ms), _DAY_MS)
    return _date(day) + _time(of_day)


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return iso(day * _DAY_MS)[: -len(_MIDNIGHT)]


@lru_cache(maxsize=100_000)
def _time(of_day: int) -> str:
    return iso(of_day)[-len(_MIDNIGHT) :]
