"""Which transactions have been counted: their ids, by UTC day."""

from __future__ import annotations

import hashlib
import sqlite3
from uuid import UUID

from inferwatch.store.times import DAY
from inferwatch.store.times import day as day_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    day INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (day, id)
) WITHOUT ROWID;
"""

KEPT_DAYS = 15
_VERSION_7 = 7


def key(transaction_id: str, start_ms: int) -> tuple[int, bytes]:
    """The day under which an id is looked up, and the id as 16 bytes.

    A UUIDv7 tells its own day, which a redelivered message has in common with its first delivery even when the
    two started on different days; it is believed within the time for which ids are kept.
    """
    try:
        uuid = UUID(transaction_id)
    except ValueError:
        return day_of(start_ms), hashlib.blake2b(transaction_id.encode(), digest_size=16).digest()
    made_ms = uuid.int >> 80
    if uuid.version == _VERSION_7 and abs(made_ms - start_ms) < KEPT_DAYS * DAY:
        return day_of(made_ms), uuid.bytes
    return day_of(start_ms), uuid.bytes


def add(connection: sqlite3.Connection, transaction_id: str, start_ms: int) -> bool:
    """Note an id, within the caller's transaction; False if it was there already."""
    row = key(transaction_id, start_ms)
    return connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", row).rowcount == 1


def contains(connection: sqlite3.Connection, day: int, id_: bytes) -> bool:
    return connection.execute("SELECT 1 FROM seen WHERE day = ? AND id = ?", (day, id_)).fetchone() is not None


def thin(connection: sqlite3.Connection, now_ms: int) -> None:
    """Forget ids of days long past, within the caller's transaction."""
    connection.execute("DELETE FROM seen WHERE day < ?", (day_of(now_ms) - KEPT_DAYS,))
