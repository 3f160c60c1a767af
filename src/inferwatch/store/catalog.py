"""The catalog: one SQLite file that says what the data folder holds."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from inferwatch.errors import StoreError
from inferwatch.store import alarm_log, outbox, registry_tables, seen, tally
from inferwatch.store.lake import lake
from inferwatch.store.rollups import rollup
from inferwatch.store.streams import positions
from inferwatch.store.transaction import REMEDY

FILE = "catalog.sqlite"
VERSION = 2
"""Of the tables; an older InferWatch refuses a catalog of a newer version. 2 has the registry's, which a catalog of 1
gains when it is opened for writing."""

_TABLES = (positions, seen, rollup, lake, tally, alarm_log, outbox, registry_tables)
_SCHEMA = "".join(module.SCHEMA for module in _TABLES)
_BUSY_TIMEOUT = 10.0


class NoDataError(StoreError):
    """Nothing has been written into the folder yet."""


def connect(data: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode (see `transaction`), for one thread at a time.

    Commits are on the disk when they return (WAL, synchronous=FULL). read_only: the file must be there, and is not
    written. Raises StoreError.
    """
    file = data / FILE
    if read_only and not file.exists():
        raise _no_data(file)
    mode = "ro" if read_only else "rwc"
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode={mode}",
            uri=True,
            timeout=_BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection, file, read_only=read_only)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter: SQLite quotes damaged names
        raise StoreError(f"{file} cannot be opened as a catalog: {error}. If it is damaged, {REMEDY}.") from error
    return connection


def _prepare(connection: sqlite3.Connection, file: Path, *, read_only: bool) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("SELECT 1 FROM sqlite_schema").fetchone()  # a damaged one is told here and not by what follows
    if version > VERSION:
        raise StoreError(f"{file} was written by a newer InferWatch (catalog {version}); this one knows {VERSION}.")
    if read_only:
        if version == 0:
            raise _no_data(file)
        return
    connection.execute("PRAGMA synchronous = FULL")
    if version < VERSION:
        with _alone(file.parent):
            connection.execute("PRAGMA journal_mode = WAL")  # which the file keeps
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process or thread after another: two that change the journal's mode at once SQLite refuses, and waits not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _no_data(file: Path) -> NoDataError:
    return NoDataError(f"{file.parent} holds no InferWatch data yet. Start `inferwatch up` with it first.")
