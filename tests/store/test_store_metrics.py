from __future__ import annotations

import shutil
from functools import reduce
from operator import add
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_lines import DIMENSIONS, EVER, NAMESPACE, NOW, append, line

from inferwatch.alarms.values import Datapoint
from inferwatch.errors import QueryError
from inferwatch.ports import MetricSource
from inferwatch.store import Store

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def store_of(data: Path, starts: list[int], now: int = NOW) -> Store:
    """A store with one record for each start; the n-th took n milliseconds."""
    append(data, b"".join(line(number, start, elapse=float(number)) for number, start in enumerate(starts)))
    store = Store.open(data, writer=True)
    store.ingest(now)
    return store


def ask(
    source: MetricSource, statistic: str, period: int, start: int, end: int, metric: str = "LatencyMs"
) -> list[Datapoint]:
    return list(source.datapoints(metric, statistic, period, start, end, DIMENSIONS))


def test_each_statistic(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW - MINUTE + number * 100 for number in range(101)]) as store:
        source = store.metrics(NAMESPACE)
        found = {
            statistic: ask(source, statistic, 60, NOW - MINUTE, NOW)
            for statistic in ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p0", "p50", "p99", "p100")
        }
    assert {statistic: point.value for statistic, (point,) in found.items()} == {
        "Sum": 5050,
        "Average": 50,
        "Minimum": 0,
        "Maximum": 100,
        "SampleCount": 101,
        "p0": 0,
        "p50": pytest.approx(50, rel=0.01),
        "p99": pytest.approx(99, rel=0.01),
        "p100": 100,
    }
    assert found["Sum"][0].samples == 101


@given(
    st.lists(st.integers(0, 3 * HOUR - 1), min_size=1, max_size=30),
    st.sampled_from([10, 20, 30, 60, 120, 300, 420, 3600]),
    st.integers(-HOUR, 2 * HOUR),
    st.integers(1, 2 * HOUR),
)
@settings(max_examples=25, deadline=None)
def test_periods_are_counted_from_the_start_asked_for(
    tmp_path_factory: pytest.TempPathFactory, ages: list[int], period: int, offset: int, length: int
) -> None:
    """Against the definition: the k-th period begins k periods after the start, rounded down."""
    starts = [NOW - 1 - age for age in ages]
    start, end = NOW - 2 * HOUR + offset, NOW - 2 * HOUR + offset + length
    first = start - start % (MINUTE if period >= 60 else 10_000)
    expected: dict[int, int] = {}
    for at in starts:
        begins = first + (at - first) // (period * 1000) * period * 1000
        if first <= begins < end:
            expected[begins] = expected.get(begins, 0) + 1
    with store_of(tmp_path_factory.mktemp("data"), starts) as store:
        found = ask(store.metrics(NAMESPACE), "Sum", period, start, end, "Invocations")
    assert {point.timestamp_ms: point.value for point in found} == expected
    assert [point.timestamp_ms for point in found] == sorted(expected)


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW]) as store:
        source = store.metrics(NAMESPACE)
        for period in (0, -60, 1, 5, 15, 40, 50, 61, 90):
            with pytest.raises(QueryError, match="period"):
                ask(source, "Sum", period, NOW - HOUR, NOW)
        for statistic in ("Median", "p101", "sum", ""):
            with pytest.raises(QueryError, match="is not a statistic"):
                ask(source, statistic, 60, NOW - HOUR, NOW)
        assert ask(source, "Sum", 60, NOW - HOUR, NOW, "Unknown") == []
        assert list(source.datapoints("LatencyMs", "Sum", 60, NOW - HOUR, NOW, {"model_name": "doc"})) == []
        assert ask(store.metrics("elsewhere"), "Sum", 60, NOW - HOUR, NOW) == []


def test_all_is_there_when_every_line_and_every_file_is_gone(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW - number * 5_000 for number in range(500)]) as store:
        store.compact(NOW)
        before = {s: ask(store.metrics(NAMESPACE), s, 60, NOW - HOUR, NOW + 1) for s in ("Sum", "p99", "Average")}
    shutil.rmtree(tmp_path / "logs")
    shutil.rmtree(tmp_path / "lake")
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        after = {s: ask(store.metrics(NAMESPACE), s, 60, NOW - HOUR, NOW + 1) for s in ("Sum", "p99", "Average")}
        assert store.records(EVER) == []
    assert before == after
    assert sum(point.samples for point in after["Sum"]) == 500


def test_thinning_keeps_what_cloudwatch_keeps(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW - 5 * MINUTE + number * 10_000 for number in range(30)]) as store:
        spans = lambda: dict(store._connection.execute("SELECT span, count(*) FROM rollup GROUP BY span"))  # noqa: E731
        series = len(store.series())
        assert spans() == {10: 30 * series, 60: 5 * series, 300: 2 * series, 3600: 1 * series}
        for now, left in (
            (NOW + 2 * HOUR, 4),
            (NOW + 5 * HOUR, 3),
            (NOW + 16 * DAY, 2),
            (NOW + 64 * DAY, 1),
            (NOW + 456 * DAY, 0),
        ):
            store.thin(now)
            assert len(spans()) == left


def test_longer_spans_answer_where_shorter_ones_are_thinned(tmp_path: Path) -> None:
    starts = [NOW - 6 * HOUR + number * 10_000 for number in range(6 * 360)]
    with store_of(tmp_path, starts) as store:
        whole = ask(store.metrics(NAMESPACE), "Sum", 10, NOW - 6 * HOUR, NOW, "Invocations")
        store.thin(NOW)
        thinned = ask(store.metrics(NAMESPACE), "Sum", 10, NOW - 6 * HOUR, NOW, "Invocations")
        assert len(whole) == len(starts)
        assert sum(point.value for point in thinned) == len(starts)
        assert {point.value for point in thinned} == {1, 6}
        assert all(point.timestamp_ms >= NOW - 4 * HOUR for point in thinned if point.value == 1)
        assert ask(store.metrics(NAMESPACE), "p50", 60, NOW - 6 * HOUR, NOW)[0].samples == 6


def test_late_data_after_thinning_is_counted_once(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW - 5 * HOUR]) as store:
        store.thin(NOW)
        append(tmp_path, line(77, NOW - 5 * HOUR))
        store.ingest(NOW)
        (point,) = ask(store.metrics(NAMESPACE), "Sum", 60, NOW - 6 * HOUR, NOW, "Invocations")
        assert point.value == 2
        assert sum(p.value for p in ask(store.metrics(NAMESPACE), "Sum", 10, NOW - 6 * HOUR, NOW, "Invocations")) == 2


def test_a_clock_that_jumps_a_day_and_back_loses_nothing(tmp_path: Path) -> None:
    with store_of(tmp_path, [NOW - number * 1_000 for number in range(100)]) as store:
        store.thin(NOW + DAY)
        store.ingest(NOW + DAY)
        store.compact(NOW + DAY)
        append(tmp_path, line(1000, NOW + 1_000) + line(1, NOW - 1_000))
        store.ingest(NOW + 2_000)
        store.thin(NOW + 2_000)
        for period in (10, 60):
            points = ask(store.metrics(NAMESPACE), "Sum", period, NOW - HOUR, NOW + HOUR, "Invocations")
            assert sum(point.value for point in points) == 101
        assert len(store.records(EVER)) == 101


def test_time_that_is_lived_again_after_a_jump_of_the_clock_has_datapoints_of_ten_seconds(tmp_path: Path) -> None:
    """An alarm with a period of 10 s must not go blind until the clock has come to where it had jumped to."""
    with store_of(tmp_path, [NOW - MINUTE]) as store:
        store.thin(NOW + DAY)
        append(tmp_path, b"".join(line(1000 + number, NOW + number * 5_000) for number in range(24)))
        store.ingest(NOW + 2 * MINUTE)
        source = store.metrics(NAMESPACE)
        for end in range(NOW + 10_000, NOW + 2 * MINUTE, 10_000):
            points = ask(source, "SampleCount", 10, end - 30_000, end, "Invocations")
            assert [(point.timestamp_ms, point.value) for point in points if point.timestamp_ms >= NOW] == [
                (at_ms, 2) for at_ms in range(max(NOW, end - 30_000), end, 10_000)
            ]


def test_the_average_of_equal_values_is_that_value(tmp_path: Path) -> None:
    append(tmp_path, b"".join(line(number, NOW - MINUTE, elapse=0.1) for number in range(100)))
    assert reduce(add, [0.1] * 100) / 100 != 0.1
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        (point,) = ask(store.metrics(NAMESPACE), "Average", 60, NOW - MINUTE, NOW)
    assert point.value == 0.1
