"""What an alarm's description says in CloudWatch's console and in what its topic sends."""

from __future__ import annotations

from inferwatch.spec import record
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec


def alarm_description(spec: MonitorSpec, alarm: AlarmSpec) -> str:
    """The spec's description, what is watched, the runbook; a paragraph each, since the console reads Markdown."""
    unit = spec.unit(alarm.metric)
    metric = alarm.metric if unit in (None, "None") else f"{alarm.metric} ({unit})"
    version = (alarm.dimensions or {}).get(record.VERSION_DIMENSION)
    whose = _whose(spec) if version is None else f"{_whose(spec)}, version {version}"
    return _paragraphs(alarm, f"{alarm.statistic} of {metric}, {whose}.")


def composite_description(spec: MonitorSpec, composite: CompositeAlarmSpec) -> str:
    """The spec's description, whose it is, the runbook. The rule stands beside it, and may be longer than it can be."""
    return _paragraphs(composite, f"Over other alarms of {_whose(spec)}.")


def health_description(spec: MonitorSpec) -> str:
    """Of the alarm over all alarms."""
    return f"In ALARM while any alarm of {_whose(spec)} is."


def _paragraphs(alarm: AlarmSpec | CompositeAlarmSpec, watched: str) -> str:
    runbook = f"Runbook: {alarm.runbook}" if alarm.runbook else ""
    return "\n\n".join(part for part in (alarm.description.strip(), watched, runbook) if part)


def _whose(spec: MonitorSpec) -> str:
    return f"{spec.identity.model_name} ({spec.identity.environment})"
