"""What a question is answered with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from inferwatch.lake.columns import KINDS
from inferwatch.query.question import Bucket, Question, Text
from inferwatch.sdk.clock import iso

if TYPE_CHECKING:
    import polars as pl


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
    """The answer that consists of records: its columns are the core fields that any of them has, then all others."""
    there = dict.fromkeys(name for record in records for name in record)
    core = [name for name in KINDS if name in there]
    return Answer(columns=(*core, *(name for name in there if name not in KINDS)), rows=list(records), notes=notes)


def of_groups(question: Question, text: Text, rows: Iterable[Sequence[Any]]) -> Answer:
    """The answer to a question for groups, from rows of SQL, whose cells stand in the order of the text's columns."""
    buckets = [place for place, key in enumerate(question.by) if isinstance(key, Bucket)]
    made = []
    for row in rows:
        cells = list(row)
        for place in buckets:
            cells[place] = iso(int(cells[place]))
        made.append(dict(zip(text.columns, cells, strict=True)))
    times = tuple(text.columns[place] for place in buckets)
    return Answer(columns=text.columns, rows=made, notes=text.notes, times=times)
