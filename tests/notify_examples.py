"""Notifications, a spec and a metric source for the tests of this room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inferwatch.alarms.values import (
    ALARM,
    INSUFFICIENT_DATA,
    OK,
    AlarmState,
    Datapoint,
    Notification,
    State,
    Transition,
)
from inferwatch.ports import Record, RecordQuery
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC

SPEC = """
[model]
namespace = "/demo/vision"
name = "digits"
confidence_scale = 1
version = 3

[[alarm]]
name = "Low-Probability-Alarm"
threshold = 0.45
evaluation_periods = 3
description = "The model is unsure."
runbook = "https://example.com/runbook"

[[alarm]]
name = "quiet"
metric = "Invocations"
comparison = "LessThanThreshold"
threshold = 1
notify = []

[[composite_alarm]]
name = "Page-Somebody"
rule = "NOT OK(quiet) AND (ALARM(High-Latency-Alarm) OR ALARM(Low-Probability-Alarm))"
description = "It is bad."
"""


def a_spec(folder: Path, notify: str = "") -> MonitorSpec:
    file = folder / "inferwatch.toml"
    file.write_text(SPEC + notify)
    return load_spec(file, environ={})


def a_transition(alarm: str = "Low-Probability-Alarm", **changes: Any) -> Transition:
    values = {"previous": OK, "state": ALARM, "reason": "Threshold Crossed: 1 datapoint", "at_ms": NOON, "value": 0.41}
    return Transition(alarm=alarm, **{**values, **changes})


def a_notification(id_: str = "n1", **changes: Any) -> Notification:
    values: dict[str, Any] = {
        "target": "slack",
        "transition": a_transition(),
        "namespace": "/demo/vision",
        "model_name": "digits",
        "model_version": "3",
        "environment": "dev",
        "metric": "PredictionProbability",
        "statistic": "Average",
        "unit": "None",
        "period": 60,
        "comparison": "LessThanThreshold",
        "threshold": 0.45,
        "description": "The model is unsure.",
        "runbook": "https://example.com/runbook?a=1&b=2",
        "link": "http://127.0.0.1:8000/?alarm=Low-Probability-Alarm&at=1",
        "records": (
            {"transaction_id": "t1", "status": "succeeded", "elapse": 12.5, "confidence": 0.31, "prediction": 7},
            {"transaction_id": "t2", "status": "failed", "error": {"type": "ValueError", "message": "a < b & c"}},
        ),
    }
    return Notification(id=id_, **{**values, **changes})


def standing(alarm: str, state: State) -> AlarmState:
    return AlarmState(alarm=alarm, state=state, reason=f"{alarm} is {state}", since_ms=NOON, evaluated_ms=NOON)


def a_composite_notification(**changes: Any) -> Notification:
    """Of one that watches three alarms, of which one is in ALARM."""
    nothing = dict.fromkeys(("metric", "statistic", "unit", "period", "comparison", "threshold"))
    rule = "NOT OK(quiet) AND (ALARM(slow) OR ALARM(<unsure>))"
    children = (standing("quiet", INSUFFICIENT_DATA), standing("slow", OK), standing("<unsure>", ALARM))
    transition = a_transition("Page-Somebody", value=None, reason="<unsure> transitioned to ALARM")
    values = {"rule": rule, "children": children, "transition": transition, **nothing}
    return a_notification(**{**values, **changes})


class Source:
    """A MetricSource that answers with the records given and keeps the questions."""

    def __init__(self, *records: Record) -> None:
        self.found = records
        self.queries: list[RecordQuery] = []

    def datapoints(self, *_: Any) -> list[Datapoint]:
        raise NotImplementedError

    def records(self, query: RecordQuery) -> list[Record]:
        self.queries.append(query)
        return list(self.found)
