"""How far each stream has been read, and what had to be remembered of it there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from inferwatch.errors import StoreError
from inferwatch.store.streams.files import Stream, discover, read, size
from inferwatch.store.streams.invocations import Invocations
from inferwatch.store.transaction import REMEDY

SCHEMA = """
CREATE TABLE IF NOT EXISTS stream (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    log_group TEXT NOT NULL,
    name TEXT NOT NULL,
    rolled INTEGER NOT NULL DEFAULT 0,
    laked INTEGER NOT NULL DEFAULT 0,
    head BLOB NOT NULL DEFAULT x'',
    ended INTEGER NOT NULL DEFAULT 0,
    invocations BLOB NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS duplicate (
    stream INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (stream, offset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS synthetic (
    stream INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (stream, offset)
) WITHOUT ROWID;
"""

_HEAD = 1024
_decode = msgspec.json.Decoder(Invocations).decode


class Position(msgspec.Struct):
    """rolled: bytes whose metrics are in the rollups; laked: bytes whose records are in the lake, <= rolled.

    head: the file's first bytes, by which a file that took another's name is told apart;
    invocations: their state at `rolled`.
    """

    id: int
    rolled: int
    laked: int
    head: bytes
    invocations: Invocations


def load(connection: sqlite3.Connection, stream: Stream) -> Position | None:
    """The stream's position, or None if it has never been read. Raises StoreError where the catalog is damaged."""
    row = connection.execute(
        "SELECT id, rolled, laked, head, invocations FROM stream WHERE key = ?", (stream.key,)
    ).fetchone()
    if row is None:
        return None
    number, rolled, laked, head, invocations = row
    try:
        return Position(number, rolled, laked, head, _decode(invocations))
    except ValueError as error:
        raise StoreError(f"What the catalog says of {stream.key} is damaged ({error}): {REMEDY}.") from error


def settle(connection: sqlite3.Connection, stream: Stream) -> Position:
    """The position to read on from, within the caller's transaction.

    New for a new stream. If another file lies there under the same name, it is read from its start, and what was
    remembered of the old one is forgotten. If the file's end is gone (a power cut took what was not yet on the
    disk), reading goes on at the end that is left.
    """
    position = load(connection, stream)
    if position is None:
        connection.execute(
            "INSERT INTO stream (key, log_group, name) VALUES (?, ?, ?)", (stream.key, stream.log_group, stream.name)
        )
        return settle(connection, stream)
    kept = min(position.rolled, size(stream.path)) if matches(stream, position) else 0
    if kept < position.rolled:
        for table in ("duplicate", "synthetic"):
            connection.execute(f"DELETE FROM {table} WHERE stream = ? AND offset >= ?", (position.id, kept))  # noqa: S608
    if not kept:
        return Position(position.id, 0, 0, b"", Invocations())
    position.rolled, position.laked, position.head = kept, min(position.laked, kept), position.head[:kept]
    return position


def matches(stream: Stream, position: Position) -> bool:
    """Whether the file is still the one that the position was taken in, or is gone."""
    return position.head.startswith(read(stream.path, 0, len(position.head)))


def save(connection: sqlite3.Connection, stream: Stream, position: Position) -> None:
    """Write down how far the stream's metrics have been read, within the caller's transaction."""
    if len(position.head) < _HEAD:
        position.head = read(stream.path, 0, min(position.rolled, _HEAD))
    connection.execute(
        "UPDATE stream SET rolled = ?, laked = ?, head = ?, ended = ?, invocations = ? WHERE id = ?",
        (
            position.rolled,
            position.laked,
            position.head,
            position.invocations.ended,
            msgspec.json.encode(position.invocations),
            position.id,
        ),
    )


def backlog(connection: sqlite3.Connection, data: Path) -> int:
    """Bytes in the streams that have not been read."""
    rolled = dict(connection.execute("SELECT key, rolled FROM stream"))
    return sum(max(0, size(stream.path) - rolled.get(stream.key, 0)) for stream in discover(data))
