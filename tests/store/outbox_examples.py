"""What the tests of the alarm log and the outbox share: a catalog of their two tables, and notifications."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from inferwatch.alarms.values import ALARM, OK, Notification, Transition
from inferwatch.store import alarm_log, outbox

SCOPE = "/demo/vision/digits:dev"


def opened(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "catalog.sqlite", isolation_level=None)
    connection.executescript(alarm_log.SCHEMA + outbox.SCHEMA)
    return connection


def a_transition(alarm: str = "slow", **changes: Any) -> Transition:
    values = {"previous": OK, "state": ALARM, "reason": "Threshold Crossed", "at_ms": 1000, "value": 7.5}
    return Transition(alarm=alarm, **{**values, **changes})


def a_notification(id_: str = "n1", **changes: Any) -> Notification:
    values: dict[str, Any] = {
        "target": "slack",
        "transition": a_transition(),
        "namespace": "/demo/vision",
        "model_name": "digits",
        "model_version": "1",
        "environment": "dev",
        "metric": "LatencyMs",
        "statistic": "p90",
        "unit": "Milliseconds",
        "period": 60,
        "comparison": "GreaterThanThreshold",
        "threshold": 400.0,
        "records": ({"transaction_id": "t1", "elapse": 812.5, "prediction": {"digit": 7, "é": None}},),
    }
    return Notification(id=id_, **{**values, **changes})
