"""The thread that delivers notifications from the outbox, so that a slow target delays nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from inferwatch.cli.clock import now_ms
from inferwatch.cli.station.heartbeats import NOTIFICATIONS, Heartbeats
from inferwatch.cli.station.trouble import Trouble
from inferwatch.notify.delivery import deliver_due
from inferwatch.ports import Notify
from inferwatch.store import Store
from inferwatch.store.outbox import Outbox

ROUND_SECONDS = 0.5


def deliver(
    store: Store,
    scope: str,
    targets: Mapping[str, Notify | None],
    heartbeats: Heartbeats,
    tell: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Deliver what is due until `stop`. The store is this thread's own, and closed at the end."""
    trouble = Trouble("the delivery of notifications", tell)
    with store:
        outbox = store.outbox(scope)
        while not stop.wait(ROUND_SECONDS):
            trouble.guard(lambda: _round(outbox, targets, heartbeats))


def _round(outbox: Outbox, targets: Mapping[str, Notify | None], heartbeats: Heartbeats) -> None:
    deliver_due(outbox, targets, now_ms())
    heartbeats.beat(NOTIFICATIONS)
