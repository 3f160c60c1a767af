"""Composite alarms: the rule over every combination of states, and what the schedule makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from alarm_series import MINUTE, NOON, Watched, an_alarm
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.alarms.composite import composites, evaluate, holds
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, AlarmState, State
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.composite_rule import alarms, parse

STATES: tuple[State, ...] = (OK, ALARM, INSUFFICIENT_DATA)


def naive(rule: str, states: Mapping[str, str]) -> bool:
    """The rule by Python's own `and`, `or` and `not`: of one-letter names, without AT_LEAST's percentages."""

    def at_least(least: int, wanted: tuple[bool, str], names: tuple[str, ...]) -> bool:
        positive, state = wanted
        return sum((states[name] == state) is positive for name in names) >= least

    names = {state: (True, state) for state in STATES}
    calls = {state: lambda name, state=state: states[name] == state for state in STATES}
    python = rule.replace("AT_LEAST", "at_least").replace("TRUE", "True").replace("FALSE", "False")
    for state in STATES:
        python = python.replace(f"NOT {state},", f"(False, '{state}'),").replace(f" {state},", f" names['{state}'],")
        python = python.replace(f"{state}(", f"calls['{state}'](")
    python = python.replace(" AND ", " and ").replace(" OR ", " or ").replace("NOT ", "not ")
    known = {"calls": calls, "names": names, "at_least": at_least, "a": "a", "b": "b", "c": "c"}
    return bool(eval(python, known))


def atoms() -> st.SearchStrategy[str]:
    state, name = st.sampled_from(STATES), st.sampled_from("abc")
    return (
        st.builds("{}({})".format, state, name)
        | st.sampled_from(["TRUE", "FALSE"])
        | st.builds("AT_LEAST({}, {}{}, (a, b, c))".format, st.integers(1, 3), st.sampled_from(["", "NOT "]), state)
    )


rules = st.recursive(
    atoms(),
    lambda below: (
        st.builds("NOT ({})".format, below)
        | st.builds("{} AND {}".format, below, below)
        | st.builds("{} OR {}".format, below, below)
        | st.builds("({})".format, below)
    ),
    max_leaves=8,
)


@given(rules)
def test_rules_mean_what_python_makes_of_them(text: str) -> None:
    rule = parse(text)
    for combination in itertools.product(STATES, repeat=3):
        states = dict(zip("abc", combination, strict=True))
        assert holds(rule, states) is naive(text, states)


@pytest.mark.parametrize(
    ("least", "in_alarm", "expected"),
    [("50%", 1, False), ("50%", 2, True), ("67%", 2, False), ("67%", 3, True), ("1%", 0, False), ("100%", 3, True)],
)
def test_percentages_are_of_the_alarms_named(least: str, in_alarm: int, expected: bool) -> None:
    rule = parse(f"AT_LEAST({least}, ALARM, (a, b, c))")
    assert holds(rule, {name: ALARM if i < in_alarm else OK for i, name in enumerate("abc")}) is expected


def test_an_alarm_without_a_state_has_insufficient_data() -> None:
    assert holds(parse("INSUFFICIENT_DATA(a) AND NOT OK(a)"), {})


def composite(name: str, rule: str) -> CompositeAlarmSpec:
    return CompositeAlarmSpec(name=name, rule=rule)


def standing(alarm: str, state: State, at_ms: int = NOON) -> AlarmState:
    return AlarmState(alarm=alarm, state=state, reason="", since_ms=at_ms, evaluated_ms=at_ms)


def test_children_are_evaluated_before_their_parents_whatever_the_specs_order() -> None:
    found = composites([composite("c", "OK(b)"), composite("b", "OK(a)"), composite("a", "OK(slow)")])
    assert [each.alarm.name for each in found] == ["a", "b", "c"]
    assert found[0].children == alarms(found[0].rule) == ("slow",)


def test_the_reason_names_the_child_that_changed_last() -> None:
    (both,) = composites([composite("both", "ALARM(a) AND ALARM(b)")])
    before = {"both": standing("both", OK, NOON - MINUTE), "a": standing("a", ALARM, NOON - 30_000)}
    state, transition = evaluate(both, {**before, "b": standing("b", ALARM)}, {"b"}, NOON)
    assert state.reason == "b transitioned to ALARM at Saturday 21 November, 2026 12:00:00 UTC"
    assert transition is not None
    assert (transition.previous, transition.state, transition.at_ms, transition.value) == (OK, ALARM, NOON, None)


def test_a_child_that_was_evaluated_late_is_named_all_the_same() -> None:
    (one,) = composites([composite("one", "ALARM(late) OR ALARM(other)")])
    states = {
        "one": standing("one", OK),
        "late": standing("late", ALARM, NOON - MINUTE),
        "other": standing("other", OK),
    }
    assert evaluate(one, states, {"late"}, NOON)[0].reason.startswith("late transitioned to ALARM at ")
    assert evaluate(one, states, set(), NOON)[0].reason == "one was updated and its alarm rule evaluates to ALARM"


def watched(*declared: CompositeAlarmSpec) -> Watched:
    slow = an_alarm(period=10, treat_missing_data="notBreaching")
    return Watched([slow], composites=declared)


def changes(found: Watched) -> list[tuple[int, str, str]]:
    return [((t.at_ms - NOON) // 1000, t.alarm, t.state) for t in found.history]


def test_insufficient_data_is_left_at_the_first_evaluation() -> None:
    found = watched(composite("page", "ALARM(slow)"))
    found.schedule.step(NOON + 5000)
    (_, created) = found.history
    assert (created.previous, created.state, created.at_ms) == (INSUFFICIENT_DATA, OK, NOON)
    assert created.reason == "page was created and its alarm rule evaluates to OK"


def test_a_composite_follows_its_child_in_the_same_step_and_its_parent_it() -> None:
    found = watched(composite("outer", "ALARM(inner)"), composite("inner", "ALARM(slow)"))
    found.put(NOON, [0, 7, 7, 0])
    found.run(NOON + 5000, NOON + 50_000)
    names = ["slow", "inner", "outer"]
    expected = [(at, name, state) for at, state in ((0, OK), (20, ALARM), (40, OK)) for name in names]
    assert changes(found) == expected
    assert found.states["outer"].reason == "inner transitioned to OK at Saturday 21 November, 2026 12:00:40 UTC"


def test_what_does_not_change_is_evaluated_and_written_with_its_children_only() -> None:
    found = watched(composite("page", "ALARM(slow)"), composite("never", "FALSE"))
    found.run(NOON + 5000, NOON + 12_000, 500)
    commits: list[list[str]] = []
    found.commit = lambda states, t, n: commits.append([s.alarm for s in states])  # type: ignore[method-assign]
    found.restart()
    found.schedule.step(NOON + 11_900)
    assert commits == []
    found.schedule.step(NOON + 12_000)
    assert commits == [["slow", "page"]]
    assert found.states["never"].state == OK


def test_a_changed_rule_is_evaluated_at_the_next_step() -> None:
    found = watched(composite("page", "ALARM(slow)"))
    found.schedule.step(NOON + 5000)
    found.composites = [composite("page", "OK(slow)")]
    found.restart()
    found.schedule.step(NOON + 5500)
    assert changes(found)[-1] == (0, "page", ALARM)
    assert found.states["page"].reason == "page was updated and its alarm rule evaluates to ALARM"


def test_a_child_that_cannot_be_evaluated_keeps_its_state_and_so_does_the_composite() -> None:
    found = watched(composite("page", "ALARM(slow)"))
    found.put(NOON, [7])
    found.run(NOON + 5000, NOON + 15_000)
    found.broken.add("slow")
    found.run(NOON + 15_000, NOON + 60_000)
    assert found.states["page"].state == ALARM
    assert found.states["page"].evaluated_ms == NOON + 10_000


def test_a_composite_that_cannot_be_told_of_is_reported_once_a_boundary_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = watched(composite("inner", "ALARM(slow)"), composite("outer", "OK(inner)"), composite("other", "OK(slow)"))

    def told(transition: object, states: Mapping[str, AlarmState]) -> list[object]:
        if getattr(transition, "alarm", "") == "inner":
            raise ValueError("no")
        return []

    monkeypatch.setattr(found.schedule, "_notifications", told)
    found.run(NOON + 5000, NOON + 12_000)
    assert found.errors == [("inner", "no")]
    assert [(name, state) for _, name, state in changes(found)] == [("slow", OK), ("other", ALARM), ("outer", OK)]
