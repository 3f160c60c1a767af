"""The alarms: what each watches, how it stands, and when it was in ALARM."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, Transition
from inferwatch.alarms.watched import watched
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.web.sources import Sources

HISTORY_FOR_BANDS = 1000


def alarms_view(sources: Sources) -> list[dict[str, Any]]:
    """The spec's alarms with their state, in the spec's order, the composite ones last.

    bands: `[from, to]`, to is None while it lasts; rule: of a composite alarm, which has nothing of a metric's.
    """
    states = sources.alarm_states()
    bands = breach_bands(sources.alarm_history(None, HISTORY_FOR_BANDS))
    view = []
    for alarm in chain[AlarmSpec | CompositeAlarmSpec](sources.spec.alarms, sources.spec.composite_alarms):
        state = states.get(alarm.name)
        view.append(
            {
                "name": alarm.name,
                "description": alarm.description,
                "runbook": alarm.runbook,
                "notify": list(sources.spec.targets(alarm)),
                **_condition(sources, alarm),
                "state": state.state if state else INSUFFICIENT_DATA,
                "reason": state.reason if state else "not evaluated yet",
                "since": state.since_ms if state else None,
                "evaluated": state.evaluated_ms if state else None,
                "bands": bands.get(alarm.name, []),
            }
        )
    return view


def _condition(sources: Sources, alarm: AlarmSpec | CompositeAlarmSpec) -> dict[str, Any]:
    if isinstance(alarm, CompositeAlarmSpec):
        return {"rule": alarm.rule, "metric": None, "unit": None}
    return {
        "rule": None,
        **watched(sources.spec, alarm),
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints_to_alarm": alarm.m,
        "treat_missing_data": alarm.treat_missing_data,
    }


def transition_view(transition: Transition) -> dict[str, Any]:
    """One entry of an alarm's history."""
    return {
        "alarm": transition.alarm,
        "previous": transition.previous,
        "state": transition.state,
        "reason": transition.reason,
        "at": transition.at_ms,
        "value": transition.value,
    }


def breach_bands(newest_first: Iterable[Transition]) -> dict[str, list[list[int | None]]]:
    """By alarm, the times that it was in ALARM. A breach older than the history given begins at 0."""
    bands: dict[str, list[list[int | None]]] = {}
    for change in sorted(newest_first, key=lambda t: t.at_ms):
        own = bands.setdefault(change.alarm, [])
        lasting = bool(own) and own[-1][1] is None
        if change.state == ALARM and not lasting:
            own.append([change.at_ms, None])
        elif change.state != ALARM and lasting:
            own[-1][1] = change.at_ms
        elif change.previous == ALARM and not own:
            own.append([0, change.at_ms])
    return bands
