"""What a question is answered with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from inferwatch.lake.columns import KINDS
from inferwatch.query.question import Bucket, Question, Text
from inferwatch.sdk.clock import iso


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """columns: in order, for a table of it; rows: records as in the log line, without `_aws`, or one dict of columns
    for each group, its time buckets as ISO 8601 texts; notes: what the engine did less exactly, or has to say; times:
    columns whose texts are instants, beside those of the record.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


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
