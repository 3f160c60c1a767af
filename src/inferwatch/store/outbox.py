"""The outbox: notifications on their way, and what became of each.

A notification is `pending` until it is `delivered`, `undelivered` (its target is not configured) or `dead` (given
up after more than a day of attempts). An attempt is noted before it is made; one that has no outcome noted, since
the process died, may have reached its target: the notification comes back marked as a possible duplicate.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from inferwatch.alarms.values import Notification
from inferwatch.store.transaction import snapshot, transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    target TEXT NOT NULL,
    notification BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_ms INTEGER,
    unsure INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL DEFAULT 0,
    finished_ms INTEGER,
    last_error TEXT NOT NULL DEFAULT '',
    UNIQUE (scope, id)
);
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (scope, number) WHERE state = 'pending';
"""

EntryState = Literal["pending", "delivered", "undelivered", "dead"]
_COLUMNS = "notification, unsure, state, attempts, due_ms, attempted_ms, finished_ms, last_error"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A notification and where it stands.

    due_ms: when the next attempt may be made, 0 for at once; attempted_ms: of the last attempt;
    finished_ms: when it ceased to be pending.
    """

    notification: Notification
    state: EntryState
    attempts: int
    due_ms: int
    attempted_ms: int | None = None
    finished_ms: int | None = None
    last_error: str = ""


class Outbox:
    """One scope's notifications. The connection is in autocommit mode and is used by one thread.

    Every method raises StoreError where the catalog cannot be read or written.
    """

    def __init__(self, connection: sqlite3.Connection, scope: str) -> None:
        self._connection = connection
        self._scope = scope

    def add(self, notifications: Iterable[Notification]) -> None:
        """Add them as pending; one whose id is there already is left as it is."""
        with transaction(self._connection):
            insert(self._connection, self._scope, notifications)

    def due(self, now_ms: int) -> list[Entry]:
        """Pending entries whose time has come, in the order in which they were added.

        A clock that was set back does not delay them: an attempt that lies in the future counts for nothing.
        """
        return self._select("state = 'pending' AND (due_ms <= ? OR attempted_ms > ?) ORDER BY number", (now_ms, now_ms))

    def last_attempt_ms(self, target: str) -> int | None:
        """When the target was last sent anything."""
        query = "SELECT max(attempted_ms) FROM outbox WHERE scope = ? AND target = ?"
        with snapshot(self._connection):
            newest: int | None = self._connection.execute(query, (self._scope, target)).fetchone()[0]
        return newest

    def attempting(self, ids: Sequence[str], now_ms: int) -> None:
        """Note, before it is made, an attempt to deliver these in one message."""
        self._update(ids, "attempts = attempts + 1, attempted_ms = ?, unsure = 1", (now_ms,))

    def delivered(self, ids: Sequence[str], now_ms: int) -> None:
        """The attempt succeeded."""
        self._update(ids, "state = 'delivered', unsure = 0, last_error = '', finished_ms = ?", (now_ms,))

    def failed(self, ids: Sequence[str], error: str, retry_at_ms: int, *, unsure: bool = False) -> None:
        """The attempt failed and is to be made again. unsure: it may have reached its target all the same."""
        self._update(ids, "last_error = ?, due_ms = ?, unsure = ?", (error, retry_at_ms, int(unsure)))

    def dead(self, ids: Sequence[str], now_ms: int, error: str) -> None:
        """The attempt failed and was the last."""
        self._update(ids, "state = 'dead', finished_ms = ?, last_error = ?", (now_ms, error))

    def undelivered(self, ids: Sequence[str], now_ms: int, error: str) -> None:
        """There is nowhere to deliver these to; they are shown and not tried."""
        self._update(ids, "state = 'undelivered', finished_ms = ?, last_error = ?", (now_ms, error))

    def entries(self, limit: int = 100) -> list[Entry]:
        """The newest entries, newest first."""
        return self._select("TRUE ORDER BY number DESC LIMIT ?", (limit,))

    def _select(self, where: str, values: tuple[int, ...]) -> list[Entry]:
        query = f"SELECT {_COLUMNS} FROM outbox WHERE scope = ? AND {where}"  # noqa: S608 - constants only
        with snapshot(self._connection):
            return [_entry(*row) for row in self._connection.execute(query, (self._scope, *values))]

    def _update(self, ids: Sequence[str], assignments: str, values: tuple[int | str, ...]) -> None:
        query = f"UPDATE outbox SET {assignments} WHERE scope = ? AND id = ?"  # noqa: S608 - constants only
        with transaction(self._connection):
            self._connection.executemany(query, [(*values, self._scope, id_) for id_ in ids])


def insert(connection: sqlite3.Connection, scope: str, notifications: Iterable[Notification]) -> None:
    """Add pending notifications within the caller's transaction."""
    connection.executemany(
        "INSERT INTO outbox (scope, id, target, notification) VALUES (?, ?, ?, ?) ON CONFLICT (scope, id) DO NOTHING",
        [(scope, n.id, n.target, msgspec.json.encode(n)) for n in notifications],
    )


def _entry(notification: bytes, unsure: int, *rest: Any) -> Entry:
    told = msgspec.json.decode(notification, type=Notification)
    if unsure:
        told = msgspec.structs.replace(told, duplicate=True)
    names = [name for name in Entry.__struct_fields__ if name != "notification"]
    return Entry(notification=told, **dict(zip(names, rest, strict=True)))
