"""Names of statistics, as CloudWatch spells them: Sum, Average, ..., p50, p99.9."""

from __future__ import annotations

import re

ADDITIVE = ("Sum", "SampleCount")
"""Those of a longer period are the sums of those of shorter ones."""

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")


def percentile(statistic: str) -> float | None:
    """The percentile that `statistic` names, in 0..100 (`p99.9` -> 99.9), or None if it names none."""
    match = _PERCENTILE.fullmatch(statistic)
    return float(match.group(1)) if match else None


def statistic_problem(statistic: str) -> str | None:
    """Why `statistic` is not one that can be asked for, or None."""
    if statistic in SIMPLE or percentile(statistic) is not None:
        return None
    return f"is not a statistic; allowed are {', '.join(SIMPLE)} and percentiles such as p50, p99 or p99.9"
