"""Composite alarms as CloudWatch takes them: PutCompositeAlarm and AWS::CloudWatch::CompositeAlarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inferwatch.cloudwatch.alarms import told
from inferwatch.cloudwatch.description import composite_description, health_description
from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.composite_rule import Or, State, parse, render
from inferwatch.spec.monitor_spec import MonitorSpec


def composite_properties(
    spec: MonitorSpec, composite: CompositeAlarmSpec, *, actions: Sequence[Any] = (), called: Names | None = None
) -> dict[str, Any]:
    """The members of one composite alarm. actions: as of `alarm_properties`."""
    called = called or names(spec)
    return {
        "AlarmName": called.alarm(composite.name),
        "AlarmDescription": composite_description(spec, composite),
        **told(spec, composite, actions),
        "AlarmRule": render(parse(composite.rule), called.alarm),
    }


def health_properties(spec: MonitorSpec, *, called: Names | None = None) -> dict[str, Any]:
    """The members of the alarm that is in ALARM while any of the spec's is. It tells nobody: each of them does."""
    called = called or names(spec)
    states = tuple(State("ALARM", alarm.name) for alarm in spec.alarms)
    return {
        "AlarmName": called.health_alarm,
        "AlarmDescription": health_description(spec),
        "AlarmRule": render(Or(states), called.alarm) if states else "FALSE",
    }
