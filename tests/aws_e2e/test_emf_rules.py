"""The rules that the tests here hold log lines to: each can be broken."""

from __future__ import annotations

import json
from typing import Any

import emf_rules
import pytest

NOW_MS = 1_795_262_400_000


def line(root: dict[str, Any] | None = None, **directive: Any) -> str:
    declared = {"Namespace": "n", "Dimensions": [["model"]], "Metrics": [{"Name": "LatencyMs"}], **directive}
    aws = {"Timestamp": NOW_MS, "CloudWatchMetrics": [declared]}
    return json.dumps({"_aws": aws, "model": "m", "LatencyMs": 1.5, **(root or {})})


def test_a_valid_line_has_no_problem() -> None:
    assert emf_rules.problems(line(), NOW_MS) == []
    assert emf_rules.problems(line({"LatencyMs": [1, 2.5]}), NOW_MS) == []


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("text " + line(), "no event"),
        (line()[:-1], "no event"),
        ('{"a": 1, "a": 2, ' + line()[1:], "twice"),
        (line({"LatencyMs": float("nan")}), "NaN"),
        (line({"LatencyMs": None}), "LatencyMs has the value None"),
        (line({"LatencyMs": True}), "LatencyMs has the value True"),
        (line({"LatencyMs": "1"}), "LatencyMs has the value"),
        (line({"LatencyMs": [1] * 101}), "LatencyMs has the value"),
        (line({"LatencyMs": 1e300}), "LatencyMs has the value"),
        (line({"model": 7}), "the dimension model is 7"),
        (line({"model": ""}), "the dimension model"),
        (line({"model": "m" * 1025}), "the dimension model"),
        (line({"text": "x" * emf_rules.STDOUT_LINE_MAX}), "too many"),
        (line(Dimensions=[[f"d{i}" for i in range(31)]]), "31 dimensions"),
        (line(Dimensions=[]), "no set of dimensions"),
        (line(Metrics=[]), "0 metrics"),
        (line(Metrics=[{"Name": "LatencyMs"}] * 2), "declared twice"),
        (line(Metrics=[{"Name": "LatencyMs", "Unit": "Parsecs"}]), "the unit 'Parsecs'"),
        (line(Metrics=[{"Name": "LatencyMs", "StorageResolution": 10}]), "the resolution 10"),
        (line(Metrics=[{"Name": "LatencyMs", "Units": "Count"}]), "may not have"),
        (line(Namespace="AWS/Lambda"), "no namespace"),
        (line({"_aws": {"Timestamp": NOW_MS + 0.5, "CloudWatchMetrics": []}}), "no whole number"),
        (line({"_aws": {"Timestamp": NOW_MS - 15 * 86_400_000, "CloudWatchMetrics": []}}), "too old"),
        (line({"_aws": {"Timestamp": NOW_MS + 3 * 3_600_000, "CloudWatchMetrics": []}}), "too far ahead"),
    ],
)
def test_what_cloudwatch_would_skip_is_named(broken: str, problem: str) -> None:
    found = emf_rules.problems(broken, NOW_MS)
    assert any(problem in said for said in found), found
