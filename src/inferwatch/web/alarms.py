"""The alarms: what each watches, how it stands, and when it was in ALARM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, AlarmState, Transition
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
    return view if sources.declared else view + _undeclared(states, bands)


def known_alarms(sources: Sources) -> set[str]:
    """The names of the alarms that `alarms_view` has."""
    spec = sources.spec
    declared = {*(alarm.name for alarm in spec.alarms), *(alarm.name for alarm in spec.composite_alarms)}
    return declared if sources.declared else {*declared, *sources.alarm_states()}


def _undeclared(states: Mapping[str, AlarmState], bands: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Alarms of a model whose spec is elsewhere: how they stand is known, what they watch is not."""
    nothing: dict[str, Any] = {
        "description": "",
        "runbook": None,
        "notify": [],
        "rule": None,
        "metric": None,
        "unit": None,
    }
    return [
        {
            "name": name,
            **nothing,
            "state": state.state,
            "reason": state.reason,
            "since": state.since_ms,
            "evaluated": state.evaluated_ms,
            "bands": bands.get(name, []),
        }
        for name, state in sorted(states.items())
    ]


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
