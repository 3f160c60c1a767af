"""Alarm states, their history, and the notifications that follow, in the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from inferwatch.alarms.values import AlarmState, Notification, Transition
from inferwatch.store import outbox
from inferwatch.store.transaction import snapshot, transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS alarm_state (
    scope TEXT NOT NULL,
    alarm TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    evaluated_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, alarm)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarm_transition (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    alarm TEXT NOT NULL,
    previous TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL
);
CREATE INDEX IF NOT EXISTS alarm_transition_by_alarm ON alarm_transition (scope, alarm, number);
"""


class AlarmLog:
    """What one scope's alarms are and were. scope: log group, colon, environment.

    The connection is in autocommit mode (isolation_level None) and is used by one thread. Every method raises
    StoreError where the catalog cannot be read or written.
    """

    def __init__(self, connection: sqlite3.Connection, scope: str) -> None:
        self._connection = connection
        self._scope = scope

    def states(self) -> dict[str, AlarmState]:
        """The present state of each alarm that was ever evaluated, by its name."""
        query = "SELECT alarm, state, reason, since_ms, evaluated_ms FROM alarm_state WHERE scope = ?"
        with snapshot(self._connection):
            rows = self._connection.execute(query, (self._scope,)).fetchall()
        names = AlarmState.__struct_fields__
        return {row[0]: AlarmState(**dict(zip(names, row, strict=True))) for row in rows}

    def commit(
        self,
        states: Iterable[AlarmState],
        transitions: Iterable[Transition],
        notifications: Iterable[Notification],
    ) -> None:
        """Write all of it in one transaction, so that a transition and its notifications stand or fall together."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT OR REPLACE INTO alarm_state (scope, alarm, state, reason, since_ms, evaluated_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(self._scope, s.alarm, s.state, s.reason, s.since_ms, s.evaluated_ms) for s in states],
            )
            self._connection.executemany(
                "INSERT INTO alarm_transition (scope, alarm, previous, state, reason, at_ms, value)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(self._scope, t.alarm, t.previous, t.state, t.reason, t.at_ms, t.value) for t in transitions],
            )
            outbox.insert(self._connection, self._scope, notifications)

    def history(self, alarm: str | None = None, limit: int = 100) -> list[Transition]:
        """Transitions, of one alarm or of all, newest first (by the order in which they were written)."""
        query = (
            "SELECT alarm, previous, state, reason, at_ms, value FROM alarm_transition"
            " WHERE scope = ? AND (? IS NULL OR alarm = ?) ORDER BY number DESC LIMIT ?"
        )
        with snapshot(self._connection):
            rows = self._connection.execute(query, (self._scope, alarm, alarm, limit)).fetchall()
        names = Transition.__struct_fields__
        return [Transition(**dict(zip(names, row, strict=True))) for row in rows]


def scopes(connection: sqlite3.Connection) -> list[str]:
    """Every scope that has ever had an alarm, sorted."""
    with snapshot(connection):
        return [row[0] for row in connection.execute("SELECT DISTINCT scope FROM alarm_state ORDER BY scope")]
