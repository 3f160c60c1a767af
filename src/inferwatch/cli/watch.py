"""The thread that watches: takes in what the streams hold, evaluates the alarms, and keeps house."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from inferwatch.alarms.schedule import Schedule
from inferwatch.cli.clock import now_ms
from inferwatch.cli.heartbeats import Heartbeats
from inferwatch.cli.trouble import Trouble
from inferwatch.errors import InferWatchError
from inferwatch.notify import compose
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store

ROUND_SECONDS = 0.25
HOUSEKEEPING_ROUNDS = 120
"""Every so many rounds: compaction, thinning, and streams whose writer has died."""

INGEST = "ingest"
ALARMS = "alarms"


class Watch:
    """The one writer of a data folder, for one model. tell: where trouble is told."""

    def __init__(
        self, spec: MonitorSpec, data: Path, page_url: str, heartbeats: Heartbeats, tell: Callable[[str], None]
    ) -> None:
        self._spec = spec
        self._data = data
        self._page_url = page_url
        self._heartbeats = heartbeats
        self._tell = tell

    def run(self, opened: Future[None], stop: threading.Event) -> None:
        """Watch until `stop`. opened: resolved when the data folder is ours, or the reason why it is not."""
        try:
            store = Store.open(self._data, writer=True)
        except InferWatchError as error:
            opened.set_exception(error)
            return
        with closing(store):
            opened.set_result(None)
            schedule = self._schedule(store)
            trouble = Trouble("the store", self._tell)
            trouble.guard(lambda: self._seal_orphans(store))
            rounds = 0
            while not stop.wait(ROUND_SECONDS):
                rounds += 1
                trouble.guard(lambda: self._round(store, schedule))
                if rounds % HOUSEKEEPING_ROUNDS == 0:
                    trouble.guard(lambda: self._keep_house(store))
            trouble.guard(lambda: self._ingest(store))

    def _round(self, store: Store, schedule: Schedule) -> None:
        self._ingest(store)
        schedule.step(now_ms())
        self._heartbeats.beat(ALARMS)

    def _ingest(self, store: Store) -> None:
        store.ingest(now_ms())
        self._heartbeats.beat(INGEST)

    def _seal_orphans(self, store: Store) -> None:
        store.seal_orphans(now_ms())

    def _keep_house(self, store: Store) -> None:
        self._seal_orphans(store)
        store.compact(now_ms())
        store.thin(now_ms())

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
            notifications=lambda transition: compose.notifications(transition, self._spec, source, self._page_url),
            report=self._report,
        )

    def _report(self, alarm: AlarmSpec, error: Exception) -> None:
        self._tell(f"alarm {alarm.name} could not be evaluated: {error}")


def scope(spec: MonitorSpec) -> str:
    """Whose alarms: the log group and the environment, since alarm names are unique only within them."""
    return f"{spec.identity.log_group}:{spec.identity.environment}"
