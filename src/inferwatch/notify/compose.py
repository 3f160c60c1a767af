"""A transition turned into what people are told: one notification for each target."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from inferwatch.alarms.timing import evaluation_range
from inferwatch.alarms.values import ALARM, AlarmState, Notification, Transition
from inferwatch.alarms.watched import watched
from inferwatch.ports import MetricSource, Record, RecordQuery
from inferwatch.spec import composite_rule, record
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec

PAGE = "page"
"""The target where the spec declares none: the message stands in the page's list, undelivered."""

TELLING_MAX = 3
# What of a record is sent away. Its payload stays at home: it may be large, and is nobody's business in a chat.
_FIELDS = (
    *("transaction_id", "request_id", "start_at", "status", "elapse"),
    *("confidence", "prediction", "model_version", "error"),
)
_TELLING: dict[str, dict[str, Any]] = {
    record.LATENCY_MS: {"order": "-elapse"},
    record.PREDICTION_PROBABILITY: {"order": "confidence"},
    record.ERROR_COUNT: {"status": (record.FAILED, record.TIMEOUT)},
    record.REJECTED_COUNT: {"status": (record.REJECTED,)},
    record.SUCCESS_COUNT: {"status": (record.SUCCEEDED,)},
}
_log = logging.getLogger(__name__)


def is_told(transition: Transition) -> bool:
    """Whether people hear of it: that an alarm goes to ALARM, and that it leaves it.

    A new alarm's first INSUFFICIENT_DATA -> OK is no news; history keeps it.
    """
    return ALARM in (transition.previous, transition.state)


def notifications(
    transition: Transition,
    spec: MonitorSpec,
    source: MetricSource,
    page_url: str,
    states: Mapping[str, AlarmState] = MappingProxyType({}),
) -> list[Notification]:
    """What to tell of `transition`, once for each target.

    page_url: where the page is, without a token; states: how every alarm stands after it, by name, of which a
    composite alarm's notification tells.
    """
    metric_alarms = {alarm.name: alarm for alarm in spec.alarms}
    alarm = metric_alarms.get(transition.alarm) or _composite(spec, transition.alarm)
    targets = spec.targets(alarm) if spec.notify else (PAGE,)
    if not targets or not is_told(transition):
        return []
    if isinstance(alarm, AlarmSpec):
        members, explaining = watched(spec, alarm), alarm if transition.state == ALARM else None
    else:
        children = _children(alarm, states)
        members = {"rule": alarm.rule, "children": tuple(children)}
        loud = [child.alarm for child in children if child.state == ALARM and child.alarm in metric_alarms]
        explaining = metric_alarms[loud[0]] if loud and transition.state == ALARM else None
    records = _telling(transition, explaining, spec, source) if explaining else ()
    return [_notification(target, transition, alarm, spec, records, page_url, members) for target in targets]


def _composite(spec: MonitorSpec, name: str) -> CompositeAlarmSpec:
    return next(alarm for alarm in spec.composite_alarms if alarm.name == name)


def _children(alarm: CompositeAlarmSpec, states: Mapping[str, AlarmState]) -> Sequence[AlarmState]:
    return [states[name] for name in composite_rule.alarms(composite_rule.parse(alarm.rule)) if name in states]


def _notification(
    target: str,
    transition: Transition,
    alarm: AlarmSpec | CompositeAlarmSpec,
    spec: MonitorSpec,
    records: tuple[Record, ...],
    page_url: str,
    members: Mapping[str, Any],
) -> Notification:
    identity = spec.identity
    return Notification(
        id=_id(target, transition, spec),
        target=target,
        transition=transition,
        namespace=identity.namespace,
        model_name=identity.model_name,
        model_version=str(identity.model_version),
        environment=identity.environment,
        description=alarm.description,
        runbook=alarm.runbook,
        link=_link(page_url, transition),
        records=records,
        **members,
    )


def _telling(transition: Transition, alarm: AlarmSpec, spec: MonitorSpec, source: MetricSource) -> tuple[Record, ...]:
    """The records that show why: the slowest, the least confident, the newest failed, else the newest."""
    start_ms, end_ms = evaluation_range(alarm, transition.at_ms)
    query = RecordQuery(
        start_ms=start_ms,
        end_ms=end_ms,
        log_group=spec.identity.log_group,
        environment=spec.identity.environment,
        version=(alarm.dimensions or {}).get(record.VERSION_DIMENSION),
        limit=TELLING_MAX,
        **_TELLING.get(alarm.metric, {}),
    )
    try:
        found = source.records(query)
    except Exception:  # an alarm reaches people also where its records cannot be read
        _log.exception("no records could be read for the notification of alarm %s", alarm.name)
        return ()
    return tuple({field: r[field] for field in _FIELDS if r.get(field) is not None} for r in found)


def _id(target: str, transition: Transition, spec: MonitorSpec) -> str:
    """The same for the same transition of the same alarm at the same instant, so that it is told once."""
    identity = spec.identity
    what = (identity.log_group, identity.environment, transition.alarm, transition.state, transition.at_ms, target)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]


def _link(page_url: str, transition: Transition) -> str:
    query = urlencode({"alarm": transition.alarm, "at": transition.at_ms})
    return urlsplit(page_url)._replace(query=query, fragment="").geturl()
