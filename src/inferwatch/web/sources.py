"""What the page reads, as functions handed in: the page itself opens no file, no database and no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.ports import MetricSource
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.outbox import Entry


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Every function may block and may be called from several threads at once. Times are epoch milliseconds.

    alarm_states: by the alarm's name, without those never evaluated; alarm_history: `(alarm or None for all,
    limit)`, newest first; notifications: `(limit)`, newest first; health: the time of the last sign of life
    of each part that must keep running, by the part's name; finest: seconds, the shortest period that every metric
    has; late_ms: how long after a period's end its data may still come.
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
