"""Which periods CloudWatch can be asked for, by the age of the data. Times are epoch milliseconds, periods seconds."""

from __future__ import annotations

from itertools import pairwise
from math import gcd
from typing import NamedTuple

from inferwatch.spec.period import MINUTE, RETENTION


class Part(NamedTuple):
    """A part of a time range, [start_ms, end_ms), and the period by which to ask for it. It is of whole periods."""

    period: int
    start_ms: int
    end_ms: int


def parts(period: int, first_ms: int, end_ms: int, now_ms: int, finest: int) -> list[Part]:
    """How to ask for the periods of `period` seconds from `first_ms` on, the oldest part first.

    The older data is, the longer are the periods in which it is kept, and CloudWatch gives nothing for a shorter one:
    then a longer one is asked for. Nothing is counted twice: a part ends where both kinds of periods do; where they
    never do, as with two minutes from an odd minute on, less than `period` between two parts is left out.
    finest: the shortest period that the metric has at any age. What is older than anything kept is left out.
    """
    found: list[Part] = []
    end_ms = _next(first_ms, period, end_ms)
    start_ms = max(first_ms, _next(first_ms, period, now_ms - 1000 * max(RETENTION.values())))
    for kept, until_ms in _ages(now_ms):
        span = max(kept, finest, min(period, MINUTE))
        asked = -(-period // span) * span
        aligned_ms = start_ms - start_ms % (1000 * span)
        stop_ms = end_ms if until_ms is None else min(end_ms, _both(start_ms, period, aligned_ms, asked, until_ms))
        if stop_ms <= start_ms:
            continue
        if found and found[-1].period == asked:
            aligned_ms = found.pop().start_ms
        found.append(Part(asked, aligned_ms, _next(aligned_ms, asked, stop_ms)))
        start_ms = _next(first_ms, period, found[-1].end_ms)
    return found


def _ages(now_ms: int) -> list[tuple[int, int | None]]:
    """The periods in which data is kept, for the oldest data first, each with the time of the first data after it."""
    kept = [*RETENTION.items()][::-1]
    older = [(period, now_ms - 1000 * age) for (period, _), (_, age) in pairwise(kept)]
    return [*older, (kept[-1][0], None)]


def _next(first_ms: int, period: int, at_ms: int) -> int:
    """The first beginning of a period at or after `at_ms`; one begins at `first_ms`."""
    return at_ms + (first_ms - at_ms) % (1000 * period)


def _both(first_ms: int, period: int, long_first_ms: int, long: int, at_ms: int) -> int:
    """As `_next`, but where a period of each kind begins; where they never do together, as `_next`."""
    begin = _next(first_ms, period, at_ms)
    together = range(begin, begin + 1000 * period * (long // gcd(long, period)), 1000 * period)
    return next((at for at in together if (at - long_first_ms) % (1000 * long) == 0), begin)
