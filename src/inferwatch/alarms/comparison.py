"""The comparison of a value with an alarm's threshold, and its name in CloudWatch's words."""

from __future__ import annotations

import operator
from collections.abc import Callable

from inferwatch.spec.alarm import AlarmSpec, Comparison

_BREACHES: dict[Comparison, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
WORDS: dict[str, str] = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def breaches(alarm: AlarmSpec, value: float) -> bool:
    """Whether `value` is on the wrong side of the alarm's threshold."""
    return _BREACHES[alarm.comparison](value, alarm.threshold)
