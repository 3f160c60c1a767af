"""The threads beside the event loop, each with a connection of its own to the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial

from inferwatch.cli import output
from inferwatch.cli.scope import scope
from inferwatch.cli.station.delivery import deliver
from inferwatch.cli.station.heartbeats import Heartbeats
from inferwatch.cli.station.housekeeping import keep_house
from inferwatch.cli.station.watch import Watch
from inferwatch.ports import Notify
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store

LAST_ROUND_SECONDS = 0.5
"""How long a thread may take to end: Ctrl-C is to end everything within a second."""


class Threads:
    """Watch, delivery and housekeeping, running from the time that it is made. store: the one that may write."""

    def __init__(
        self,
        spec: MonitorSpec,
        store: Store,
        notify: Mapping[str, Notify | None],
        page_url: str,
        heartbeats: Heartbeats,
    ) -> None:
        self._stop = threading.Event()
        tell, stop = output.note, self._stop
        watch = Watch(spec, page_url, heartbeats, tell)
        work: dict[str, Callable[[], None]] = {
            "watch": partial(watch.run, store.share(), stop),
            "delivery": partial(deliver, store.share(), scope(spec), notify, heartbeats, tell, stop),
            "housekeeping": partial(keep_house, store.share(), tell, stop),
        }
        # Daemons: one that hangs in a webhook must not keep the process from ending.
        self._threads = [threading.Thread(target=call, name=name, daemon=True) for name, call in work.items()]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Have them do a last round, and wait a moment for it."""
        self._stop.set()
        for thread in self._threads:
            thread.join(LAST_ROUND_SECONDS)
