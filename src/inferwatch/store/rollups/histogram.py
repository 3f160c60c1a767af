"""Exponential histogram of scale 6, as the OpenTelemetry data model defines it, and its compact bytes.

With base = 2 ** (1 / 64), bucket i holds the absolute values in (base ** i, base ** (i + 1)]; zeros and negative
values have counts of their own. A bucket's middle is within 0.55 % of each of its values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

SCALE = 6
_STEPS = 1 << SCALE
_BASE: float = 2.0 ** (1 / _STEPS)
# The harmonic mean of a bucket's bounds, as a multiple of the lower one: its relative error is the same at both.
_MIDDLE = 2 * _BASE / (1 + _BASE)
_FRACTIONS: list[float] = [2.0 ** (step / _STEPS) for step in range(_STEPS)]
_VERSION = 1


class Histogram:
    """Counts by bucket. zero: of values that are 0; positive, negative: {bucket index: count}."""

    __slots__ = ("negative", "positive", "zero")

    def __init__(self) -> None:
        self.zero = 0
        self.positive: dict[int, int] = {}
        self.negative: dict[int, int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]  # mutable

    @property
    def count(self) -> int:
        return self.zero + sum(self.positive.values()) + sum(self.negative.values())

    def add(self, value: float) -> None:
        """Count a finite value."""
        if value == 0:
            self.zero += 1
            return
        side = self.positive if value > 0 else self.negative
        index = bucket(abs(value))
        side[index] = side.get(index, 0) + 1

    def merge(self, other: Histogram) -> None:
        self.zero += other.zero
        for mine, theirs in ((self.positive, other.positive), (self.negative, other.negative)):
            for index, times in theirs.items():
                mine[index] = mine.get(index, 0) + times

    def at_rank(self, rank: int) -> float:
        """About the rank-th smallest value, 1 <= rank <= count."""
        for value, times in self._ascending():
            rank -= times
            if rank <= 0:
                return value
        raise ValueError("rank beyond the number of values")

    def _ascending(self) -> Iterator[tuple[float, int]]:
        for index in sorted(self.negative, reverse=True):
            yield -middle(index), self.negative[index]
        if self.zero:
            yield 0.0, self.zero
        for index in sorted(self.positive):
            yield middle(index), self.positive[index]

    def encode(self) -> bytes:
        """A version byte, then varints: zeros, and for positive and negative their number and (index step, count)."""
        out = bytearray((_VERSION,))
        _put(out, self.zero)
        for side in (self.positive, self.negative):
            _put(out, len(side))
            last = 0
            for index in sorted(side):
                _put(out, (index - last) * 2 if index >= last else (last - index) * 2 - 1)
                _put(out, side[index])
                last = index
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> Histogram:
        """Raises ValueError for bytes that `encode` did not write."""
        if data[:1] != bytes((_VERSION,)):
            raise ValueError("not a histogram of this version")
        numbers = _numbers(data)
        histogram = cls()
        try:
            histogram.zero = next(numbers)
            for side in (histogram.positive, histogram.negative):
                index = 0
                for _ in range(next(numbers)):
                    step = next(numbers)
                    index += -((step + 1) >> 1) if step & 1 else step >> 1
                    side[index] = next(numbers)
        except StopIteration:
            raise ValueError("the histogram's bytes end too early") from None
        return histogram


def bucket(value: float) -> int:
    """Index of the bucket that holds `value` > 0. Powers of two are exact upper bounds."""
    mantissa, exponent = math.frexp(value)
    if mantissa == 0.5:
        return ((exponent - 1) << SCALE) - 1
    return (exponent << SCALE) + math.ceil(math.log2(mantissa) * _STEPS) - 1


def middle(index: int) -> float:
    """The value that stands for those of bucket `index`."""
    return math.ldexp(_FRACTIONS[index & (_STEPS - 1)], index >> SCALE) * _MIDDLE


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data[1:]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
