"""What a model logs, as one log: the last of it, and what comes. By FilterLogEvents, which costs nothing."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.sdk.clock import iso
from inferwatch.store.streams.scan import Kind, scan
from inferwatch.store.times import DAY, HOUR, MINUTE

LATE_MS = MINUTE
"""Events come in the order in which CloudWatch takes them; one that comes so late is still shown."""

LOOKS_BACK = (5 * MINUTE, HOUR, DAY, 14 * DAY)
"""How far back the last lines are looked for, further where there are too few: nothing tells when they were."""


class Line(NamedTuple):
    """One line of the log. at_ms: when it was written; stream_name: of its environment; kind: as `scan` has it."""

    at_ms: int
    stream_name: str
    kind: Kind
    document: dict[str, Any]
    text: str

    @property
    def where(self) -> str:
        """Which stream, as JSON names it."""
        return self.stream_name

    @property
    def time(self) -> str:
        """When it was written, ISO 8601."""
        return iso(self.at_ms)


class LogTail:
    """The log group, read on from where it was left. wanted: which of its lines there are.

    Every method raises AwsError. For one thread.
    """

    def __init__(self, site: Site, now_ms: Callable[[], int], wanted: Callable[[Line], bool] = lambda _: True) -> None:
        self._log_group = site.names.log_group
        self._logs = site.session.client("logs")
        self._now_ms = now_ms
        self._wanted = wanted
        self._newest_ms = 0
        self._shown: dict[str, int] = {}

    def last(self, count: int) -> list[Line]:
        """The newest `count` lines, oldest first; `new` goes on behind them."""
        now_ms = self._now_ms()
        found: list[Line] = []
        for back_ms in LOOKS_BACK if count else LOOKS_BACK[:1]:
            self._newest_ms = now_ms - back_ms
            found = _newest(self._shown_since(self._newest_ms), count)
            self._forget(self._newest_ms - LATE_MS)
            if len(found) == count:
                break
        return found

    def new(self) -> list[Line]:
        """What came since the last look, oldest first."""
        since_ms = self._newest_ms - LATE_MS
        self._forget(since_ms)
        found: list[Line] = []
        for event in self._events(since_ms):
            if event["eventId"] not in self._shown:
                self._note(event)
                found += self._lines(event)
        return sorted(found, key=lambda line: line.at_ms)

    def _shown_since(self, since_ms: int) -> Iterator[Line]:
        for event in self._events(since_ms):
            self._note(event)
            yield from self._lines(event)

    def _events(self, since_ms: int) -> Iterator[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events")
        with explained(f"reading the log group {self._log_group}"):
            for page in pages.paginate(logGroupName=self._log_group, startTime=since_ms):
                yield from page["events"]

    def _note(self, event: dict[str, Any]) -> None:
        """Remember that an event was shown, by AWS's own times, since this machine's clock may be wrong."""
        self._newest_ms = max(self._newest_ms, event["timestamp"])
        self._shown[event["eventId"]] = event["timestamp"]

    def _forget(self, before_ms: int) -> None:
        self._shown = {event_id: at_ms for event_id, at_ms in self._shown.items() if at_ms >= before_ms}

    def _lines(self, event: dict[str, Any]) -> Iterator[Line]:
        """An event is one line, unless something was glued to it."""
        message = event["message"].encode()
        for part in scan(message):
            text = message[part.offset : part.offset + part.length].decode(errors="replace")
            line = Line(event["timestamp"], event["logStreamName"], part.kind, part.document, text)
            if self._wanted(line):
                yield line


def _newest(lines: Iterable[Line], count: int) -> list[Line]:
    """The newest `count` of them, oldest first; those of the same time as they come. All are read, also for none."""
    newest = heapq.nlargest(max(count, 1), enumerate(lines), key=lambda numbered: (numbered[1].at_ms, numbered[0]))
    return [line for _, line in reversed(newest[:count])]
