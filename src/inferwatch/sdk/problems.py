"""Counts of what could not be recorded as asked. Recording never raises, so this is where its faults are seen."""

from __future__ import annotations

import sys
from threading import Lock

from inferwatch.sdk.fork import renew_after_fork

DROPPED = "dropped"
TRUNCATED = "truncated"
REFUSED_FIELD = "refused_field"
REFUSED_METRIC = "refused_metric"
REFUSED_VALUE = "refused_value"
LATE = "late"

_LONGEST_TEXT = 2_000


class Problems:
    """Counts by kind; the first of each kind is also told on stderr, since nobody reads a counter unasked.

    dropped: lines that could not be written; truncated: lines that lost their largest members, or all that the user
    gave where no line could be made of it; refused_field: a name that the record needs itself; refused_metric: a
    bad name, unit or number, or one too many; refused_value: a bad status or time; late: a change to an inference
    that is already recorded.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        self._lock = Lock()

    def count(self, kind: str, detail: str) -> None:
        with self._lock:
            first = kind not in self._counts
            self._counts[kind] = self._counts.get(kind, 0) + 1
        if first:
            try:
                sys.stderr.write(f"inferwatch: {kind}: {detail} (further ones are only counted)\n")
            except (AttributeError, OSError, ValueError):
                return  # there is no stderr, or it is closed: the count is all there is

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


def text(value: object) -> str:
    """str(value), whatever its class does, and not too long to be told."""
    try:
        return str(value)[:_LONGEST_TEXT]
    except Exception:
        return f"<{type(value).__name__}>"
