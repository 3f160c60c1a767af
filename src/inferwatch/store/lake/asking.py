"""Asking DuckDB: a question, about files of the lake and rows of the tail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from inferwatch.lake.feature_columns import CATEGORY, NUMBER
from inferwatch.query import answer
from inferwatch.query.answer import Answer
from inferwatch.query.dialects import duckdb
from inferwatch.query.fields import FEATURES
from inferwatch.query.question import Question, Source, Text
from inferwatch.store.lake import lake, one_spelling
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.one_spelling import Columns
from inferwatch.store.lake.question import START, Asked
from inferwatch.store.lake.relation import relation
from inferwatch.store.lake.sources import Row, Sources

STEP_ROWS = 50_000
"""About so many rows are looked through before it is seen whether they are enough."""

_HAVING = """
SELECT DISTINCT filename FROM read_parquet($files, hive_partitioning = false)
WHERE start_at >= make_timestamptz($start) AND start_at < make_timestamptz($end)
"""


class Asking:
    """Questions about one data folder. run: runs SQL with its values bound; raises EngineError."""

    def __init__(self, data: Path, run: Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]) -> None:
        self._data = data
        self._run = run
        self._features: dict[str, Columns] = {}

    def rows(self, asked: Asked, found: Sources) -> list[Row]:
        """The rows of records, in the order asked.

        By time it goes some days at a time and stops when it has enough; then DuckDB sees the lake alone.
        """
        wanted = asked.question
        if asked.instant and sum(file.rows for file in found.files) > STEP_ROWS:
            found = found._replace(files=self._having(wanted, found.files))
        if not _by_time(wanted):
            return self._selected(asked, found)
        newest_first = not wanted.order or wanted.order[0].descending
        at_once = STEP_ROWS if wanted.where is not None or asked.text else wanted.limit
        enough: list[Row] = []
        for step in found.steps(at_once, newest_first=newest_first):
            rows = step.tail + self._selected(asked, step._replace(tail=[]))
            rows.sort(key=lambda row: (row["start_at"], row["transaction_id"]), reverse=newest_first)
            enough += rows[: wanted.limit - len(enough)]
            if len(enough) >= wanted.limit:
                break
        return enough

    def groups(self, wanted: Question, found: Sources) -> Answer:
        """What groups of records are; where the question names none, all records are one, also if there are none."""
        if found.files or found.tail:
            text, values = self._text(Asked(wanted), found)
            return answer.of_groups(wanted, text, self._run(text.text, values))
        text = duckdb.emit(wanted, Source(relation="nothing"))
        nothing = [0 if stat.function == "count" else None for stat in wanted.stats]
        return answer.of_groups(wanted, text, [] if wanted.by else [nothing])

    def _selected(self, asked: Asked, found: Sources) -> list[Row]:
        if not found.files and not found.tail:
            return []
        text, values = self._text(asked, found)
        return [dict(zip(text.columns, row, strict=True)) for row in self._run(text.text, values)]

    def _having(self, wanted: Question, files: Sequence[LakeFile]) -> list[LakeFile]:
        """The files that have a record of the question's time."""
        paths = dict(zip(lake.paths(self._data, files), files, strict=True))
        values = {"files": list(paths), "start": wanted.start_ms * 1000, "end": wanted.end_ms * 1000}
        found = {path for (path,) in self._run(_HAVING, values)}
        return [file for path, file in paths.items() if path in found]

    def _text(self, asked: Asked, found: Sources) -> tuple[Text, dict[str, Any]]:
        """The question in SQL, and the values to bind. The files are all of its node."""
        wanted = msgspec.structs.replace(asked.question, node=None)
        names = _named(wanted)
        of_files = self._columns(found.files, names)
        rows = [dict(row) for row in found.tail]
        columns = one_spelling.agreed(of_files, rows)
        if names is not None:
            columns = one_spelling.among(columns, names)
        every_column = any(not columns <= has for has in of_files)
        foreign = [one_spelling.others(has, columns) for has in of_files]
        paths = lake.paths(self._data, found.files)
        table = relation(paths, rows, every_column=every_column, text=asked.text, foreign=foreign)
        text = duckdb.emit(wanted, Source(relation=table.sql, columns=columns))
        return text, {**text.values, **table.values}

    def _columns(self, files: Sequence[LakeFile], names: Columns | None) -> list[Columns]:
        """The columns of features that each file has. names: those that matter; None for all."""
        if names is not None and not names:
            return []
        if unknown := [file for file in files if file.name not in self._features]:
            found = one_spelling.of_files(self._run, lake.paths(self._data, unknown))
            self._features |= zip((file.name for file in unknown), found, strict=True)
        known = [self._features[file.name] for file in files]
        return known if names is None else [one_spelling.among(columns, names) for columns in known]


def _named(wanted: Question) -> Columns | None:
    """The columns of features that an answer may need; None for all, which records do."""
    below = [field.path[1:] for field in wanted.fields if field.root == FEATURES]
    if not wanted.aggregates or () in below:
        return None
    names = [path[0] for path in below if len(path) == 1]
    return Columns(f"{prefix}{name}" for name in names for prefix in (NUMBER, CATEGORY))


def _by_time(wanted: Question) -> bool:
    return not wanted.order or (len(wanted.order) == 1 and wanted.order[0].by == START)
