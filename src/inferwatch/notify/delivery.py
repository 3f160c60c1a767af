"""The delivery of what stands in the outbox: attempts, waiting, giving up, and one message for a storm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from inferwatch.alarms.values import Notification
from inferwatch.errors import DeliveryError
from inferwatch.ports import Notify
from inferwatch.store.outbox import Entry, Outbox

PACE_MS = 1_000
GROUP_FROM = 4
"""So many due at once for one target become one message."""

_FIRST_WAITS_S = (10, 30, 60, 300, 900)
_LATER_WAIT_S = 1800
ATTEMPTS_MAX = 55  # the waits between them add up to 24.8 h


def deliver_due(outbox: Outbox, targets: Mapping[str, Notify | None], now_ms: int) -> None:
    """Make at most one attempt for each target that has something due. Call it about once a second.

    One thread at a time, since an attempt without an outcome is taken for that of a process that died.
    Targets get at most one message a second. An entry whose target is None or unknown becomes undelivered.
    """
    waiting: dict[str, list[Entry]] = {}
    for entry in outbox.due(now_ms):
        waiting.setdefault(entry.notification.target, []).append(entry)
    for target, entries in waiting.items():
        notify = targets.get(target)
        if notify is None:
            outbox.undelivered(_ids(entries), now_ms, f"no webhook is configured for {target!r}")
        elif _may_send(outbox.last_attempt_ms(target), now_ms):
            _attempt(outbox, notify, entries if len(entries) >= GROUP_FROM else entries[:1], now_ms)


def retry_wait_s(attempts: int) -> int | None:
    """Seconds to wait after the `attempts`-th failure, or None where it was the last.

    It goes by attempts, not by the clock, so a clock that jumps a day ahead gives nothing up.
    """
    if attempts >= ATTEMPTS_MAX:
        return None
    return _FIRST_WAITS_S[attempts - 1] if attempts <= len(_FIRST_WAITS_S) else _LATER_WAIT_S


def _may_send(last_ms: int | None, now_ms: int) -> bool:
    return last_ms is None or not 0 <= now_ms - last_ms < PACE_MS


def _attempt(outbox: Outbox, notify: Notify, entries: Sequence[Entry], now_ms: int) -> None:
    outbox.attempting(_ids(entries), now_ms)
    try:
        notify(_message(entries))
    except DeliveryError as error:
        _failed(outbox, entries, now_ms, error)
    except Exception as error:  # a fault of ours must not hold up the other targets; its text may hold the URL
        _failed(outbox, entries, now_ms, DeliveryError(f"{type(error).__name__} in the delivery", unsure=True))
    else:
        outbox.delivered(_ids(entries), now_ms)


def _message(entries: Sequence[Entry]) -> Notification:
    first, *rest = (entry.notification for entry in entries)
    also = tuple(n.transition for n in rest)
    return msgspec.structs.replace(first, also=also, duplicate=first.duplicate or any(n.duplicate for n in rest))


def _failed(outbox: Outbox, entries: Sequence[Entry], now_ms: int, error: DeliveryError) -> None:
    for entry in entries:
        ids = [entry.notification.id]
        wait_s = retry_wait_s(entry.attempts + 1)
        if wait_s is None:
            outbox.dead(ids, now_ms, str(error))
        else:
            retry_at_ms = now_ms + int(max(wait_s, error.retry_after_s) * 1000)
            outbox.failed(ids, str(error), retry_at_ms, unsure=error.unsure or entry.notification.duplicate)


def _ids(entries: Sequence[Entry]) -> list[str]:
    return [entry.notification.id for entry in entries]
