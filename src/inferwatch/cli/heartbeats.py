"""Signs of life of the parts that must keep running."""

from __future__ import annotations

from collections.abc import Callable

STALE_MS = 15_000


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

    def stuck(self) -> dict[str, str]:
        """The parts that have not come round of late, and since when, in words."""
        now = self._now_ms()
        ages = {part: now - at for part, at in self.last().items()}
        return {part: f"no sign of life for {age // 1000} s" for part, age in ages.items() if age > STALE_MS}
