"""Merging: many small files of one model and day become one, so that reading a day opens few."""

from __future__ import annotations

import sqlite3
from itertools import groupby
from pathlib import Path

from inferwatch.store.lake import lake, parquet
from inferwatch.store.lake.engine import Engine
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.transaction import transaction

FILES = 8
LARGEST = 250_000
"""So many files of about one size become one, as far as it has no more rows than this."""


def merge(data: Path, connection: sqlite3.Connection, engine: Engine, now_ms: int) -> int:
    """Merge what is due; returns how many files became part of others. Raises StoreError, EngineError, OSError."""
    merged = 0
    for files in due(lake.files(connection)):
        if damaged := [file.name for file in files if parquet.digest(lake.path(data, file)) != file.digest]:
            lake.quarantine(data, connection, damaged)
            continue
        name = lake.announce(connection, files[0].log_group, files[0].day, now_ms)
        made = parquet.merge(engine, data, name, files)
        with transaction(connection):
            lake.discard(connection, [file.name for file in files], now_ms)
            lake.add(connection, [made])
        merged += len(files)
    return merged


def due(files: list[LakeFile]) -> list[list[LakeFile]]:
    """Groups of files, each to become one. Sizes go by powers of FILES, so that a row is seldom written again."""
    groups = []
    for _, same in groupby(sorted(files, key=_tier), key=_tier):
        rows = 0
        group = [file for file in same if (rows := rows + file.rows) <= LARGEST]
        if len(group) >= FILES:
            groups.append(group)
    return groups


def _tier(file: LakeFile) -> tuple[str, int, int]:
    size = 0
    while FILES ** (size + 1) <= file.rows:
        size += 1
    return file.log_group, file.day, size
