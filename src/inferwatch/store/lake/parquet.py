"""Writing one file of the lake."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from inferwatch.lake import feature_columns
from inferwatch.lake.columns import COLUMNS
from inferwatch.store.lake import lake, one_spelling
from inferwatch.store.lake.engine import Engine
from inferwatch.store.lake.lake import LakeFile, LakeName
from inferwatch.store.lake.relation import relation

LARGEST_ROW = 64 * 1024 * 1024
_WRITE = """
COPY (
    SELECT * REPLACE (make_timestamptz(start_at * 1000) AS start_at, make_timestamptz(end_at * 1000) AS end_at)
    FROM read_json($source, format = 'newline_delimited', columns = $columns, maximum_object_size = $largest)
    ORDER BY start_at, transaction_id
) TO $target (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)
"""
_MERGE = """
COPY (
    SELECT * FROM {relation}
    QUALIFY row_number() OVER (PARTITION BY transaction_id ORDER BY start_at, log_stream, log_offset) = 1
    ORDER BY start_at, transaction_id
) TO $target (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)
"""
_BOUNDS = """
SELECT count(*) AS rows, epoch_ms(min(start_at)) AS min_ms, epoch_ms(max(start_at)) AS max_ms
FROM read_parquet($file, hive_partitioning = false)
"""


def write(engine: Engine, data: Path, name: LakeName, rows: Sequence[dict[str, Any]]) -> LakeFile:
    """Write the rows of one model and day. The file is in its place, on the disk, and not yet in the catalog.

    Raises EngineError, OSError.
    """
    source = lake.work(data) / f"{secrets.token_hex(8)}.ndjson"
    columns = COLUMNS | feature_columns.columns_of(rows)
    try:
        with source.open("wb") as file:
            file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        values = {"source": str(source), "columns": columns, "largest": LARGEST_ROW}
        return _make(engine, data, name, _WRITE, values)
    finally:
        source.unlink(missing_ok=True)


def merge(engine: Engine, data: Path, name: LakeName, files: Sequence[LakeFile]) -> LakeFile:
    """Write the rows of several files of one model and day into one, each transaction once; as `write` else."""
    paths = lake.paths(data, files)
    of_files = one_spelling.of_files(engine.cells, paths)
    columns = one_spelling.chosen(of_files)
    foreign = [one_spelling.others(has, columns) for has in of_files]
    sources = relation(paths, (), every_column=True, foreign=foreign)
    return _make(engine, data, name, _MERGE.format(relation=sources.sql), sources.values)


def digest(path: Path) -> bytes:
    """Of a file's bytes; empty if it is gone."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except FileNotFoundError:
        return b""


def _make(engine: Engine, data: Path, name: LakeName, sql: str, values: Mapping[str, Any]) -> LakeFile:
    made = lake.work(data) / f"{secrets.token_hex(8)}{lake.SUFFIX}"
    try:
        engine.rows(sql, {**values, "target": str(made)})
        bounds = engine.rows(_BOUNDS, {"file": str(made)})[0]
        file = LakeFile(*name, **bounds, digest=digest(made))
        lake.publish(made, data / lake.FOLDER / name.name)
        return file
    finally:
        made.unlink(missing_ok=True)
