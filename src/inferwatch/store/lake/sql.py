"""Answering a SELECT that a person wrote: a DuckDB of its own that reads the lake's files and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any, Final

import orjson

from inferwatch.errors import QueryError
from inferwatch.query.answer import Answer
from inferwatch.store.lake import statement
from inferwatch.store.lake.engine import Engine, EngineError, OutOfMemory
from inferwatch.store.lake.relation import relation
from inferwatch.store.rollups import table

SECONDS_MAX: Final = 60.0
"""How long an answer may take."""

TRANSACTIONS: Final = ("transactions", "model_monitoring_logs")
ROLLUPS: Final = "rollups"

_LOCK: Final = ("SET enable_external_access = false", "SET errors_as_json = true", "SET lock_configuration = true")
_DESCRIBE: Final = "DESCRIBE SELECT * FROM (\n"
_NESTED: Final = ("STRUCT", "MAP", "UNION")
_AS_IT_IS: Final = ("VARCHAR", "JSON", "BOOLEAN", "DOUBLE", "FLOAT", '"NULL"')
_INTEGERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_LEAST, _MOST = -(1 << 63), 1 << 64
_ISO: Final = "'%Y-%m-%dT%H:%M:%S.%gZ'"


class Unanswered(EngineError):
    """An answer that did not come, because of the statement or of a damaged file. problem: what to say if no file is
    damaged."""

    def __init__(self, problem: QueryError) -> None:
        self.problem = problem
        super().__init__(str(problem))


class Sql:
    """A DuckDB that is locked: it answers by its views, and neither reads nor changes anything else.

    files: of the lake; tail: rows that are not in it yet; rollups: the cells of `rollups.table`, None for no such view.
    """

    def __init__(self, files: Sequence[str], tail: Sequence[dict[str, Any]], rollups: Sequence[Sequence[Any]] | None):
        self._engine = Engine()
        try:
            self._show(files, tail)
            if rollups is not None:
                self._show_rollups(rollups)
            for setting in (f"SET allowed_paths = {_list(files)}", *_LOCK):
                self._engine.cells(setting, {})
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._engine.close()

    def answer(self, select: str, limit: int, seconds: float = SECONDS_MAX) -> Answer:
        """The first rows of the answer to `select`, which is one SELECT. Instants become ISO 8601, in UTC.

        Raises QueryError where it takes too long or too much, PredicateError where a place in it is wrong; Unanswered
        where a file may be the cause.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            self._engine.interrupt()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            return self._answer(select, limit)
        except OutOfMemory:
            raise QueryError("the answer needs more memory than it may take: read fewer rows or columns") from None
        except EngineError:
            if late.is_set():
                raise QueryError(f"the answer took longer than {seconds:g} s: ask for a shorter time") from None
            raise
        finally:
            timer.cancel()

    def _answer(self, select: str, limit: int) -> Answer:
        columns = [(row[0], row[1]) for row in self._cells(_DESCRIBE, select, "\n)")]
        shown = ", ".join(_cell(_quoted(name), of) for name, of in columns)
        rows = self._cells(f"SELECT {shown} FROM (\n", select, f"\n) LIMIT {limit + 1}")  # noqa: S608
        nested = [place for place, (_, of) in enumerate(columns) if _is_nested(of)]
        names = tuple(name for name, _ in columns)
        more = (f"There are more rows; these are the first {limit:,}.",) if len(rows) > limit else ()
        return Answer(
            columns=names,
            rows=[dict(zip(names, _read(row, nested), strict=True)) for row in rows[:limit]],
            notes=more,
            times=tuple(name for name, of in columns if _is_time(of)),
        )

    def _cells(self, head: str, select: str, rest: str) -> list[tuple[Any, ...]]:
        try:
            return self._engine.cells(head + select + rest, {})
        except OutOfMemory:
            raise
        except EngineError as error:
            problem = statement.problem(select, str(error), len(head.encode()))
            if statement.is_at_fault(str(error)):
                raise problem from None
            raise Unanswered(problem) from error

    def _show(self, files: Sequence[str], tail: Sequence[dict[str, Any]]) -> None:
        own = relation((), tail, every_column=True)
        self._engine.cells("CREATE SCHEMA store", {})
        self._engine.cells(f"CREATE TABLE store.tail AS FROM {own.sql}", own.values)
        parts = ["FROM store.tail"] if tail or not files else []
        if files:
            parts.append(f"FROM read_parquet({_list(files)}, union_by_name = true, hive_partitioning = false)")
        for view in TRANSACTIONS:
            self._engine.cells(f"CREATE VIEW {view} AS {' UNION ALL BY NAME '.join(parts)}", {})

    def _show_rollups(self, rollups: Sequence[Sequence[Any]]) -> None:
        columns = list(zip(*rollups, strict=True)) or [()] * len(table.COLUMNS)
        lists = [f"unnest(${name}_cells::{of}[]) AS {_quoted(name)}" for name, of in table.COLUMNS.items()]
        values = {f"{name}_cells": list(cells) for name, cells in zip(table.COLUMNS, columns, strict=True)}
        times = "* REPLACE (make_timestamptz(start_at * 1000) AS start_at)"
        made = f"SELECT {times} FROM (SELECT {', '.join(lists)})"  # noqa: S608  # all its words are from here
        self._engine.cells(f"CREATE TABLE {ROLLUPS} AS {made}", values)


def _cell(name: str, of: str) -> str:
    """A column in a form that needs no other package, and that JSON has too."""
    if _is_time(of):
        utc = f"make_timestamp(epoch_us({name}))" if of == "TIMESTAMP WITH TIME ZONE" else f"{name}::TIMESTAMP"
        return f"strftime({utc}, {_ISO})"
    if _is_nested(of):
        return f"to_json({name})::VARCHAR"
    if of in _AS_IT_IS or of.removeprefix("U") in _INTEGERS:
        return name
    return f"{name}::{'DOUBLE' if of.startswith('DECIMAL') else 'VARCHAR'}"


def _read(row: Sequence[Any], nested: Sequence[int]) -> list[Any]:
    """The cells as Python has them. Integers beyond 64 bits are numbers of double precision."""
    cells: list[Any] = [float(cell) if type(cell) is int and not _LEAST <= cell < _MOST else cell for cell in row]
    for place in nested:
        cells[place] = None if cells[place] is None else _nested(cells[place])
    return cells


def _nested(text: str) -> Any:
    """What DuckDB writes as JSON, which has NaN and Infinity for numbers that JSON has not."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _is_time(of: str) -> bool:
    return of.startswith("TIMESTAMP") and not of.endswith("]")


def _is_nested(of: str) -> bool:
    return of.endswith("]") or of.startswith(_NESTED)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(texts: Sequence[str]) -> str:
    """A list of texts as a literal, for what takes no values to bind."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
