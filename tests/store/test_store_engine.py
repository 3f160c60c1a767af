"""Ctrl-C ends what DuckDB does, at whatever moment it comes."""

from __future__ import annotations

import threading

import pytest

from inferwatch.store.lake.engine import Engine, EngineError

HOURS = "SELECT count(*) FROM range(100000000000) AS numbers(n) WHERE n % 7 = hash(n) % 11"


@pytest.fixture
def engine() -> Engine:
    return Engine()


def test_ctrl_c_while_the_thread_is_started(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        engine.cells(HOURS, {})
    assert threading.active_count() == before


def test_ctrl_c_before_it_runs_means_that_it_does_not_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[threading.Thread] = []

    def interrupted(thread: threading.Thread) -> None:
        made.append(thread)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            engine.cells("CREATE TABLE made AS SELECT 1", {})
    made[0].start()
    made[0].join(10)
    with pytest.raises(EngineError, match="made"):
        engine.cells("FROM made", {})
