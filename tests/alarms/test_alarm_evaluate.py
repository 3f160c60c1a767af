from __future__ import annotations

import random

import pytest
from alarm_series import MINUTE, NOON, an_alarm, drawn
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.alarms.evaluate import evaluate
from inferwatch.alarms.timing import EXTRA_PERIODS, evaluation_range
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, Datapoint, State
from inferwatch.spec.alarm import AlarmSpec

states = st.sampled_from([OK, ALARM, INSUFFICIENT_DATA])


@st.composite
def alarms(draw: st.DrawFn, **fixed: object) -> AlarmSpec:
    n = draw(st.integers(1, 6))
    free = {
        "evaluation_periods": n,
        "datapoints_to_alarm": draw(st.none() | st.integers(1, n)),
        "period": draw(st.sampled_from([10, 60, 300])),
        "treat_missing_data": draw(st.sampled_from(["missing", "ignore", "breaching", "notBreaching"])),
    }
    return an_alarm(**{**free, **fixed})


@st.composite
def pictures(draw: st.DrawFn, alarm: AlarmSpec, marks: str = "X0-") -> str:
    length = alarm.evaluation_periods + EXTRA_PERIODS
    return draw(st.text(marks, min_size=length, max_size=length))


@given(st.data())
def test_only_the_range_matters(data: st.DataObject) -> None:
    alarm, previous = data.draw(alarms()), data.draw(states)
    inside = drawn(data.draw(pictures(alarm)), alarm.period)
    start_ms, end_ms = evaluation_range(alarm, NOON)
    before, after = data.draw(st.integers(1, 10**9)), data.draw(st.integers(0, 10**9))
    outside = [Datapoint(start_ms - before, 2.0), Datapoint(end_ms + after, 2.0)]
    assert evaluate(alarm, inside + outside, NOON, previous) == evaluate(alarm, inside, NOON, previous)


@given(st.data())
def test_order_does_not_matter(data: st.DataObject) -> None:
    alarm, previous = data.draw(alarms()), data.draw(states)
    points = drawn(data.draw(pictures(alarm)), alarm.period)
    shuffled = random.Random(data.draw(st.integers())).sample(points, len(points))
    assert evaluate(alarm, shuffled, NOON, previous) == evaluate(alarm, points, NOON, previous)


@given(st.data())
def test_moving_everything_by_whole_periods_moves_only_the_dates(data: st.DataObject) -> None:
    alarm, previous, shift = data.draw(alarms()), data.draw(states), data.draw(st.integers(-(10**4), 10**4))
    picture = data.draw(pictures(alarm))
    later = NOON + shift * alarm.period * 1000
    here = evaluate(alarm, drawn(picture, alarm.period), NOON, previous)
    there = evaluate(alarm, drawn(picture, alarm.period, later), later, previous)
    assert there.state == here.state
    assert [p.value for p in there.datapoints] == [p.value for p in here.datapoints]


@given(st.data())
def test_the_instant_within_the_interval_does_not_matter(data: st.DataObject) -> None:
    alarm, previous, late_ms = data.draw(alarms()), data.draw(states), data.draw(st.integers(0, 9_999))
    points = drawn(data.draw(pictures(alarm)), alarm.period)
    assert evaluate(alarm, points, NOON + late_ms, previous) == evaluate(alarm, points, NOON, previous)


@given(st.data())
def test_without_a_breach_only_treating_gaps_as_breaching_alarms(data: st.DataObject) -> None:
    treatment = data.draw(st.sampled_from(["missing", "ignore", "notBreaching"]))
    alarm = data.draw(alarms(treat_missing_data=treatment))
    points = drawn(data.draw(pictures(alarm, "0-")), alarm.period)
    assert evaluate(alarm, points, NOON, OK).state != ALARM


@given(st.data())
def test_enough_data_makes_all_treatments_and_pasts_agree(data: st.DataObject) -> None:
    alarm = data.draw(alarms())
    points = drawn(data.draw(pictures(alarm, "0X")), alarm.period)
    found = {
        evaluate(an_alarm_like(alarm, treatment), points, NOON, previous).state
        for treatment in ("missing", "ignore", "breaching", "notBreaching")
        for previous in (OK, ALARM, INSUFFICIENT_DATA)
    }
    newest = points[-alarm.evaluation_periods :]
    assert found == {ALARM if sum(p.value > 1 for p in newest) >= alarm.m else OK}


@given(st.data())
def test_breaching_is_the_strictest_treatment_and_not_breaching_the_mildest(data: st.DataObject) -> None:
    alarm = data.draw(alarms())
    points = drawn(data.draw(pictures(alarm)), alarm.period)
    severity = [
        evaluate(an_alarm_like(alarm, treatment), points, NOON, OK).state == ALARM
        for treatment in ("notBreaching", "missing", "breaching")
    ]
    assert severity == sorted(severity)


@given(st.data())
def test_insufficient_data_is_only_for_missing_without_a_datapoint(data: st.DataObject) -> None:
    alarm = data.draw(alarms())
    picture = data.draw(pictures(alarm))
    found = evaluate(alarm, drawn(picture, alarm.period), NOON, OK)
    expected = alarm.treat_missing_data == "missing" and set(picture) == {"-"}
    assert (found.state == INSUFFICIENT_DATA) == expected


def an_alarm_like(alarm: AlarmSpec, treatment: str) -> AlarmSpec:
    return an_alarm(
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        period=alarm.period,
        treat_missing_data=treatment,
    )


@pytest.mark.parametrize(
    ("picture", "previous", "expected"),
    [
        ("----X", OK, OK),  # too young to be ALARM: the state stays
        ("----X", ALARM, ALARM),
        ("----X", INSUFFICIENT_DATA, OK),
        ("---XX", OK, OK),
        ("--XXX", OK, ALARM),
        ("X----", OK, ALARM),  # older than N, but within the range
        ("-X---", INSUFFICIENT_DATA, ALARM),
    ],
)
def test_choices_where_cloudwatch_is_silent(picture: str, previous: State, expected: State) -> None:
    alarm = an_alarm(evaluation_periods=3, datapoints_to_alarm=3)
    assert evaluate(alarm, drawn(picture), NOON, previous).state == expected


@pytest.mark.parametrize(
    ("comparison", "at_threshold", "below", "above"),
    [
        ("GreaterThanThreshold", OK, OK, ALARM),
        ("GreaterThanOrEqualToThreshold", ALARM, OK, ALARM),
        ("LessThanThreshold", OK, ALARM, OK),
        ("LessThanOrEqualToThreshold", ALARM, ALARM, OK),
    ],
)
def test_comparisons(comparison: str, at_threshold: State, below: State, above: State) -> None:
    alarm = an_alarm(comparison=comparison, threshold=5.0)
    found = [evaluate(alarm, [Datapoint(NOON - MINUTE, v)], NOON, OK).state for v in (5.0, 4.0, 6.0)]
    assert found == [at_threshold, below, above]


@pytest.mark.parametrize(
    ("statistic", "few", "enough"),
    [("p50", 19, 20), ("p90", 99, 100), ("p99", 999, 1000), ("p99.9", 9999, 10_000), ("p10", 99, 100), ("p25", 39, 40)],
)
def test_percentiles_of_few_samples_may_be_ignored(statistic: str, few: int, enough: int) -> None:
    alarm = an_alarm(statistic=statistic, evaluate_low_sample_count_percentile="ignore")
    for previous in (OK, ALARM, INSUFFICIENT_DATA):
        assert evaluate(alarm, [Datapoint(NOON - MINUTE, 2.0, few)], NOON, previous).state == previous
        assert evaluate(alarm, [Datapoint(NOON - MINUTE, 2.0, enough)], NOON, previous).state == ALARM


@pytest.mark.parametrize("statistic", ["p0", "p100", "Average"])
def test_what_is_no_estimate_never_has_too_few_samples(statistic: str) -> None:
    alarm = an_alarm(statistic=statistic, evaluate_low_sample_count_percentile="ignore")
    assert evaluate(alarm, [Datapoint(NOON - MINUTE, 2.0, 1)], NOON, OK).state == ALARM


def test_few_samples_decide_unless_told_otherwise() -> None:
    alarm = an_alarm(statistic="p99")
    assert evaluate(alarm, [Datapoint(NOON - MINUTE, 2.0, 1)], NOON, OK).state == ALARM


def test_a_value_that_is_no_number_is_no_datapoint() -> None:
    found = evaluate(an_alarm(), [Datapoint(NOON - MINUTE, float("nan"))], NOON, OK)
    assert found.state == INSUFFICIENT_DATA
    assert evaluate(an_alarm(), [Datapoint(NOON - MINUTE, float("inf"))], NOON, OK).state == ALARM
