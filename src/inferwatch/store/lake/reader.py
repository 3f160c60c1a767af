"""Reading records: the lake by DuckDB, the tail of the stream files by scanning it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from inferwatch.errors import QueryError, StoreError
from inferwatch.lake.row import to_record, to_row
from inferwatch.ports import Record, RecordQuery
from inferwatch.store.lake import lake, parquet, question
from inferwatch.store.lake.engine import Engine, EngineError
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.tail import tail
from inferwatch.store.times import day
from inferwatch.store.transaction import snapshot

Row = dict[str, Any]
Answer = TypeVar("Answer")

_ATTEMPTS = 3


class Reader:
    """Answers questions for records, for one thread at a time.

    may_write: move damaged files out of the lake; otherwise they are only left out of the answers.
    """

    def __init__(self, data: Path, connection: sqlite3.Connection, *, may_write: bool) -> None:
        self._data = data
        self._connection = connection
        self.may_write = may_write
        self._engine: Engine | None = None
        self._damaged: set[str] = set()

    def close(self) -> None:
        if self._engine:
            self._engine.close()
            self._engine = None

    def records(self, query: RecordQuery) -> list[Record]:
        """The records that meet the query, in its order, each once. Raises QueryError, StoreError."""
        if query.order not in question.ORDERS:
            raise QueryError(f"{query.order!r} is not an order; allowed are {', '.join(question.ORDERS)}")
        sql, values = question.select(query)

        def answer(files: list[LakeFile], rows: list[Row]) -> list[Record]:
            found = question.ordered(query, rows)
            for part in _parts(query, files):
                found = question.ordered(query, found + self._ask(sql, values, part))
                if 0 < query.limit <= len(found) and _is_last(query, part, found):
                    break
            return [to_record(row) for row in found]

        return self._answer(query, answer)

    def check(self, among: Iterable[LakeFile] | None = None) -> list[str]:
        """Compare files of the lake with their digests; names of those that are damaged or missing.

        A file that was merged into another and deleted while it was read is no longer of the lake, and is none.
        """
        with snapshot(self._connection):
            files = set(lake.files(self._connection))
        try:
            asked = files if among is None else files.intersection(among)
            damaged = [file.name for file in asked if self._is_damaged(file)]
            if damaged and self.may_write:
                lake.quarantine(self._data, self._connection, damaged)
        except OSError as error:
            raise StoreError(f"The lake could not be checked: {error}.") from error
        self._damaged.update(damaged)
        return sorted(damaged)

    def _answer(self, query: RecordQuery, answer: Callable[[list[LakeFile], list[Row]], Answer]) -> Answer:
        """The answer from the files and the tail of one moment; again without those files that are damaged."""
        for _ in range(_ATTEMPTS):
            files, rows = self._sources(query)
            try:
                return answer(files, rows)
            except (EngineError, ValueError) as error:
                self.close()
                problem = error
                self.check(files)
        raise StoreError(f"{self._data / lake.FOLDER} cannot be read: {problem}")

    def _sources(self, query: RecordQuery) -> tuple[list[LakeFile], list[Row]]:
        """The files that may hold answers, and the rows of the tail that are some, as of one moment."""
        try:
            with snapshot(self._connection):
                files = [file for file in lake.files(self._connection) if self._asked(query, file)]
                rows = [
                    to_row(found.document, found.start_ms, found.stream.name, found.offset)
                    for found in tail(self._data, self._connection, query.log_group)
                    if query.start_ms <= found.start_ms < query.end_ms
                ]
        except OSError as error:
            raise StoreError(f"The stream files could not be read: {error}.") from error
        return files, [row for row in rows if question.matches(query, row)]

    def _asked(self, query: RecordQuery, file: LakeFile) -> bool:
        return (
            file.name not in self._damaged
            and query.log_group in (None, file.log_group)
            and file.max_ms >= query.start_ms
            and file.min_ms < query.end_ms
        )

    def _ask(self, sql: str, values: Row, files: list[LakeFile]) -> list[Row]:
        if not files:
            return []
        self._engine = self._engine or Engine()
        return self._engine.rows(sql, {**values, "files": [str(self._path(file)) for file in files]})

    def _is_damaged(self, file: LakeFile) -> bool:
        return parquet.digest(self._path(file)) != file.digest

    def _path(self, file: LakeFile) -> Path:
        return self._data / lake.FOLDER / file.name


def _parts(query: RecordQuery, files: list[LakeFile]) -> list[list[LakeFile]]:
    """The files day by day in the order of the query, or all at once where its order is not by time."""
    if not query.by_time:
        return [files]
    days = [list(same) for _, same in groupby(files, key=lambda file: file.day)]
    return days[::-1] if query.order == "-start_at" else days


def _is_last(query: RecordQuery, part: list[LakeFile], found: list[Row]) -> bool:
    """Whether no later part can have a row that comes before the last one found."""
    reached = day(found[-1]["start_at"])
    if query.order == "-start_at":
        return reached >= part[0].day
    return query.order == "start_at" and reached <= part[-1].day
