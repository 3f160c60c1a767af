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
from inferwatch.errors import InferWatchError, StoreError
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
    """The one writer of a data folder, for one model. complain: told of trouble once, and when it is over."""

    def __init__(
        self, spec: MonitorSpec, data: Path, page_url: str, heartbeats: Heartbeats, complain: Callable[[str], None]
    ) -> None:
        self._spec = spec
        self._data = data
        self._page_url = page_url
        self._heartbeats = heartbeats
        self._complain = complain
        self._trouble = ""

    def run(self, opened: Future[None], stop: threading.Event) -> None:
        """Watch until `stop`. opened: resolved when the data folder is ours, or the reason why it is not."""
        try:
            store = Store.open(self._data, writer=True)
        except InferWatchError as error:
            opened.set_exception(error)
            return
        with closing(store):
            store.seal_orphans(now_ms())
            opened.set_result(None)
            schedule = self._schedule(store)
            rounds = 0
            while not stop.wait(ROUND_SECONDS):
                rounds += 1
                self._try(lambda: self._round(store, schedule))
                if rounds % HOUSEKEEPING_ROUNDS == 0:
                    self._try(lambda: self._keep_house(store))
            self._try(lambda: self._ingest(store))

    def _round(self, store: Store, schedule: Schedule) -> None:
        self._ingest(store)
        schedule.step(now_ms())
        self._heartbeats.beat(ALARMS)

    def _ingest(self, store: Store) -> None:
        store.ingest(now_ms())
        self._heartbeats.beat(INGEST)

    def _keep_house(self, store: Store) -> None:
        store.seal_orphans(now_ms())
        store.compact(now_ms())
        store.thin(now_ms())

    def _try(self, work: Callable[[], None]) -> None:
        """A full disk must not end the watch: it is told, and tried again in the next round."""
        try:
            work()
        except (StoreError, OSError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._complain(f"the store has trouble and will try again: {error}")
        else:
            if self._trouble:
                self._trouble = ""
                self._complain("the store is well again")

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
        self._complain(f"alarm {alarm.name} could not be evaluated: {error}")


def scope(spec: MonitorSpec) -> str:
    """Whose alarms: the log group and the environment, since alarm names are unique only within them."""
    return f"{spec.identity.log_group}:{spec.identity.environment}"
