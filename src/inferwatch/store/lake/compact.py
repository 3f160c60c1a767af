"""Compaction: records that are in the rollups go from the stream files into the lake, and small files into larger."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from inferwatch.errors import StoreError
from inferwatch.lake.row import to_row
from inferwatch.store.lake import lake, merge, parquet
from inferwatch.store.lake.engine import Engine, EngineError
from inferwatch.store.lake.lake import LakeFile
from inferwatch.store.lake.tail import counted
from inferwatch.store.streams import positions
from inferwatch.store.streams.files import FOLDER, Stream, read
from inferwatch.store.streams.positions import Position
from inferwatch.store.streams.scan import LONGEST_LINE, complete
from inferwatch.store.times import day
from inferwatch.store.transaction import transaction

BATCH_BYTES = 32 * 1024 * 1024
"""About so many bytes of stream files become Parquet in one step."""


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """What one compaction did. merged: files that became part of others."""

    records: int = 0
    files: int = 0
    merged: int = 0


class _Piece(NamedTuple):
    """Bytes of a stream file that go into the lake in one step."""

    stream: int
    start: int
    end: int


_Rows = dict[tuple[str, int], list[dict[str, Any]]]


def compact(data: Path, connection: sqlite3.Connection, now_ms: int) -> Compacted:
    """Write all that is in the rollups into the lake, merge small files, delete those merged a while ago.

    Raises StoreError; what was not done then is done by the next call.
    """
    records = files = 0
    engine = Engine(lake.work(data))
    try:
        while gathered := _gather(data, connection):
            pieces, rows = gathered
            made = [
                parquet.write(engine, data, lake.announce(connection, group, number, now_ms), rows[group, number])
                for group, number in sorted(rows)
            ]
            _commit(connection, pieces, made)
            records += sum(file.rows for file in made)
            files += len(made)
        merged = merge.merge(data, connection, engine, now_ms)
        lake.sweep(data, connection, now_ms)
    except (EngineError, OSError, sqlite3.Error) as error:
        raise StoreError(f"{data / lake.FOLDER}: {error}. The records stay in the stream files.") from error
    finally:
        engine.close()
    return Compacted(records=records, files=files, merged=merged)


def _gather(data: Path, connection: sqlite3.Connection) -> tuple[list[_Piece], _Rows] | None:
    """The next pieces of the streams, and their records by model and day; None if there are none."""
    pieces: list[_Piece] = []
    rows: _Rows = defaultdict(list)
    left = BATCH_BYTES
    waiting = connection.execute("SELECT key, log_group, name FROM stream WHERE laked < rolled").fetchall()
    for key, log_group, name in waiting:
        stream = Stream(key, log_group, name, data / FOLDER / key)
        position = positions.load(connection, stream)
        if position is None or left <= 0:
            break
        if not positions.matches(stream, position):
            continue  # Another file under its name: ingest will begin it anew.
        start = position.laked
        while position.laked < position.rolled and left > 0:
            end = _piece_end(stream, position)
            for found in counted(connection, stream, position, end):
                row = to_row(found.document, found.start_ms, stream.name, found.offset)
                rows[log_group, day(found.start_ms)].append(row)
            left -= end - position.laked
            position.laked = end
        pieces.append(_Piece(position.id, start, position.laked))
    return (pieces, rows) if pieces else None


def _piece_end(stream: Stream, position: Position) -> int:
    """Whole lines that can be read at once; all that was counted if the file is gone."""
    length = complete(read(stream.path, position.laked, LONGEST_LINE))
    return min(position.laked + length, position.rolled) if length else position.rolled


def _commit(connection: sqlite3.Connection, pieces: list[_Piece], made: list[LakeFile]) -> None:
    """The files become part of the lake, and the pieces are done with, in one transaction."""
    with transaction(connection):
        lake.add(connection, made)
        for stream, start, end in pieces:
            moved = connection.execute(
                "UPDATE stream SET laked = ? WHERE id = ? AND laked = ? AND rolled >= ?", (end, stream, start, end)
            )
            if moved.rowcount != 1:
                raise StoreError("A stream file was replaced while it was compacted; the next compaction takes it.")
            connection.execute("DELETE FROM duplicate WHERE stream = ? AND offset < ?", (stream, end))
            connection.execute("DELETE FROM synthetic WHERE stream = ? AND offset < ?", (stream, end))
