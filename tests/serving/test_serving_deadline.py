from __future__ import annotations

import contextvars
import math
import signal
import threading
import time

import pytest

from inferwatch.serving.deadline import AlarmLimit, DeadlinePassed, Limit, ThreadLimit, seconds_left

LIMITS = [
    pytest.param(lambda ms: AlarmLimit(lambda: ms), id="alarm"),
    pytest.param(lambda ms: ThreadLimit(ms / 1000), id="thread"),
]


@pytest.mark.parametrize("limit_of", LIMITS)
def test_what_is_in_time_is_returned(limit_of: type[Limit]) -> None:
    assert limit_of(5000)(lambda x: x + 1, 2) == 3


@pytest.mark.parametrize("limit_of", LIMITS)
def test_what_is_raised_passes(limit_of: type[Limit]) -> None:
    with pytest.raises(ZeroDivisionError):
        limit_of(5000)(lambda x: x / 0, 1)


@pytest.mark.parametrize("limit_of", LIMITS)
def test_a_sleep_is_ended_even_inside_except_exception(limit_of: type[Limit]) -> None:
    def sleep(seconds: float) -> str:
        try:
            time.sleep(seconds)
        except Exception:
            return "swallowed"
        return "slept"

    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        limit_of(200)(sleep, 20)
    assert time.monotonic() - began < 5


def test_an_endless_loop_is_ended_by_the_alarm() -> None:
    def spin(_: object) -> None:
        while True:
            pass

    with pytest.raises(DeadlinePassed):
        AlarmLimit(lambda: 200.0)(spin, None)


def test_the_alarm_is_off_afterwards_and_the_users_handler_is_back() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    try:
        AlarmLimit(lambda: 5000.0)(str, 1)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        signal.raise_signal(signal.SIGALRM)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_no_time_left_means_not_even_to_begin() -> None:
    called: list[int] = []
    with pytest.raises(DeadlinePassed):
        AlarmLimit(lambda: 0.0)(called.append, 1)
    assert called == []


def test_outside_the_main_thread_the_alarm_lets_the_function_run() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(AlarmLimit(lambda: 1.0)(lambda x: x + 1, 1)))
    thread.start()
    thread.join()
    assert results == [2]


def test_the_thread_sees_the_callers_context() -> None:
    variable = contextvars.ContextVar[str]("variable")
    variable.set("seen")
    assert ThreadLimit(5)(lambda _: variable.get(), None) == "seen"


@pytest.mark.parametrize("limit_of", LIMITS)
def test_a_function_is_told_how_long_it_has(limit_of: type[Limit]) -> None:
    assert seconds_left() == math.inf
    assert 1 < limit_of(4000)(lambda _: seconds_left(), None) <= 4
    assert seconds_left() == math.inf


def test_within_two_limits_the_inner_one_counts() -> None:
    outer, inner = AlarmLimit(lambda: 60_000), AlarmLimit(lambda: 4000)
    within, behind = outer(lambda _: (inner(lambda _: seconds_left(), None), seconds_left()), None)
    assert within <= 4 < behind <= 60
