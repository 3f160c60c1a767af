"""A request that the declared features accept, for who has none at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inferwatch.spec.feature import FeatureSpec

_VALUES: dict[str, Any] = {"number": 0, "integer": 0, "string": "text", "boolean": False}


def sample(features: Mapping[str, FeatureSpec]) -> dict[str, Any]:
    """Features as a request has them; the optional ones are left out."""
    return {name: _value(feature) for name, feature in features.items() if not feature.optional}


def _value(feature: FeatureSpec) -> Any:
    value = feature.values[0] if feature.values else _VALUES[feature.type]
    if not feature.values and feature.type in ("number", "integer"):
        value = _within(feature.min, feature.max)
    if feature.length is None:
        return value
    return [value] * (feature.length if feature.length >= 0 else 1)


def _within(low: float | None, high: float | None) -> float:
    """A number of the range, a whole one where it has one, 0 where it may be."""
    if low is not None and low > 0:
        return math.ceil(low) if high is None or math.ceil(low) <= high else low
    if high is not None and high < 0:
        return math.floor(high) if low is None or math.floor(high) >= low else high
    return 0
