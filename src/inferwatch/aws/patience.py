"""Waiting for what AWS shows only after a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Patience(NamedTuple):
    """How time passes. now_ms: epoch milliseconds; pause: returns after so many seconds."""

    now_ms: Callable[[], int]
    pause: Callable[[float], object]

    def until(self, look: Callable[[], T | None], *, every_s: float, at_most_ms: int) -> T | None:
        """What `look` finds, asked again and again until it is not None; None once that took `at_most_ms`."""
        give_up_at = self.now_ms() + at_most_ms
        while (found := look()) is None and (left_ms := give_up_at - self.now_ms()) > 0:
            self.pause(min(every_s, left_ms / 1000))
        return found
