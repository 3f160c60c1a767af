from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.store.rollups.aggregate import Aggregate
from inferwatch.store.rollups.histogram import Histogram, bucket, middle

values = st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-12)
many = st.lists(values, max_size=60)


def histogram(numbers: list[float]) -> Histogram:
    made = Histogram()
    for number in numbers:
        made.add(number)
    return made


def aggregate(numbers: list[float]) -> Aggregate:
    made = Aggregate()
    for number in numbers:
        made.add(number)
    return made


@pytest.mark.parametrize(
    ("value", "index"), [(1.0, -1), (2.0, 63), (4.0, 127), (0.5, -65), (1.005, 0), (2.0 ** (1 / 64) * 1.0001, 1)]
)
def test_buckets_are_those_of_opentelemetry(value: float, index: int) -> None:
    # Scale 6: bucket i is (2 ** (i / 64), 2 ** ((i + 1) / 64)], upper bound included.
    assert bucket(value) == index


@given(st.floats(1e-300, 1e300))
def test_a_bucket_holds_its_value_and_its_middle_is_near(value: float) -> None:
    index = bucket(value)
    assert 2.0 ** (index / 64) <= value * (1 + 1e-12)
    assert value <= 2.0 ** ((index + 1) / 64) * (1 + 1e-12)
    assert math.isclose(middle(index), value, rel_tol=0.0055)


@pytest.mark.parametrize("value", [5e-324, 1.7976931348623157e308, -1.7976931348623157e308])
def test_the_ends_of_the_range(value: float) -> None:
    one = aggregate([value, value])
    assert one.statistic("p50") == value


@given(many)
def test_encoding_gives_it_back(numbers: list[float]) -> None:
    made = histogram(numbers)
    again = Histogram.decode(made.encode())
    assert (again.zero, again.positive, again.negative) == (made.zero, made.positive, made.negative)
    assert again.count == len(numbers)


@given(many, many, many)
def test_merging_knows_no_order(one: list[float], two: list[float], three: list[float]) -> None:
    left = histogram(one)
    left.merge(histogram(two))
    left.merge(histogram(three))
    right = histogram(three)
    middle_ = histogram(two)
    middle_.merge(histogram(one))
    right.merge(middle_)
    assert left == right == histogram(one + two + three)


@given(st.lists(values, min_size=1, max_size=80), st.sampled_from([0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 100]))
def test_percentiles_are_within_one_percent_of_the_nearest_rank(numbers: list[float], share: float) -> None:
    rank = max(1, math.ceil(round(share * len(numbers) / 100, 9)))
    exact = sorted(numbers)[rank - 1]
    assert math.isclose(aggregate(numbers).statistic(f"p{share:g}"), exact, rel_tol=0.01)


def test_the_rank_is_exact_where_floats_are_not() -> None:
    # 99.9 / 100 * 1000 is more than 999 in floats, which would be the 1000th value.
    assert aggregate([1.0] * 999 + [100.0]).statistic("p99.9") == pytest.approx(1.0, rel=0.01)


@given(st.lists(values, min_size=1, max_size=30), many)
def test_an_aggregate_merges_as_if_it_had_seen_all(one: list[float], two: list[float]) -> None:
    merged = aggregate(one)
    merged.merge(aggregate(two))
    whole = aggregate(one + two)
    for statistic in ("SampleCount", "Minimum", "Maximum", "p0", "p50", "p99", "p100"):
        assert merged.statistic(statistic) == whole.statistic(statistic)
    scale = sum(map(abs, one + two))
    assert merged.statistic("Sum") == pytest.approx(math.fsum(one + two), abs=scale * 1e-12)
    assert merged.statistic("Average") == pytest.approx(math.fsum(one + two) / len(one + two), abs=scale * 1e-12)


@pytest.mark.parametrize("bad", [b"", b"\x02\x00\x00\x00", histogram([1.0, 2.0]).encode()[:-1], b"\x01"])
def test_bytes_of_something_else_are_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match="histogram"):
        Histogram.decode(bad)


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match="not a statistic"):
        aggregate([1.0]).statistic("Median")
