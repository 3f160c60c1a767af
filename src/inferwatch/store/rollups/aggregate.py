"""What is known of a series' values within one span of time; spans merge into longer ones."""

from __future__ import annotations

import math
from fractions import Fraction

from inferwatch.spec.statistic import percentile
from inferwatch.store.rollups.histogram import Histogram


class Aggregate:
    """Count, sum, least, greatest and distribution of values. Empty: count 0, minimum inf, maximum -inf."""

    __slots__ = ("count", "histogram", "maximum", "minimum", "total")

    def __init__(
        self,
        count: int = 0,
        total: float = 0.0,
        minimum: float = math.inf,
        maximum: float = -math.inf,
        histogram: Histogram | None = None,
    ) -> None:
        self.count = count
        self.total = total
        self.minimum = minimum
        self.maximum = maximum
        self.histogram = Histogram() if histogram is None else histogram

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        self.histogram.add(value)

    def merge(self, other: Aggregate) -> None:
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.histogram.merge(other.histogram)

    def statistic(self, name: str) -> float:
        """The value of a statistic that `spec.statistic` knows; the aggregate must not be empty."""
        match name:
            case "SampleCount":
                return float(self.count)
            case "Sum":
                return self.total
            case "Average":
                # Rounding in the sum must not carry the average of equal values across a threshold.
                return min(max(self.total / self.count, self.minimum), self.maximum)
            case "Minimum":
                return self.minimum
            case "Maximum":
                return self.maximum
        share = percentile(name)
        if share is None:
            raise ValueError(f"{name} is not a statistic")
        return self._percentile(share)

    def _percentile(self, share: float) -> float:
        """The nearest rank: the ceil(share / 100 * count)-th smallest value, within 1 %; exact at both ends."""
        rank = max(1, math.ceil(Fraction(repr(share)) * self.count / 100))
        if rank == 1:
            return self.minimum
        if rank == self.count:
            return self.maximum
        return min(max(self.histogram.at_rank(rank), self.minimum), self.maximum)
