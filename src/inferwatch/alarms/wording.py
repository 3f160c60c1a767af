"""Notifications in plain words, the same in a chat, in a webhook's body and on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from inferwatch.alarms.comparison import WORDS
from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, Notification, State

STATE_WORDS: dict[State, str] = {ALARM: "ALARM", OK: "OK", INSUFFICIENT_DATA: "NO DATA"}
_UNIT_SIGNS = {"Milliseconds": " ms", "Seconds": " s", "Megabytes": " MB", "Bytes": " bytes", "Percent": " %"}


def headline(notification: Notification) -> str:
    """State, alarm, and whose it is: `ALARM: Low-Probability-Alarm, digits 1 (dev)`."""
    told, more = notification.transition, len(notification.also)
    others = f" and {more} more" if more else ""
    whose = f"{notification.model_name} {notification.model_version} ({notification.environment})"
    return f"{STATE_WORDS[told.state]}: {told.alarm}{others}, {whose}"


def condition(notification: Notification) -> str:
    """The value against the threshold: `Average of PredictionProbability is 0.41, threshold: less than 0.45`.

    Of a composite alarm the alarms that are in ALARM: `in ALARM: slow, unsure (ALARM(slow) OR ALARM(unsure))`.
    """
    if notification.comparison is None or notification.threshold is None:
        loud = ", ".join(child.alarm for child in notification.children if child.state == ALARM)
        return f"in ALARM: {loud or 'none of its alarms'} ({notification.rule})"
    sign = _UNIT_SIGNS.get(notification.unit or "", "")
    value = notification.transition.value
    measured = "has no data" if value is None else f"is {figure(value)}{sign}"
    limit = f"{WORDS[notification.comparison]} {notification.threshold:.12g}{sign}"
    return f"{notification.statistic} of {notification.metric} {measured}, threshold: {limit}"


def outcome(record: Mapping[str, Any]) -> list[str]:
    """What came of one inference: `failed`, `12.5 ms`, `confidence 0.31`, `prediction 7`, `ValueError: no pages`."""
    parts = [str(record.get("status", ""))]
    if isinstance(elapse := record.get("elapse"), int | float):
        parts.append(f"{figure(elapse)} ms")
    if isinstance(confidence := record.get("confidence"), int | float):
        parts.append(f"confidence {figure(confidence)}")
    if (prediction := record.get("prediction")) is not None:
        parts.append(f"prediction {prediction if isinstance(prediction, str) else json.dumps(prediction)}")
    if isinstance(error := record.get("error"), dict):
        parts.append(f"{error.get('type')}: {error.get('message')}")
    return [part for part in parts if part]


def figure(value: float) -> str:
    """A number with up to six significant digits, without an exponent where it is large."""
    return f"{value:.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"


def instant(epoch_ms: int) -> str:
    """`2026-11-21 09:12:30 UTC`."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
