"""The deployed alarms beside the spec's: changed by hand, missing, mute, or watching what does not exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from inferwatch.aws.alarms import deployed as deployed_alarms
from inferwatch.aws.alarms.deployed import DeployedAlarm
from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import address, dimension_list
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.composites import composite_properties, health_properties
from inferwatch.finding import Finding
from inferwatch.spec import record
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec

_TOLD = ("ActionsEnabled", "AlarmActions", "OKActions", "AlarmDescription")
_DEFAULTS = {"TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "evaluate"}

Alarms = dict[str, DeployedAlarm]


def findings(site: Site) -> Iterator[Finding]:
    """One for each alarm that is not as it should be, else one for all. Raises AwsError."""
    if not site.spec.alarms:
        yield Finding("alarms", "warning", "no alarm is declared: nobody will be told when the model fails")
        return
    wanted = _wanted(site)
    there = deployed_alarms.find(site.session.client("cloudwatch"), wanted)
    if not there:
        yield Finding(
            "alarms", "wrong", f"none of the spec's alarms is in {site.where}: `inferwatch deploy` makes them"
        )
        return
    found = [*_differing(wanted, there), *_mute(site, there), *_blind(site, there)]
    yield from found
    if not found:
        states = Counter(one["StateValue"] for one in there.values())
        listed = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        yield Finding("alarms", "ok", f"{len(there)}, as the spec has them: {listed}")


def _wanted(site: Site) -> Alarms:
    """What the spec makes of each alarm, by its name on AWS."""
    spec, called = site.spec, site.names
    every = [
        *(alarm_properties(spec, alarm, called=called) for alarm in spec.alarms),
        *(composite_properties(spec, composite, called=called) for composite in spec.composite_alarms),
        health_properties(spec, called=called),
    ]
    return {one["AlarmName"]: one for one in every}


def _differing(wanted: Alarms, there: Alarms) -> Iterator[Finding]:
    for name, properties in wanted.items():
        if name not in there:
            yield Finding(
                f"alarm {name}", "wrong", "it is in the spec and not in CloudWatch: `inferwatch deploy` makes it"
            )
            continue
        drift = [
            f"{member} is {_shown(has)}, the spec's {_shown(value)}"
            for member, value in properties.items()
            if member not in _TOLD and _normal(has := _member(there[name], member)) != _normal(value)
        ]
        if drift:
            says = f"{'; '.join(drift)}: changed by hand? `inferwatch deploy` sets it"
            yield Finding(f"alarm {name}", "warning", says)


def _member(alarm: dict[str, Any], member: str) -> Any:
    """As CloudWatch gives it, or what it means that it is not given."""
    if member == "DatapointsToAlarm":
        return alarm.get(member, alarm.get("EvaluationPeriods"))
    return alarm.get(member, _DEFAULTS.get(member))


def _normal(value: Any) -> Any:
    """Without what does not matter: the order of dimensions, members that say nothing."""
    if isinstance(value, dict):
        return {key: _normal(one) for key, one in value.items() if one not in (None, [], "")}
    if isinstance(value, list):
        return sorted((_normal(one) for one in value), key=repr)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _mute(site: Site, there: Alarms) -> Iterator[Finding]:
    """Alarms that should tell somebody, and cannot."""
    every: tuple[AlarmSpec | CompositeAlarmSpec, ...] = (*site.spec.alarms, *site.spec.composite_alarms)
    for alarm in every:
        deployed = there.get(site.names.alarm(alarm.name))
        reached = [name for name in site.spec.targets(alarm) if site.spec.notify[name].on_aws]
        if deployed is None or not reached:
            continue
        if not deployed["AlarmActions"]:
            says = f"it tells nobody, and the spec has it tell {', '.join(reached)}: `inferwatch deploy` sets it"
            yield Finding(f"alarm {deployed['AlarmName']}", "wrong", says)
        elif not deployed["ActionsEnabled"]:
            says = "its actions are switched off, so it tells nobody: `inferwatch deploy` sets them on"
            yield Finding(f"alarm {deployed['AlarmName']}", "wrong", says)


def _blind(site: Site, there: Alarms) -> Iterator[Finding]:
    """Alarms on a metric that CloudWatch has never had, of which those that take silence for health stay OK."""
    known: dict[str, bool] = {}
    for alarm in site.spec.alarms:
        deployed = there.get(site.names.alarm(alarm.name))
        if deployed is None or alarm.metric == record.REFUSED_COUNT:  # which is only there when something was refused
            continue
        key = f"{alarm.metric} {alarm.dimensions}"
        if key not in known:
            known[key] = _exists(site, alarm)
        if not known[key]:
            yield Finding(f"alarm {deployed['AlarmName']}", "warning", _unseen(site, alarm, deployed["StateValue"]))


def _exists(site: Site, alarm: AlarmSpec) -> bool:
    """Whether the metric has had data in the last two weeks, in just these dimensions."""
    at = address(site.spec, alarm.metric, alarm.dimensions, called=site.names)
    wanted = dimension_list(at.dimensions)
    pages = site.session.client("cloudwatch").get_paginator("list_metrics")
    with explained("listing the metrics"):
        for page in pages.paginate(Namespace=at.namespace, MetricName=at.name, Dimensions=wanted):
            if any(_normal(one["Dimensions"]) == _normal(wanted) for one in page["Metrics"]):
                return True
    return False


def _unseen(site: Site, alarm: AlarmSpec, state: str) -> str:
    at = address(site.spec, alarm.metric, alarm.dimensions, called=site.names)
    return (
        f"it is {state}, and its metric {at.name} in {at.where} has had no data in two weeks: send"
        " a request (`inferwatch check --aws`), or is the name wrong?"
    )
