"""Compaction: records that are in the rollups go from the stream files into the lake."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from inferwatch.errors import StoreError
from inferwatch.store import lake, parquet
from inferwatch.store import position as positions
from inferwatch.store.engine import Engine, EngineError
from inferwatch.store.lake import LakeFile
from inferwatch.store.position import Position
from inferwatch.store.row import to_row
from inferwatch.store.scan import LONGEST_LINE, complete
from inferwatch.store.streams import FOLDER, Stream, read
from inferwatch.store.tail import counted
from inferwatch.store.times import day
from inferwatch.store.transaction import transaction

BATCH_BYTES = 32 * 1024 * 1024
"""About so many bytes of stream files become Parquet in one step."""

MERGE_FILES = 8
MERGED_ROWS = 250_000
"""So many files of one model and day, of about one size, become one; unless it would have more rows than that."""


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """What one compaction did. merged: files that became part of others."""

    records: int = 0
    files: int = 0
    merged: int = 0


class _Taken(NamedTuple):
    stream: int
    laked: int
    end: int


Rows = dict[tuple[str, int], list[dict[str, Any]]]


def compact(data: Path, connection: sqlite3.Connection, now_ms: int) -> Compacted:
    """Write all that is in the rollups into the lake, merge small files, delete those merged a while ago.

    Raises StoreError; what was not done then is done by the next call.
    """
    engine = None
    records = files = merged = 0
    try:
        while True:
            taken, rows = _gather(data, connection)
            if not taken:
                break
            engine = engine or Engine(data / lake.FOLDER / lake.WORK)
            made = [parquet.write(engine, data, group, number, rows[group, number]) for group, number in sorted(rows)]
            _commit(connection, taken, made)
            records += sum(file.rows for file in made)
            files += len(made)
        for mergeable in _mergeable(lake.files(connection)):
            engine = engine or Engine(data / lake.FOLDER / lake.WORK)
            _merge(data, connection, engine, mergeable, now_ms)
            merged += len(mergeable)
        lake.sweep(data, connection, now_ms)
    except (EngineError, OSError) as error:
        raise StoreError(f"{data / lake.FOLDER}: {error}. The records stay in the stream files.") from error
    finally:
        if engine:
            engine.close()
    return Compacted(records=records, files=files, merged=merged)


def _gather(data: Path, connection: sqlite3.Connection) -> tuple[list[_Taken], Rows]:
    """The next pieces of the streams, and their records by model and day."""
    taken: list[_Taken] = []
    rows: Rows = defaultdict(list)
    left = BATCH_BYTES
    waiting = connection.execute("SELECT key, log_group, name FROM stream WHERE laked < rolled").fetchall()
    for key, log_group, name in waiting:
        stream = Stream(key, log_group, name, data / FOLDER / key)
        position = positions.load(connection, stream)
        if left <= 0 or position is None or not positions.matches(stream, position):
            continue
        first = position.laked
        while position.laked < position.rolled and left > 0:
            end = _piece(stream, position)
            for found in counted(connection, stream, position, end):
                row = to_row(found.document, found.start_ms, stream.name, found.offset)
                rows[log_group, day(found.start_ms)].append(row)
            left -= end - position.laked
            position.laked = end
        taken.append(_Taken(position.id, first, position.laked))
    return taken, rows


def _piece(stream: Stream, position: Position) -> int:
    """End of the next piece: whole lines, or all that was counted if the file is gone."""
    size = complete(read(stream.path, position.laked, LONGEST_LINE))
    return min(position.laked + size, position.rolled) if size else position.rolled


def _commit(connection: sqlite3.Connection, taken: list[_Taken], made: list[LakeFile]) -> None:
    """The files become part of the lake, and their bytes are done with, in one transaction."""
    with transaction(connection):
        lake.add(connection, made)
        for piece in taken:
            moved = connection.execute(
                "UPDATE stream SET laked = ? WHERE id = ? AND laked = ? AND rolled >= ?",
                (piece.end, piece.stream, piece.laked, piece.end),
            )
            if moved.rowcount != 1:
                raise StoreError("A stream file was replaced while it was compacted; the next compaction takes it.")
            done = (piece.stream, piece.end)
            connection.execute("DELETE FROM duplicate WHERE stream = ? AND offset < ?", done)
            connection.execute("DELETE FROM synthetic WHERE stream = ? AND offset < ?", done)


def _mergeable(files: list[LakeFile]) -> list[list[LakeFile]]:
    """Groups of small files, each to become one. Sizes go by powers of MERGE_FILES, so a row is rewritten seldom."""
    groups = []

    def tier(file: LakeFile) -> tuple[str, int, int]:
        size = 0
        while MERGE_FILES ** (size + 1) <= file.rows:
            size += 1
        return file.log_group, file.day, size

    for _, same in groupby(sorted(files, key=tier), key=tier):
        group = list(same)
        if len(group) >= MERGE_FILES and sum(file.rows for file in group) <= MERGED_ROWS:
            groups.append(group)
    return groups


def _merge(data: Path, connection: sqlite3.Connection, engine: Engine, files: list[LakeFile], now_ms: int) -> None:
    merged = parquet.merge(engine, data, files)
    with transaction(connection):
        lake.discard(connection, [file.name for file in files], now_ms)
        lake.add(connection, [merged])
