"""The thread that keeps house: Parquet, thinning, and streams whose writer died. It may take long; nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from inferwatch.cli.clock import now_ms
from inferwatch.cli.station.trouble import Trouble
from inferwatch.store import Store

ROUND_SECONDS = 15.0


def keep_house(store: Store, tell: Callable[[str], None], stop: threading.Event) -> None:
    """Keep house until `stop`. The store is this thread's own, and closed at the end."""
    trouble = Trouble("housekeeping", tell)
    with store:
        trouble.guard(lambda: _seal(store))
        while not stop.wait(ROUND_SECONDS):
            trouble.guard(lambda: _round(store))


def _seal(store: Store) -> None:
    store.seal_orphans(now_ms())


def _round(store: Store) -> None:
    _seal(store)
    store.compact(now_ms())
    store.thin(now_ms())
