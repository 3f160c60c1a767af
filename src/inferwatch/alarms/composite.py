"""Composite alarms: the state that a rule gives over the states of other alarms, and why.

As in CloudWatch, a composite alarm is in ALARM while its rule is true and OK while it is not; it is
INSUFFICIENT_DATA only between its creation and its first evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, AlarmState, State, Transition
from inferwatch.spec import composite_rule
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.composite_rule import And, AtLeast, Constant, Not, Or, Rule

States = Mapping[str, AlarmState]
"""By the alarm's name; an alarm that is not there was never evaluated."""


class Composite(msgspec.Struct, frozen=True):
    """A composite alarm of the spec, its rule read. children: the alarms that the rule names."""

    alarm: CompositeAlarmSpec
    rule: Rule
    children: tuple[str, ...]


def composites(alarms: Sequence[CompositeAlarmSpec]) -> tuple[Composite, ...]:
    """The composite alarms of a checked spec, each after those that it names."""
    by_name = {alarm.name: alarm for alarm in alarms}
    rules = {name: composite_rule.parse(alarm.rule) for name, alarm in by_name.items()}
    order = composite_rule.children_first(rules)
    return tuple(Composite(by_name[name], rules[name], composite_rule.alarms(rules[name])) for name in order)


def holds(rule: Rule, states: Mapping[str, State]) -> bool:
    """Whether `rule` is true. An alarm without a state is INSUFFICIENT_DATA, as one that was just created."""
    match rule:
        case composite_rule.State():
            return states.get(rule.alarm, INSUFFICIENT_DATA) == rule.state
        case Constant():
            return rule.value
        case Not():
            return not holds(rule.rule, states)
        case And():
            return all(holds(each, states) for each in rule.rules)
        case Or():
            return any(holds(each, states) for each in rule.rules)
        case AtLeast():
            found = [states.get(name, INSUFFICIENT_DATA) == rule.state for name in rule.alarms]
            count = found.count(not rule.negated)
            return count * 100 >= rule.least * len(found) if rule.percent else count >= rule.least


def evaluate(
    composite: Composite, states: States, changed: Collection[str], now_ms: int
) -> tuple[AlarmState, Transition | None]:
    """The state of `composite` over `states`, and the transition to it where it is a new one.

    changed: the alarms that have just gone to their state. It counts as evaluated when the newest of its children
    was; one without children, at its creation, at now_ms.
    """
    name = composite.alarm.name
    children = [states[child] for child in composite.children if child in states]
    old = states.get(name)
    at_ms = max((child.evaluated_ms for child in children), default=old.evaluated_ms if old else now_ms)
    state = ALARM if holds(composite.rule, {child.alarm: child.state for child in children}) else OK
    if old is not None and old.state == state:
        return msgspec.structs.replace(old, evaluated_ms=at_ms), None
    if old is None:
        why = f"{name} was created and its alarm rule evaluates to {state}"
    else:
        moved = [c for c in children if c.alarm in changed] or [c for c in children if c.since_ms > old.evaluated_ms]
        why = _reason(name, state, moved)
    previous = old.state if old else INSUFFICIENT_DATA
    transition = Transition(alarm=name, previous=previous, state=state, reason=why, at_ms=at_ms)
    return AlarmState(alarm=name, state=state, reason=why, since_ms=at_ms, evaluated_ms=at_ms), transition


def _reason(name: str, state: State, moved: Sequence[AlarmState]) -> str:
    """In CloudWatch's words, with names in place of ARNs. moved: children, of which the last to move is named."""
    if not moved:
        return f"{name} was updated and its alarm rule evaluates to {state}"
    last = max(moved, key=attrgetter("since_ms"))
    when = datetime.fromtimestamp(last.since_ms / 1000, UTC).strftime("%A %d %B, %Y %H:%M:%S UTC")
    return f"{last.alarm} transitioned to {last.state} at {when}"
