"""The lake: immutable Parquet files by model and UTC day. The catalog says which files are part of it."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from inferwatch.errors import StoreError
from inferwatch.lake import layout
from inferwatch.store import tally
from inferwatch.store.times import MINUTE, day_name
from inferwatch.store.transaction import transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS lake_file (
    name TEXT PRIMARY KEY,
    log_group TEXT NOT NULL,
    day INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    min_ms INTEGER NOT NULL,
    max_ms INTEGER NOT NULL,
    digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lake_garbage (
    name TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""

FOLDER = layout.FOLDER
WORK = ".work"
QUARANTINE = "quarantine"
SUFFIX = ".parquet"
GARBAGE_MS = 10 * MINUTE
"""A file that was merged into another is left for so long to those who are reading it."""
ALWAYS_MS = 1 << 62


class LakeName(NamedTuple):
    """name: a file's path below `<data>/lake`."""

    name: str
    log_group: str
    day: int


class LakeFile(NamedTuple):
    """name: as in LakeName; min_ms, max_ms: first and last start of its records; digest: of its bytes."""

    name: str
    log_group: str
    day: int
    rows: int
    min_ms: int
    max_ms: int
    digest: bytes


def folder(log_group: str, day: int) -> str:
    """`model=%2Fabc_corp%2Fclaim%2Fdoc/dt=2026-11-21`."""
    return f"{layout.model_folder(log_group)}/{layout.DAY}={day_name(day)}"


def files(connection: sqlite3.Connection, start_ms: int = -ALWAYS_MS, end_ms: int = ALWAYS_MS) -> list[LakeFile]:
    """All files that may have records which started in [start_ms, end_ms), oldest day first."""
    rows = connection.execute(
        "SELECT name, log_group, day, rows, min_ms, max_ms, digest FROM lake_file"
        " WHERE max_ms >= ? AND min_ms < ? ORDER BY day, name",
        (start_ms, end_ms),
    )
    return [LakeFile(*row) for row in rows]


def log_groups(connection: sqlite3.Connection) -> list[str]:
    """The models that have a file."""
    return [row[0] for row in connection.execute("SELECT DISTINCT log_group FROM lake_file")]


def path(data: Path, file: LakeFile) -> Path:
    return data / FOLDER / file.name


def paths(data: Path, files: Iterable[LakeFile]) -> list[str]:
    """Where the files lie, for SQL."""
    folder = str(data / FOLDER)
    return [f"{folder}/{file.name}" for file in files]


def announce(connection: sqlite3.Connection, log_group: str, day: int, now_ms: int) -> LakeName:
    """A name for a new file. Until it is added it counts as discarded, so that a crash leaves nothing for ever."""
    name = LakeName(f"{folder(log_group, day)}/{secrets.token_hex(8)}{SUFFIX}", log_group, day)
    with transaction(connection):
        connection.execute("INSERT INTO lake_garbage VALUES (?, ?)", (name.name, now_ms))
    return name


def add(connection: sqlite3.Connection, made: Iterable[LakeFile]) -> None:
    """Make announced files part of the lake, within the caller's transaction."""
    for file in made:
        connection.execute("INSERT INTO lake_file VALUES (?, ?, ?, ?, ?, ?, ?)", file)
        connection.execute("DELETE FROM lake_garbage WHERE name = ?", (file.name,))


def discard(connection: sqlite3.Connection, names: Iterable[str], now_ms: int) -> None:
    """Files are no longer part of the lake, within the caller's transaction; `sweep` deletes them later."""
    for name in names:
        connection.execute("DELETE FROM lake_file WHERE name = ?", (name,))
        connection.execute("INSERT OR REPLACE INTO lake_garbage VALUES (?, ?)", (name, now_ms))


def sweep(data: Path, connection: sqlite3.Connection, now_ms: int) -> None:
    """Delete discarded files that nobody reads any more."""
    rows = connection.execute(
        "SELECT name FROM lake_garbage WHERE since_ms <= ? OR since_ms > ?", (now_ms - GARBAGE_MS, now_ms)
    )
    names = [row[0] for row in rows]
    for name in names:
        (data / FOLDER / name).unlink(missing_ok=True)
    if names:
        with transaction(connection):
            connection.executemany("DELETE FROM lake_garbage WHERE name = ?", [(name,) for name in names])


def work(data: Path) -> Path:
    """The folder for files in the making."""
    path = data / FOLDER / WORK
    path.mkdir(parents=True, exist_ok=True)
    return path


def clear_work(data: Path) -> None:
    """Delete what a crash left in the making. Only for the process that may write. Raises StoreError."""
    path = data / FOLDER / WORK
    try:
        if path.exists():
            shutil.rmtree(path)
    except OSError as error:
        raise StoreError(f"{path} could not be cleared: {error.strerror}; delete it.") from error


def quarantine(data: Path, connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Take damaged or missing files out of the lake, move them aside to `<data>/quarantine`, and count them."""
    aside = data / QUARANTINE
    aside.mkdir(exist_ok=True)
    for name in names:
        path = data / FOLDER / name
        if path.exists():
            path.rename(aside / name.replace("/", "@"))
    with transaction(connection):
        connection.executemany("DELETE FROM lake_file WHERE name = ?", [(name,) for name in names])
        tally.add(connection, {"quarantined_files": len(names)})


def publish(made: Path, target: Path) -> None:
    """Give a finished file its name, so that it is there whole or not at all, also after a power cut."""
    _sync(made)
    target.parent.mkdir(parents=True, exist_ok=True)
    made.rename(target)
    for parent in (target.parent, target.parent.parent, target.parent.parent.parent):
        _sync(parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
