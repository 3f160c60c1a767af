"""What cannot stand in a composite alarm: a rule that does not read, names that are not there, cycles."""

from __future__ import annotations

from graphlib import CycleError

from inferwatch.spec import composite_rule, limits
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.composite_rule import Rule, RuleError
from inferwatch.spec.fault import Fault, suggestion
from inferwatch.spec.monitor_spec import MonitorSpec


def check(spec: MonitorSpec) -> None:
    """Raise Fault for the first thing that cannot stand, and MissingExtraError where no rule can be read."""
    if not spec.composite_alarms:
        return
    known = [*(alarm.name for alarm in spec.alarms), *(alarm.name for alarm in spec.composite_alarms)]
    rules = {alarm.name: _rule(alarm, known) for alarm in spec.composite_alarms}
    try:
        composite_rule.children_first(rules)
    except CycleError as error:
        path = error.args[1][::-1]
        problem = f"no composite alarm may depend on itself: {' names '.join(repr(name) for name in path)}"
        raise Fault(f"{_key(path[0])}.rule", problem) from None


def _rule(alarm: CompositeAlarmSpec, known: list[str]) -> Rule:
    if problem := limits.printable_ascii_problem(alarm.name, limits.ALARM_NAME_MAX):
        raise Fault(f"{_key(alarm.name)}.name", problem)
    key = f"{_key(alarm.name)}.rule"
    if len(alarm.rule) > composite_rule.LENGTH_MAX:
        raise Fault(key, f"is {len(alarm.rule)} characters long; at most {composite_rule.LENGTH_MAX} are allowed")
    try:
        rule = composite_rule.parse(alarm.rule)
    except RuleError as error:
        raise Fault(key, str(error)) from None
    children = composite_rule.alarms(rule)
    for name in children:
        if name not in known:
            raise Fault(key, f"there is no alarm {name!r}; it may name {', '.join(known)}{suggestion(name, known)}")
    for count, most, what in (
        (len(children), composite_rule.CHILDREN_MAX, "alarms"),
        (composite_rule.elements(rule), composite_rule.ELEMENTS_MAX, "alarms, constants and brackets"),
    ):
        if count > most:
            raise Fault(key, f"has {count} {what}; CloudWatch allows {most}")
    return rule


def _key(name: str) -> str:
    return f"composite_alarm[{name}]"
