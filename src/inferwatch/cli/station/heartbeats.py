"""Signs of life of the parts that must keep running."""

from __future__ import annotations

from collections.abc import Callable

from inferwatch.web.health import STALE_AFTER_MS

INGEST = "ingest"
ALARMS = "alarms"
NOTIFICATIONS = "notifications"
QUEUE = "queue"


class Heartbeats:
    """The last time each part came round. Times are epoch milliseconds."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last: dict[str, int] = {}

    def beat(self, part: str) -> None:
        """`part` has just done its round."""
        self._last[part] = self._now_ms()

    def last(self) -> dict[str, int]:
        """The time of each part's last round."""
        return dict(self._last)

    def problem(self, part: str) -> str | None:
        """What is wrong with `part`, or None. One that never came round is starting."""
        age_ms = self._now_ms() - self._last.get(part, self._now_ms())
        return f"no sign of life for {age_ms // 1000} s" if age_ms > STALE_AFTER_MS else None
