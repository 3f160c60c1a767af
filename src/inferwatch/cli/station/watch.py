"""The thread that watches: takes in what the streams hold, and evaluates the alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable

from inferwatch.alarms.schedule import Schedule
from inferwatch.cli.clock import now_ms
from inferwatch.cli.scope import scope
from inferwatch.cli.station.heartbeats import ALARMS, INGEST, Heartbeats
from inferwatch.cli.station.trouble import Trouble
from inferwatch.notify import compose
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store

ROUND_SECONDS = 0.25


class Watch:
    """Watches one model. page_url: for links to the page; tell: where trouble is told."""

    def __init__(self, spec: MonitorSpec, page_url: str, heartbeats: Heartbeats, tell: Callable[[str], None]) -> None:
        self._spec = spec
        self._page_url = page_url
        self._heartbeats = heartbeats
        self._tell = tell

    def run(self, store: Store, stop: threading.Event) -> None:
        """Watch until `stop`, then take in what came last. The store is the one writer's, and closed at the end."""
        trouble, at_the_end = Trouble("the store", self._tell), Trouble("the store's last round", self._tell)
        with store:
            schedule = self._schedule(store)
            while not stop.wait(ROUND_SECONDS):
                trouble.guard(lambda: self._round(store, schedule))
            at_the_end.guard(lambda: self._ingest(store))

    def _round(self, store: Store, schedule: Schedule) -> None:
        self._ingest(store)
        schedule.step(now_ms())
        self._heartbeats.beat(ALARMS)

    def _ingest(self, store: Store) -> None:
        store.ingest(now_ms())
        self._heartbeats.beat(INGEST)

    def _schedule(self, store: Store) -> Schedule:
        identity = self._spec.identity
        source = store.metrics(identity.metric_namespace)
        log = store.alarm_log(scope(self._spec))
        return Schedule(
            self._spec.alarms,
            datapoints=lambda alarm, start, end: source.datapoints(
                alarm.metric, alarm.statistic, alarm.period, start, end, alarm.dimensions or identity.dimensions
            ),
            load=log.states,
            commit=log.commit,
            notifications=lambda transition, states: compose.notifications(
                transition, self._spec, source, self._page_url, states
            ),
            report=self._report,
            composites=self._spec.composite_alarms,
        )

    def _report(self, alarm: AlarmSpec | CompositeAlarmSpec, error: Exception) -> None:
        self._tell(f"alarm {alarm.name} could not be evaluated: {error}")
