"""What alarms speak in: datapoints, states, evaluations, transitions, notifications. Times are epoch milliseconds."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
OK: State = "OK"
ALARM: State = "ALARM"
INSUFFICIENT_DATA: State = "INSUFFICIENT_DATA"


class Datapoint(msgspec.Struct, frozen=True):
    """One statistic of one period. timestamp_ms: the period's start; samples: how many values it sums up."""

    timestamp_ms: int
    value: float
    samples: float = 1.0


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of one evaluation. reason: CloudWatch's text; datapoints: those that decided, oldest first."""

    state: State
    reason: str
    datapoints: tuple[Datapoint, ...] = ()


class AlarmState(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alarm stands. since_ms: of the last transition; evaluated_ms: of the last evaluation."""

    alarm: str
    state: State
    reason: str
    since_ms: int
    evaluated_ms: int


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an alarm's state, an entry of its history. value: of the newest deciding datapoint."""

    alarm: str
    previous: State
    state: State
    reason: str
    at_ms: int
    value: float | None = None


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A transition, told to people. target: name of the `[notify.*]` table.

    metric, statistic, unit, period, comparison, threshold: what a metric alarm watches, None of a composite alarm;
    rule, children: what a composite alarm watches, and how each of its alarms stands; records: the most telling
    inference transactions, without their payloads; link: to the page; duplicate: it may have been delivered before
    (a crash fell between the delivery and its note); also: further transitions told by the same message, where many
    came at once.
    """

    id: str
    target: str
    transition: Transition
    namespace: str
    model_name: str
    model_version: str
    environment: str
    metric: str | None = None
    statistic: str | None = None
    unit: str | None = None
    period: int | None = None
    comparison: str | None = None
    threshold: float | None = None
    rule: str | None = None
    children: tuple[AlarmState, ...] = ()
    description: str = ""
    runbook: str = ""
    link: str = ""
    records: tuple[dict[str, Any], ...] = ()
    duplicate: bool = False
    also: tuple[Transition, ...] = ()
