from __future__ import annotations

from collections.abc import Mapping

import pytest
from alarm_series import MINUTE, NOON, Watched, an_alarm

from inferwatch.alarms.reason import INITIAL
from inferwatch.alarms.schedule import SETTLE_MS, Schedule
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, AlarmState, Notification, Transition

HOUR = 60 * MINUTE
DAY = 24 * HOUR


def changes(transitions: list[Transition]) -> list[tuple[int, str]]:
    return [((t.at_ms - NOON) // 1000, t.state) for t in transitions]


def test_each_boundary_is_evaluated_once_after_the_settle_time() -> None:
    watched = Watched([an_alarm(), an_alarm(name="quick", period=10)])
    watched.run(NOON, NOON + 2 * MINUTE, 500)
    ends = [(name, (end - NOON) // 1000) for name, _, end in watched.asked]
    assert [end for name, end in ends if name == "slow"] == [-60, 0, 60]
    assert [end for name, end in ends if name == "quick"] == [-10, *range(0, 120, 10)]


def test_nothing_is_evaluated_before_the_settle_time() -> None:
    watched = Watched([an_alarm()])
    watched.schedule.step(NOON + 10_000)
    watched.asked.clear()
    watched.schedule.step(NOON + MINUTE + SETTLE_MS - 1)
    assert watched.asked == []
    watched.schedule.step(NOON + MINUTE + SETTLE_MS)
    assert len(watched.asked) == 1


def test_a_new_alarm_is_without_data_and_its_first_change_is_a_transition() -> None:
    watched = Watched([an_alarm(treat_missing_data="notBreaching")])
    (first,) = watched.schedule.step(NOON + 5000)
    assert (first.previous, first.state, first.at_ms) == (INSUFFICIENT_DATA, OK, NOON)
    assert watched.history == [first]


def test_a_new_alarm_that_finds_no_data_has_a_state_and_no_history() -> None:
    watched = Watched([an_alarm()])
    assert watched.schedule.step(NOON + 5000) == []
    state = watched.states["slow"]
    assert (state.state, state.since_ms, state.evaluated_ms) == (INSUFFICIENT_DATA, NOON, NOON)
    assert state.reason != INITIAL  # it was evaluated


def test_transitions_carry_value_and_reason_and_states_their_time() -> None:
    watched = Watched([an_alarm()])
    watched.put(NOON, [0.5] * 6 + [7.0] * 12)
    watched.run(NOON + MINUTE + 5000, NOON + 4 * MINUTE)
    assert changes(watched.history) == [(60, OK), (120, ALARM)]
    alarm = watched.history[-1]
    assert alarm.value == 7.0
    assert "1 datapoint [7.0 (21/11/26 12:01:00)] was greater than the threshold (1.0)" in alarm.reason
    state = watched.states["slow"]
    assert (state.state, state.since_ms) == (ALARM, NOON + 2 * MINUTE)
    assert state.evaluated_ms == NOON + 3 * MINUTE


def test_a_restart_keeps_states() -> None:
    watched = Watched([an_alarm()])
    watched.put(NOON, [7.0] * 60)
    watched.run(NOON + MINUTE, NOON + 3 * MINUTE)
    watched.restart()
    assert watched.run(NOON + 3 * MINUTE, NOON + 9 * MINUTE) == []
    assert changes(watched.history) == [(60, ALARM)]


@pytest.mark.parametrize("jump_ms", [2 * HOUR, DAY])
def test_a_clock_set_forward_gives_one_evaluation_and_no_flood(jump_ms: int) -> None:
    watched = Watched([an_alarm(treat_missing_data="notBreaching")])
    watched.put(NOON, [7.0] * 60)
    watched.run(NOON + MINUTE + 5000, NOON + 3 * MINUTE)
    watched.asked.clear()
    watched.schedule.step(NOON + 3 * MINUTE + jump_ms + 5000)
    watched.schedule.step(NOON + 3 * MINUTE + jump_ms + 6000)
    assert [end for _, _, end in watched.asked] == [NOON + 3 * MINUTE + jump_ms]
    assert changes(watched.history) == [(60, ALARM), (180 + jump_ms // 1000, OK)]


@pytest.mark.parametrize("jump_ms", [2 * HOUR, DAY])
def test_a_clock_set_back_doubles_no_transition_and_loses_no_later_alarm(jump_ms: int) -> None:
    watched = Watched([an_alarm()])
    back = NOON - jump_ms
    watched.put(back - 30 * MINUTE, [0.5] * 6 * 30)  # a healthy past, which the clock is about to live again
    watched.put(NOON - 10 * MINUTE, [0.5] * 6 * 10 + [7.0] * 12)
    watched.run(NOON - MINUTE + 5000, NOON + 2 * MINUTE + 5000)
    assert changes(watched.history) == [(-60, OK), (60, ALARM)]

    watched.put(back, [7.0] * 30 + [0.5] * 30 + [7.0] * 12)  # the breach goes on, ends, and comes again
    later = watched.run(back, back + 13 * MINUTE)
    assert [(t.previous, t.state) for t in later] == [(ALARM, OK), (OK, ALARM)]
    assert later[0].at_ms > back + 5 * MINUTE


def test_a_clock_set_back_a_little_waits_until_the_time_is_over() -> None:
    watched = Watched([an_alarm(evaluation_periods=5)])
    watched.put(NOON - 30 * MINUTE, [0.5] * 6 * 40)
    watched.run(NOON - MINUTE, NOON + 5 * MINUTE + 5000)
    watched.asked.clear()
    watched.run(NOON + 3 * MINUTE, NOON + 7 * MINUTE)
    assert [(end - NOON) // MINUTE for _, _, end in watched.asked] == [6]


def test_a_clock_set_back_twice_counts_from_the_earlier_time() -> None:
    watched = Watched([an_alarm()])
    watched.schedule.step(NOON + 5000)
    watched.asked.clear()
    watched.schedule.step(NOON - HOUR + 5000)
    watched.run(NOON - 2 * HOUR, NOON - 2 * HOUR + 5 * MINUTE)
    assert watched.asked[0][2] == NOON - 2 * HOUR - MINUTE + 3 * MINUTE


def test_one_alarm_that_fails_does_not_stop_the_others_and_shows_as_not_evaluated() -> None:
    watched = Watched([an_alarm(name="bad"), an_alarm(name="good")])
    watched.put(NOON - MINUTE, [7.0] * 24)
    watched.run(NOON, NOON + MINUTE)
    watched.broken.add("bad")
    watched.run(NOON + MINUTE, NOON + 3 * MINUTE)
    assert watched.states["good"].evaluated_ms == NOON + 2 * MINUTE
    assert watched.states["bad"].evaluated_ms == NOON
    assert watched.errors == [("bad", "the rollups cannot be read")] * 2  # once a boundary, though tried each second

    watched.broken.clear()
    watched.schedule.step(NOON + 3 * MINUTE - 1000)
    assert watched.states["bad"].evaluated_ms == NOON + 2 * MINUTE


def test_what_is_not_committed_is_evaluated_again() -> None:
    watched = Watched([an_alarm()])
    watched.put(NOON - MINUTE, [7.0] * 6)
    real = watched.commit

    def full(*_: object) -> None:
        raise OSError("disk full")

    watched.commit = full  # type: ignore[method-assign, assignment]
    watched.restart()
    with pytest.raises(OSError, match="disk full"):
        watched.schedule.step(NOON + 5000)
    watched.commit = real  # type: ignore[method-assign]
    watched.restart()
    assert changes(watched.schedule.step(NOON + 6000)) == [(0, ALARM)]


def test_notifications_are_committed_with_their_transition() -> None:
    committed: list[tuple[list[str], list[str]]] = []

    def told(transition: Transition, states: Mapping[str, AlarmState]) -> list[Notification]:
        assert states["slow"].state == transition.state
        return [
            Notification(
                id="1", target="slack", transition=transition, namespace="/a", model_name="m", model_version="1",
                environment="dev", metric="LatencyMs", statistic="Average", unit="Milliseconds", period=60,
                comparison="GreaterThanThreshold", threshold=1.0,
            )
        ]  # fmt: skip

    watched = Watched([an_alarm()])
    watched.put(NOON - MINUTE, [7.0] * 6)
    schedule = Schedule(
        watched.alarms,
        datapoints=watched.datapoints,
        load=dict,
        commit=lambda s, t, n: committed.append(([x.alarm for x in t], [x.target for x in n])),
        notifications=told,
        report=lambda alarm, error: pytest.fail(str(error)),
    )
    schedule.step(NOON + 5000)
    assert committed == [(["slow"], ["slack"])]
