"""The items of an alarm's history as CloudWatch tells them: changes of state, and deliveries. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, Notification, State, Transition
from inferwatch.alarms.watched import watched
from inferwatch.aws.json_object import json_object
from inferwatch.aws.timestamp import milliseconds
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.outbox import Entry

_UPDATED = re.compile(r"Alarm updated from (\w+) to (\w+)")
_ARN = re.compile(r"arn:[\w-]+:([\w-]+):[^\s:]*:[^\s:]*:(\S+)")
_FAILED = "Failed to execute action"
_LATE_MS = 1000
"""An action may be noted this long before the change that it was for."""

Item = dict[str, Any]


class Action(NamedTuple):
    """What an alarm did. resource: the ARN that it was done to, a topic's; error: None where it was done."""

    resource: str
    error: str | None


def transition(called: str, item: Item) -> Transition | None:
    """The change of state that an item tells of, of the alarm that the spec calls so; None where it tells of none.

    Its data is cut at 4095 characters; then its summary has to do.
    """
    data = json_object(item.get("HistoryData", ""))
    new, old = _member(data, "newState"), _member(data, "oldState")
    told = _UPDATED.search(item.get("HistorySummary", ""))
    previous = _state(old.get("stateValue") or (told and told[1]))
    state = _state(new.get("stateValue") or (told and told[2]))
    if previous is None or state is None:
        return None
    return Transition(
        alarm=called,
        previous=previous,
        state=state,
        reason=str(new.get("stateReason") or item.get("HistorySummary", "")),
        at_ms=milliseconds(item["Timestamp"]),
        value=_newest_value(_member(new, "stateReasonData")),
    )


def _state(said: object) -> State | None:
    return next((state for state in (OK, ALARM, INSUFFICIENT_DATA) if state == said), None)


def _newest_value(reason: dict[str, Any]) -> float | None:
    """Of the newest datapoint that decided; `recentDatapoints` stand oldest first."""
    evaluated = [p for p in reason.get("evaluatedDatapoints", ()) if isinstance(p, dict) and "value" in p]
    if evaluated:
        return float(max(evaluated, key=lambda point: str(point.get("timestamp", "")))["value"])
    recent = [value for value in reason.get("recentDatapoints", ()) if isinstance(value, int | float)]
    return float(recent[-1]) if recent else None


def delivery(spec: MonitorSpec, item: Item, changes: Iterable[Transition]) -> Entry | None:
    """A delivery as far as CloudWatch knows of it: that the topic, say, took the message, or why it did not.

    changes: of the same alarm, newest first; None where the one that it was for is not among them.
    """
    at_ms = milliseconds(item["Timestamp"])
    change = next((change for change in changes if change.at_ms <= at_ms + _LATE_MS), None)
    if change is None:
        return None
    done = action(item)
    return Entry(
        notification=_notification(spec, change, _target(done.resource), at_ms),
        state="delivered" if done.error is None else "dead",
        attempts=1,
        due_ms=0,
        attempted_ms=at_ms,
        finished_ms=at_ms,
        last_error=done.error or "",
    )


def action(item: Item) -> Action:
    """What an item tells of an alarm's action. Its summary has to do where its data was cut."""
    summary, data = str(item.get("HistorySummary", "")), json_object(item.get("HistoryData", ""))
    failed = data.get("actionState") == "Failed" or summary.startswith(_FAILED)
    named = _ARN.search(summary)
    return Action(
        resource=str(data.get("notificationResource") or (named[0].rstrip(".") if named else "")),
        error=str(data.get("error") or summary) if failed else None,
    )


def _target(resource: str) -> str:
    """`sns digits-Inference-Alarms`: service and name of an ARN."""
    arn = _ARN.match(resource)
    return f"{arn[1]} {arn[2]}" if arn else "an action"


def _notification(spec: MonitorSpec, change: Transition, target: str, at_ms: int) -> Notification:
    identity = spec.identity
    alarm = next((alarm for alarm in spec.alarms if alarm.name == change.alarm), None)
    return Notification(
        id=hashlib.sha256(repr((change.alarm, change.at_ms, target, at_ms)).encode()).hexdigest()[:32],
        target=target,
        transition=change,
        namespace=identity.namespace,
        model_name=identity.model_name,
        model_version=str(identity.model_version),
        environment=identity.environment,
        **({} if alarm is None else watched(spec, alarm)),
    )


def _member(data: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object, or text that holds one."""
    value = data.get(name)
    if isinstance(value, str):
        value = json_object(value)
    return value if isinstance(value, dict) else {}
