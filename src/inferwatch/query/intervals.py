"""Confidence intervals of what is compared between versions, at 95 %.

proportion: Wilson's score interval (Wilson 1927). rate: the score interval of a Poisson count. mean: Student's t, by
the expansion of Fisher and Cornish (Abramowitz and Stegun 26.7.5). percentile: ranks by the binomial distribution of
how many values lie below it (David and Nagaraja, Order Statistics, 7.1), by its normal approximation. difference:
from the intervals of both sides (Zou and Donner 2008, which for proportions is Newcombe's method 10).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import msgspec

LEVEL: Final = 0.95
LEAST: Final = 30
"""Fewer values of one side say too little, whatever the interval: the approximations above are not made for them."""

_Z: Final = NormalDist().inv_cdf((1 + LEVEL) / 2)


class Estimate(msgspec.Struct, frozen=True):
    """A value, and between what it lies."""

    value: float
    low: float
    high: float


def proportion(found: int, of: int) -> Estimate:
    """found of `of` >= 1 had it."""
    share = found / of
    middle = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / (1 + _Z**2 / of)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(share, 0.0 if found == 0 else low, 1.0 if found == of else high)


def rate(count: int, spans: float) -> Estimate:
    """How many come in one of `spans` > 0 spans of time."""
    middle, half = count + _Z**2 / 2, _Z * math.sqrt(count + _Z**2 / 4)
    return Estimate(count / spans, max(0.0, middle - half) / spans, (middle + half) / spans)


def mean(average: float, deviation: float, values: int) -> Estimate:
    """deviation: of the sample; values >= 2."""
    half = _student(values - 1) * deviation / math.sqrt(values)
    return Estimate(average, average - half, average + half)


def ranks(percent: float, values: int) -> tuple[int, int] | None:
    """The ranks, from 1, of the values between which a percentile lies; None where there are too few to say."""
    share = percent / 100
    half = _Z * math.sqrt(values * share * (1 - share))
    low, high = math.floor(values * share - half), math.ceil(values * share + half) + 1
    return (low, high) if low >= 1 and high <= values else None


def needed(percent: float) -> int:
    """So many values a percentile's interval takes."""
    values = LEAST
    while ranks(percent, values) is None:
        values += 1
    return values


def difference(first: Estimate, second: Estimate) -> Estimate:
    """second less first, of two samples that know nothing of each other."""
    value = second.value - first.value
    low = value - math.hypot(second.value - second.low, first.high - first.value)
    high = value + math.hypot(second.high - second.value, first.value - first.low)
    return Estimate(value, low, high)


def _student(freedom: int) -> float:
    first = (_Z**3 + _Z) / 4
    second = (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / 96
    third = (3 * _Z**7 + 19 * _Z**5 + 17 * _Z**3 - 15 * _Z) / 384
    return _Z + first / freedom + second / freedom**2 + third / freedom**3
