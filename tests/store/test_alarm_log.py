from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from outbox_examples import SCOPE, a_notification, a_transition, opened

from inferwatch.alarms.values import ALARM, OK, AlarmState
from inferwatch.errors import StoreError
from inferwatch.store.alarm_log import AlarmLog
from inferwatch.store.outbox import Outbox


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(opened(tmp_path)) as opened_connection:
        yield opened_connection


def a_state(alarm: str = "slow", **changes: object) -> AlarmState:
    return AlarmState(**{"alarm": alarm, "state": OK, "reason": "r", "since_ms": 1, "evaluated_ms": 2, **changes})


def test_states_and_history_come_back_as_they_were(connection: sqlite3.Connection) -> None:
    log = AlarmLog(connection, SCOPE)
    state, transition = a_state(reason="à > b"), a_transition(value=None, reason="à > b")
    log.commit([state], [transition], [])
    assert log.states() == {"slow": state}
    assert log.history() == [transition]


def test_a_restart_finds_them(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as before:
        AlarmLog(before, SCOPE).commit([a_state()], [a_transition()], [a_notification()])
    with closing(opened(tmp_path)) as after:
        assert AlarmLog(after, SCOPE).states() == {"slow": a_state()}
        assert AlarmLog(after, SCOPE).history() == [a_transition()]
        assert [e.notification for e in Outbox(after, SCOPE).due(0)] == [a_notification()]


def test_the_newest_state_replaces_the_older(connection: sqlite3.Connection) -> None:
    log = AlarmLog(connection, SCOPE)
    log.commit([a_state(), a_state("other")], [], [])
    log.commit([a_state(state=ALARM, evaluated_ms=9)], [], [])
    assert log.states() == {"slow": a_state(state=ALARM, evaluated_ms=9), "other": a_state("other")}


def test_history_is_newest_first_by_writing_even_if_the_clock_went_back(connection: sqlite3.Connection) -> None:
    log = AlarmLog(connection, SCOPE)
    log.commit([], [a_transition(at_ms=5000), a_transition("other", at_ms=5000)], [])
    log.commit([], [a_transition(at_ms=1000)], [])
    assert [(t.alarm, t.at_ms) for t in log.history()] == [("slow", 1000), ("other", 5000), ("slow", 5000)]
    assert [t.at_ms for t in log.history("slow")] == [1000, 5000]
    assert [t.at_ms for t in log.history(limit=1)] == [1000]


def test_scopes_do_not_see_each_other(connection: sqlite3.Connection) -> None:
    AlarmLog(connection, SCOPE).commit([a_state()], [a_transition()], [a_notification()])
    other = "/demo/vision/digits:prod"
    assert AlarmLog(connection, other).states() == {}
    assert AlarmLog(connection, other).history() == []
    assert Outbox(connection, other).entries() == []


def test_all_or_nothing(connection: sqlite3.Connection) -> None:
    log = AlarmLog(connection, SCOPE)
    broken = a_notification(target=None)
    with pytest.raises(StoreError):
        log.commit([a_state()], [a_transition()], [a_notification(), broken])
    assert (log.states(), log.history(), Outbox(connection, SCOPE).entries()) == ({}, [], [])
    log.commit([a_state()], [a_transition()], [a_notification()])  # the connection is usable again
    assert len(Outbox(connection, SCOPE).entries()) == 1
