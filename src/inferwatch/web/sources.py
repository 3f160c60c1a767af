"""What the page reads, as functions handed in: the page itself opens no file, no database and no clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.errors import QueryError
from inferwatch.ports import MetricSource
from inferwatch.query.answer import Answer
from inferwatch.query.question import Question
from inferwatch.registry.records import Change, Deployment, ModelVersion
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.outbox import Entry
from inferwatch.web.model_health import ModelHealth


def _no_answer(question: Question) -> Answer:
    raise QueryError("this page's data cannot be asked questions")


def _anything() -> None:
    """Whatever a field is called, it is taken."""


def _none() -> tuple[Any, ...]:
    return ()


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Every function may block and may be called from several threads at once. Times are epoch milliseconds.

    alarm_states: by the alarm's name, without those never evaluated; alarm_history: `(alarm or None for all,
    limit)`, newest first; notifications: `(limit)`, newest first; health: the time of the last sign of life
    of each part that must keep running, by the part's name; finest: seconds, the shortest period that every metric
    has; late_ms: how long after a period's end its data may still come.

    ask: any question; known: root names of the fields of one's own, None for any; versions, deployments, changes: of
    the registry, newest first, the latter two of this environment; overview: how every model stands, None where
    nobody knows of others; model: the sources of another model, by log group and environment, None for one that is
    not known; billed: each question costs money, so none is asked but by hand; declared: False where the spec was made
    up for a model that is only seen, whose alarms are those of the alarm log.
    """

    spec: MonitorSpec
    metrics: MetricSource
    alarm_states: Callable[[], Mapping[str, AlarmState]]
    alarm_history: Callable[[str | None, int], Sequence[Transition]]
    notifications: Callable[[int], Sequence[Entry]]
    health: Callable[[], Mapping[str, int]]
    now_ms: Callable[[], int]
    finest: int = 10
    late_ms: int = 0
    ask: Callable[[Question], Answer] = _no_answer
    known: Callable[[], Collection[str] | None] = _anything
    versions: Callable[[], Sequence[ModelVersion]] = _none
    deployments: Callable[[], Sequence[Deployment]] = _none
    changes: Callable[[], Sequence[Change]] = _none
    overview: Callable[[], Sequence[ModelHealth]] | None = None
    model: Callable[[str, str], Sources | None] | None = None
    billed: bool = False
    declared: bool = True
