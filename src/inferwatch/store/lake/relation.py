"""Files and rows of the tail as one table for DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from inferwatch.lake import feature_columns
from inferwatch.lake.columns import COLUMNS
from inferwatch.store.lake import one_spelling
from inferwatch.store.lake.one_spelling import Columns
from inferwatch.store.lake.question import SEARCHED

_FILES: Final = "read_parquet(${files}, union_by_name = {union}, hive_partitioning = false)"
_TIMES: Final = "make_timestamptz(start_at * 1000) AS start_at, make_timestamptz(end_at * 1000) AS end_at"
_LINES: Final = "SELECT unnest(from_json(line, $tail_columns)) FROM (SELECT unnest($tail_lines::VARCHAR[]) AS line)"
_TAIL: Final = f"SELECT * REPLACE ({_TIMES}) FROM ({_LINES})"  # noqa: S608
_SEARCH: Final = f"contains(lower(concat_ws(chr(10), *COLUMNS('{SEARCHED}'))), lower($searched))"


class Relation(NamedTuple):
    """sql: what stands behind FROM; values: to be bound in it."""

    sql: str
    values: dict[str, Any]


def relation(
    files: Sequence[str],
    tail: Sequence[dict[str, Any]],
    *,
    every_column: bool,
    text: str = "",
    foreign: Sequence[Columns] = (),
) -> Relation:
    """The rows of some files and of the tail; where there are neither, the tail's columns without a row.

    every_column: also columns that the first of the files has not; to look for them opens all files beforehand.
    text: only rows in which it is found, whatever its case. foreign: columns of each file that go into `properties`.
    """
    parts, values = [], dict[str, Any]()
    alike: dict[Columns, list[str]] = {}
    for place, file in enumerate(files):
        alike.setdefault(foreign[place] if foreign else Columns(), []).append(file)
    for place, (others, same) in enumerate(alike.items()):
        read = _FILES.format(files=f"lake_files_{place}", union=str(every_column).lower())
        parts.append(one_spelling.selected(read, others) if others else f"FROM {read}")
        values[f"lake_files_{place}"] = same
    if tail or not files:
        rows = [dict(row) for row in tail]
        parts.append(_TAIL)
        values["tail_columns"] = orjson.dumps(COLUMNS | feature_columns.columns_of(rows)).decode()
        values["tail_lines"] = [orjson.dumps(row).decode() for row in rows]
    sql = " UNION ALL BY NAME ".join(parts)
    if text:
        sql = f"SELECT * FROM ({sql}) WHERE {_SEARCH}"  # noqa: S608  # names of columns are ours, values are bound
        values["searched"] = text
    return Relation(f"({sql})", values)
