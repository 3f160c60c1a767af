"""Reading records: the lake by DuckDB, the tail of the stream files by scanning it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from inferwatch.errors import QueryError, StoreError
from inferwatch.lake.row import to_record
from inferwatch.ports import Record, RecordQuery
from inferwatch.query import answer
from inferwatch.query.answer import Answer
from inferwatch.query.dialects.lake_words import clamped
from inferwatch.query.question import Question
from inferwatch.store.lake import lake, parquet, question, sql, statement
from inferwatch.store.lake.asking import Asking
from inferwatch.store.lake.engine import Engine, EngineError, OutOfMemory
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.own_fields import own_fields
from inferwatch.store.lake.question import Asked
from inferwatch.store.lake.sources import Row, Sources, sources
from inferwatch.store.lake.sql import Sql, Unanswered
from inferwatch.store.rollups import table
from inferwatch.store.transaction import snapshot

Made = TypeVar("Made")

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
        self._asking = Asking(data, self._run)

    def close(self) -> None:
        if self._engine:
            self._engine.close()
            self._engine = None

    def records(self, query: RecordQuery) -> list[Record]:
        """The records that meet the query, in its order, each once. Raises QueryError, StoreError."""
        if query.order not in question.ORDERS:
            raise QueryError(f"{query.order!r} is not an order; allowed are {', '.join(question.ORDERS)}")
        return [to_record(row) for row in self.rows(question.of(query))]

    def ask(self, wanted: Question) -> Answer:
        """The answer to a question; see `Store.ask`."""
        asked = Asked(wanted)
        if wanted.aggregates:
            return self._answer(asked, lambda found: self._asking.groups(wanted, found))
        return answer.of_records([to_record(row) for row in self.rows(asked)])

    def fields(self, wanted: Question) -> frozenset[str]:
        """Names of fields of the user's own; see `Store.fields`."""
        start_ms, end_ms = clamped(wanted.start_ms), clamped(wanted.end_ms)
        asked = Asked(msgspec.structs.replace(wanted, where=None, environment=None))
        return self._answer(asked, lambda found: own_fields(self._run, self._data, found, start_ms, end_ms))

    def sql(self, select: str, limit: int) -> Answer:
        """The answer to a SELECT; see `Store.sql`."""
        text = statement.single_select(select)
        asked = Asked(Question(start_ms=-lake.ALWAYS_MS, end_ms=lake.ALWAYS_MS))
        for _ in range(_ATTEMPTS):
            found = sources(self._data, self._connection, asked, self._damaged)
            try:
                return self._sql(found, text, limit)
            except EngineError as error:
                problem = error
                if self._are_whole(found.files):
                    break
        raise problem.problem if isinstance(problem, Unanswered) else self._unreadable(problem)

    def rows(self, asked: Asked) -> list[Row]:
        """The rows of the records that are asked for, in the order asked. Raises QueryError, StoreError."""
        if asked.question.limit <= 0:
            return []
        return self._answer(asked, lambda found: self._asking.rows(asked, found))

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

    def _answer(self, asked: Asked, answer_from: Callable[[Sources], Made]) -> Made:
        """The answer from the files and the tail of one moment; again without those files that are damaged."""
        for _ in range(_ATTEMPTS):
            found = sources(self._data, self._connection, asked, self._damaged)
            try:
                return answer_from(found)
            except OutOfMemory:
                self.close()
                raise QueryError(
                    "The answer needs more memory than a question may take: ask for a shorter time or for fewer groups."
                ) from None
            except (EngineError, ValueError) as error:
                self.close()
                problem = error
                if self._are_whole(found.files):
                    break
        raise self._unreadable(problem)

    def _sql(self, found: Sources, text: str, limit: int) -> Answer:
        rollups = None
        if sql.ROLLUPS in text.lower() or not any(view in text.lower() for view in sql.TRANSACTIONS):
            with snapshot(self._connection):
                rollups = list(table.rows(self._connection))
        with closing(Sql(lake.paths(self._data, found.files), found.tail, rollups)) as engine:
            return engine.answer(text, limit)

    def _are_whole(self, files: Iterable[LakeFile]) -> bool:
        """Whether all files are as they were written and still of the lake; one that was merged into another is not."""
        if self.check(files):
            return False
        with snapshot(self._connection):
            return set(files) <= set(lake.files(self._connection))

    def _unreadable(self, problem: Exception) -> StoreError:
        told = str(problem).strip().partition("\n")[0]
        return StoreError(f"{self._data / lake.FOLDER} cannot be read: {told}")

    def _run(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        self._engine = self._engine or Engine()
        return self._engine.cells(sql, values)

    def _is_damaged(self, file: LakeFile) -> bool:
        return parquet.digest(lake.path(self._data, file)) != file.digest
