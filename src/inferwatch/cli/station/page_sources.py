"""What the page reads, out of one machine's store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from inferwatch.alarms.values import AlarmState, Transition
from inferwatch.cli.clock import now_ms
from inferwatch.cli.station.readers import Readers
from inferwatch.ports import MetricSource
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.outbox import Entry
from inferwatch.web import Sources


def local_sources(
    spec: MonitorSpec, scope: str, readers: Readers, metrics: MetricSource, health: Callable[[], Mapping[str, int]]
) -> Sources:
    """Sources for `page_app`. scope: whose alarms and notifications."""

    def alarm_states() -> dict[str, AlarmState]:
        with readers.store() as store:
            return store.alarm_log(scope).states()

    def alarm_history(alarm: str | None, limit: int) -> Sequence[Transition]:
        with readers.store() as store:
            return store.alarm_log(scope).history(alarm, limit)

    def notifications(limit: int) -> Sequence[Entry]:
        with readers.store() as store:
            return store.outbox(scope).entries(limit)

    return Sources(
        spec=spec,
        metrics=metrics,
        alarm_states=alarm_states,
        alarm_history=alarm_history,
        notifications=notifications,
        health=health,
        now_ms=now_ms,
    )
