from __future__ import annotations

import pytest
from alarm_series import MINUTE, NOON, an_alarm
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.alarms.timing import boundary, evaluation_range, interval


@pytest.mark.parametrize(
    ("period", "periods", "seconds"),
    [
        (10, 1, 10),
        (20, 3, 10),
        (30, 2880, 10),
        (60, 1, 60),
        (300, 3, 60),
        (3600, 24, 60),  # exactly a day is not more than a day
        (3600, 25, 3600),
        (86_400, 2, 3600),
    ],
)
def test_interval(period: int, periods: int, seconds: int) -> None:
    assert interval(an_alarm(period=period, evaluation_periods=periods)) == seconds


def test_a_long_period_slides_by_the_minute() -> None:
    alarm = an_alarm(period=300)
    ends = [evaluation_range(alarm, NOON + k * MINUTE)[1] - NOON for k in range(4)]
    assert ends == [0, MINUTE, 2 * MINUTE, 3 * MINUTE]


def test_an_hourly_alarm_looks_at_data_up_to_the_hour() -> None:
    alarm = an_alarm(period=86_400, evaluation_periods=2)
    assert evaluation_range(alarm, NOON + 59 * MINUTE) == (NOON - 4 * 86_400_000, NOON)


@given(st.integers(0, 4 * 10**12), st.sampled_from([10, 20, 30, 60, 300, 3600]), st.integers(1, 7))
def test_range_ends_at_the_boundary_and_holds_whole_periods(now_ms: int, period: int, periods: int) -> None:
    alarm = an_alarm(period=period, evaluation_periods=periods)
    start_ms, end_ms = evaluation_range(alarm, now_ms)
    assert end_ms == boundary(alarm, now_ms)
    assert 0 <= now_ms - end_ms < interval(alarm) * 1000
    assert end_ms - start_ms == (periods + 2) * period * 1000
    # The grid that MetricSource promises: periods begin where the range does.
    assert start_ms % (10_000 if period < 60 else 60_000) == 0
