"""What a question is answered from: files of the lake, and rows of the tail, as of one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inferwatch.errors import StoreError
from inferwatch.lake.row import to_row
from inferwatch.query.meets import meets
from inferwatch.store.lake import lake, question
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.question import Asked
from inferwatch.store.lake.tail import Found, tail
from inferwatch.store.times import day
from inferwatch.store.transaction import snapshot

Row = dict[str, Any]


class Sources(NamedTuple):
    """files: that may hold answers, oldest day first; tail: rows that are not in the lake yet and are answers."""

    files: list[LakeFile]
    tail: list[Row]

    def steps(self, rows: int, *, newest_first: bool) -> Iterator[Sources]:
        """The same in pieces of whole days: the first has about so many rows, each further one twice those before."""
        days: dict[int, Sources] = {}
        for file in self.files:
            days.setdefault(file.day, Sources([], [])).files.append(file)
        for row in self.tail:
            days.setdefault(day(row["start_at"]), Sources([], [])).tail.append(row)
        step, size = Sources([], []), 0
        for number in sorted(days, reverse=newest_first):
            step = Sources(step.files + days[number].files, step.tail + days[number].tail)
            size += sum(file.rows for file in days[number].files) + len(days[number].tail)
            if size >= rows:
                yield step
                step, size, rows = Sources([], []), 0, rows * 2
        if step.files or step.tail:
            yield step


def sources(data: Path, connection: sqlite3.Connection, asked: Asked, damaged: Collection[str]) -> Sources:
    """What may hold answers, without the damaged files. Raises StoreError."""
    wanted = asked.question
    try:
        with snapshot(connection):
            files = [
                file
                for file in lake.files(connection, wanted.start_ms, wanted.end_ms)
                if file.name not in damaged and asked.covers(file.log_group)
            ]
            rows = [row for found in tail(data, connection, asked.covers) if (row := _answer(asked, found))]
    except OSError as error:
        raise StoreError(f"The stream files could not be read: {error}.") from error
    return Sources(files, rows)


def _answer(asked: Asked, found: Found) -> Row | None:
    """The row of a record of the tail, or None where it is not asked for."""
    wanted, document = asked.question, found.document
    if not wanted.start_ms <= found.start_ms < wanted.end_ms:
        return None
    if wanted.environment not in (None, document.get("environment")):
        return None
    if not meets(wanted.where, document):
        return None
    row = to_row(document, found.start_ms, found.stream.name, found.offset)
    return row if not asked.text or question.holds(asked.text, row) else None
