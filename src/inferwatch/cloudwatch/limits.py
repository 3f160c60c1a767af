"""What AWS would refuse, or let stand without effect, of a spec that is sound in itself: said before anything is made.

Each limit is of the service's own API reference: CloudWatch, CloudWatch Logs, Lambda, CloudFormation, CodeDeploy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from inferwatch.cloudwatch.address import REPORT_METRICS, address, report_namespace
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.composites import composite_properties
from inferwatch.cloudwatch.names import HISTORY_ALARM, Names, names
from inferwatch.errors import SpecError
from inferwatch.query.saved import saved_questions
from inferwatch.spec import composite_rule, limits, record
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec

FUNCTION_NAME_MAX = 64
STACK_NAME_MAX = 128
DESCRIPTION_MAX = 1024
WIDGETS_MAX = 500
ALARM_WIDGET_MAX = 100
API_WAITS = {"http": 30, "rest": 29}
"""Seconds, by the API's type; a longer answer never arrives."""
ROLLBACK_ALARMS_MAX = 10

Problem = tuple[str, str]
"""A key of the spec, and what is wrong there."""


def check(spec: MonitorSpec) -> None:
    """Raise SpecError for the first thing that could not be deployed as it stands."""
    saved_questions(spec)
    called = names(spec)
    found = chain(
        _names(spec, called),
        _function(spec),
        _metrics(spec),
        *(_alarm(spec, alarm, called) for alarm in spec.alarms),
        _composites(spec, called),
        _groups(spec),
    )
    for key, problem in found:
        raise SpecError(spec.file, key, problem)


def _names(spec: MonitorSpec, called: Names) -> Iterator[Problem]:
    if not re.match(r"[A-Za-z0-9]", called.prefix):
        yield "model.name", f"{spec.model.name!r} must hold a letter or a digit: the function on AWS is named by it"
    for what, name, most in _made_of_the_prefix(spec, called):
        if len(name) > most:
            room = most - len(name.removeprefix(called.prefix))
            made = f"makes {called.prefix!r} of {len(called.prefix)} characters{_with_environment(spec)}"
            yield "model.name", f"{made}; {what} leaves room for {room}"
    if not called.stack[:1].isalpha():
        yield "model.namespace", f"{spec.model.namespace!r} must begin with a letter: the stack on AWS is named by it"
    if len(called.stack) > STACK_NAME_MAX:
        long = f"makes the stack's name {len(called.stack)} characters long{_with_environment(spec)}"
        yield "model.namespace", f"{long}; at most {STACK_NAME_MAX} are allowed"
    if spec.pipeline and len(called.pipeline_stack) > STACK_NAME_MAX:
        long = f"makes the name of the pipeline's stack {len(called.pipeline_stack)} characters long"
        yield "model.namespace", f"{long}; at most {STACK_NAME_MAX} are allowed"
    if wrong := limits.log_group_problem(called.access_log_group):
        yield "model.namespace", f"{called.access_log_group!r}, the log group of the API's access log, {wrong}"


def _made_of_the_prefix(spec: MonitorSpec, called: Names) -> Iterator[tuple[str, str, int]]:
    """What is named, its name, and how long that may be. All other names of a model that these allow have room."""
    yield "the function's name", called.function, FUNCTION_NAME_MAX
    if spec.history:
        yield "the name of the history's writer", called.history_writer, FUNCTION_NAME_MAX
    if spec.lake:
        yield "the name of the lake's transform", called.lake_transform, FUNCTION_NAME_MAX


def _with_environment(spec: MonitorSpec) -> str:
    return " with the environment's name" if spec.environments else ""


def _function(spec: MonitorSpec) -> Iterator[Problem]:
    waits, timeout = API_WAITS.get(spec.api.type), spec.function.timeout
    if waits is not None and timeout > waits:
        problem = f"{timeout:g} s is longer than an API of type {spec.api.type!r} waits for an answer, {waits} s"
        yield "function.timeout", f"{problem}; shorten it, or set api.type = 'none'"


def _metrics(spec: MonitorSpec) -> Iterator[Problem]:
    environment = spec.identity.environment
    if problem := limits.printable_ascii_problem(environment, limits.DIMENSION_VALUE_MAX):
        yield "environment", f"{environment!r} {problem}, as it is a dimension's value"
    namespace = report_namespace(spec)
    key = "model.metric_namespace" if spec.model.metric_namespace else "model.namespace"
    if problem := limits.metric_namespace_problem(namespace):
        yield key, f"{namespace!r}, the namespace of the metrics from the runtime's report, {problem}"
    if ":" in namespace:
        yield key, f"{namespace!r} must hold no ':', which a metric filter's namespace cannot have"
    if len(spec.dashboard.widget) > WIDGETS_MAX:
        yield "dashboard.widget", f"{len(spec.dashboard.widget)} are too many; a dashboard has at most {WIDGETS_MAX}"


def _alarm(spec: MonitorSpec, alarm: AlarmSpec, called: Names) -> Iterator[Problem]:
    key = f"alarm[{alarm.name}]"
    yield from _named(spec, key, called.alarm(alarm.name), called)
    yield from _described(key, alarm_properties(spec, alarm)["AlarmDescription"])
    finest = address(spec, alarm.metric, alarm.dimensions).finest
    if alarm.period < finest:
        problem = f"{alarm.period} is too short; {alarm.metric} has one datapoint in {finest} s on AWS"
        yield f"{key}.period", problem
    if alarm.metric in REPORT_METRICS and record.VERSION_DIMENSION in (alarm.dimensions or {}):
        problem = f"{alarm.metric} has no {record.VERSION_DIMENSION} on AWS: the runtime's report does not say it"
        yield f"{key}.dimensions", problem
    if alarm.metric == record.REFUSED_COUNT and spec.api.type == "none":
        yield f"{key}.metric", f"{alarm.metric} is counted by the API, and api.type is 'none'"


def _composites(spec: MonitorSpec, called: Names) -> Iterator[Problem]:
    for composite in spec.composite_alarms:
        key = f"composite_alarm[{composite.name}]"
        properties = composite_properties(spec, composite)
        yield from _named(spec, key, properties["AlarmName"], called)
        yield from _described(key, properties["AlarmDescription"])
        most, length = composite_rule.LENGTH_MAX, len(properties["AlarmRule"])
        if length > most:
            problem = f"is {length} characters long with CloudWatch's names; at most {most} are allowed"
            yield f"{key}.rule", problem


def _named(spec: MonitorSpec, key: str, name: str, called: Names) -> Iterator[Problem]:
    if len(name) > limits.ALARM_NAME_MAX:
        problem = (
            f"with {called.prefix!r} in front has {len(name)} characters; at most {limits.ALARM_NAME_MAX} are allowed"
        )
        yield f"{key}.name", problem
    if name == called.health_alarm:
        yield f"{key}.name", f"{name!r} is the name of the alarm over all alarms; choose another"
    if spec.history and name == called.alarm(HISTORY_ALARM):
        yield f"{key}.name", f"{name!r} is the name of the history's own alarm; choose another"


def _described(key: str, description: str) -> Iterator[Problem]:
    if len(description) > DESCRIPTION_MAX:
        problem = f"has {len(description)} characters with the runbook and what is watched"
        yield f"{key}.description", f"{problem}; at most {DESCRIPTION_MAX} are allowed"


def _groups(spec: MonitorSpec) -> Iterator[Problem]:
    rollout = spec.function.rollout
    shown = len(spec.alarms) + len(spec.composite_alarms) + 1
    if shown > ALARM_WIDGET_MAX:
        problem = f"{shown} with the composite alarms and the one over all are too many"
        yield "alarm", f"{problem}; a dashboard shows {ALARM_WIDGET_MAX} in one widget"
    # What waits in a queue is not of the version that is rolled out.
    count = sum(alarm.metric not in record.GAUGES for alarm in spec.alarms)
    if rollout != "AllAtOnce" and count > ROLLBACK_ALARMS_MAX:
        problem = (
            f"{count} are too many for rollout {rollout!r}: CodeDeploy looks at no more than {ROLLBACK_ALARMS_MAX}"
        )
        yield "alarm", problem
