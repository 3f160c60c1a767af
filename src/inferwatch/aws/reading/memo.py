"""Answers that are good for a while, so that asking again costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """For any thread. keep_ms: how long an answer is good; most: answers that are kept, the oldest goes first."""

    def __init__(self, now_ms: Callable[[], int], keep_ms: int, most: int) -> None:
        self._now_ms = now_ms
        self._keep_ms = keep_ms
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[int, T]] = {}

    def known(self, question: Hashable) -> T | None:
        """The answer to `question`, None where it is not known or too old."""
        with self._lock:
            kept = self._kept.get(question)
        if kept is None or not 0 <= self._now_ms() - kept[0] < self._keep_ms:
            return None
        return kept[1]

    def keep(self, question: Hashable, answer: T) -> T:
        """Keep an answer, and give it back."""
        with self._lock:
            self._kept.pop(question, None)
            self._kept[question] = (self._now_ms(), answer)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return answer

    def of(self, question: Hashable, ask: Callable[[], T]) -> T:
        """The answer to `question`: a known one, else what `ask` gives. What it raises is not kept."""
        known = self.known(question)
        return self.keep(question, ask()) if known is None else known
