"""The SQLite file in which the messages lie."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from inferwatch.errors import StoreError

FILE = "queue.sqlite"
VERSION = 1
"""Of the tables; an older InferWatch refuses a file of a newer version."""
_JOURNAL_MAX = 16 * 1024 * 1024

_SCHEMA = """
CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes BLOB NOT NULL,
    attributes_md5 TEXT,
    trace TEXT,
    sent_ms INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    first_ms INTEGER,
    visible_ms INTEGER NOT NULL,
    held INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX message_visible ON message (queue, visible_ms, seq, receives, sent_ms);
CREATE INDEX message_received ON message (queue, receives, visible_ms);
CREATE INDEX message_sent ON message (queue, sent_ms);
"""


class QueueFile:
    """For several threads. Raises StoreError wherever the file cannot be read or written."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._lock = threading.RLock()
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            problem = f"{self._path} cannot be opened as a queue: {error}"
            raise StoreError(f"{problem}. If it is damaged, move it away: its messages are lost then.") from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that the block reads is of one moment, unless it stands within `writing`."""
        try:
            with self._lock:
                yield self._connection
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} could not be read ({error})") from error

    @contextmanager
    def writing(self, *, synced: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing of what the block changes; within another such block it is part of that.

        When it is over, the change survives the death of every process; synced: the loss of power, too.
        """
        try:
            with self._lock:
                if self._connection.in_transaction:
                    yield self._connection
                else:
                    with self._transaction(synced):
                        yield self._connection
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} could not be written ({error}); nothing of this was kept") from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, synced: bool) -> Iterator[None]:
        self._connection.execute("PRAGMA synchronous = FULL" if synced else "PRAGMA synchronous = NORMAL")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreError(f"{self._path} was written by a newer InferWatch ({version}); this one knows {VERSION}.")
        self._connection.execute("PRAGMA auto_vacuum = FULL")  # a queue that was long once gives its space back
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_MAX}")
        if version < VERSION:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


@contextmanager
def looking(data: Path) -> Iterator[sqlite3.Connection]:
    """To read the file of a data folder, whoever has it, and to change nothing. Raises StoreError."""
    path = data / FILE
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path} could not be read ({error})") from error
