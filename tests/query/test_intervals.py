"""Intervals against published values, and by how often they hold what they are to hold."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from inferwatch.query import intervals
from inferwatch.query.intervals import Estimate

ROUNDS = 2000
HELD = 0.95
SLACK = 0.02  # more than four standard errors of a share of 0.95 in so many rounds


def held(rounds: int, holds: Callable[[random.Random], bool]) -> float:
    chance = random.Random(20261121)
    return sum(holds(chance) for _ in range(rounds)) / rounds


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_proportion_has_the_interval_of_newcombe_1998_table_i(found: int, of: int, low: float, high: float) -> None:
    interval = intervals.proportion(found, of)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert interval.value == found / of


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_a_difference_of_proportions_has_the_interval_of_newcombe_1998_table_ii(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = intervals.difference(intervals.proportion(*second), intervals.proportion(*first))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_a_mean_has_the_interval_of_students_t() -> None:
    # t of 29 degrees of freedom at 0.975 is 2.0452296, of 99 it is 1.9842170.
    for values, quantile in ((30, 2.0452296), (100, 1.9842170)):
        found = intervals.mean(5.0, 2.0, values)
        assert found.high - 5.0 == pytest.approx(quantile * 2.0 / math.sqrt(values), rel=1e-5)
        assert 5.0 - found.low == pytest.approx(found.high - 5.0)


def test_a_rate_of_nothing_is_not_known_to_be_nothing() -> None:
    found = intervals.rate(0, 10.0)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high > 0.3


@pytest.mark.parametrize("percent", [50.0, 90.0, 99.0])
def test_ranks_hold_the_percentile_as_often_as_they_say(percent: float) -> None:
    values = 600

    def holds(chance: random.Random) -> bool:
        ends = intervals.ranks(percent, values)
        assert ends is not None
        sample = sorted(chance.random() for _ in range(values))
        return sample[ends[0] - 1] <= percent / 100 <= sample[ends[1] - 1]

    assert held(500, holds) >= HELD - 0.03


def test_too_few_values_have_no_interval_of_a_high_percentile() -> None:
    assert intervals.ranks(99.0, 100) is None
    enough = intervals.needed(99.0)
    assert intervals.ranks(99.0, enough) is not None
    assert intervals.ranks(99.0, enough - 1) is None
    assert intervals.needed(50.0) == intervals.LEAST


def test_a_difference_of_means_holds_the_true_one_as_often_as_it_says() -> None:
    def estimate(chance: random.Random, middle: float, spread: float, count: int) -> Estimate:
        sample = [chance.gauss(middle, spread) for _ in range(count)]
        average = sum(sample) / count
        deviation = math.sqrt(sum((value - average) ** 2 for value in sample) / (count - 1))
        return intervals.mean(average, deviation, count)

    def holds(chance: random.Random) -> bool:
        found = intervals.difference(estimate(chance, 10, 3, 40), estimate(chance, 12, 1, 60))
        return found.low <= 2 <= found.high

    assert held(ROUNDS, holds) == pytest.approx(HELD, abs=SLACK)


def test_the_same_on_both_sides_differs_by_nothing() -> None:
    same = Estimate(4.0, 3.0, 6.0)
    found = intervals.difference(same, same)
    assert found.value == 0
    assert found.low < 0 < found.high
