from __future__ import annotations

from typing import Any

import pytest

from inferwatch.sdk import MemorySink, Monitor


@pytest.mark.parametrize(("scale", "confidence"), [(1, 98.05), (1, -0.1), (100, 100.5)])
def test_a_confidence_that_does_not_fit_its_scale_is_counted(
    compiled: dict[str, Any], scale: int, confidence: float
) -> None:
    sink = MemorySink()
    monitor = Monitor({**compiled, "confidence_scale": scale}, sink)
    monitor.record(confidence=confidence)
    assert sink.records[0]["confidence"] == confidence
    assert "PredictionProbability" not in sink.records[0]
    assert monitor.problems == {"refused_metric": 1}


def test_percent_become_a_probability_without_a_rounding_tail(compiled: dict[str, Any]) -> None:
    sink = MemorySink()
    monitor = Monitor({**compiled, "confidence_scale": 100}, sink)
    monitor.record(confidence=98.05)
    assert sink.records[0]["PredictionProbability"] == 0.9805
    assert monitor.problems == {}
