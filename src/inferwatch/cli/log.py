"""What the streams of a data folder hold, as one log: the last of it, and what comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inferwatch.store.streams.events import events
from inferwatch.store.streams.files import Stream, discover, read, size
from inferwatch.store.streams.scan import LONGEST_LINE, Event, Kind

BACK_BYTES = 256 * 1024
"""So much of each stream's end is looked at for the last lines."""


class Entry(NamedTuple):
    """One event of a stream. at_ms: where the event has no time, that of the one before it."""

    at_ms: int
    stream: Stream
    event: Event

    @property
    def kind(self) -> Kind:
        return self.event.kind

    @property
    def document(self) -> dict[str, Any]:
        """The line's JSON object, empty where it is none."""
        return self.event.document

    @property
    def stream_name(self) -> str:
        return self.stream.name

    @property
    def where(self) -> str:
        """The stream, as JSON names it: its file below `<data>/logs`."""
        return self.stream.key

    @property
    def time(self) -> str:
        """When a line of text was written: it does not say."""
        return ""

    @property
    def text(self) -> str:
        """The line as it stands in the file, its end included."""
        return read(self.stream.path, self.event.offset, self.event.length).decode("utf-8", "replace")


class Log:
    """The streams, each read on from where it was left.

    log_group: only those of this one and below it; wanted: which of their entries there are.
    """

    def __init__(self, data: Path, log_group: str | None, wanted: Callable[[Entry], bool] = lambda _: True) -> None:
        self._data = data
        self._wanted = wanted
        self._log_group = log_group.rstrip("/") if log_group else None
        self._read: dict[str, int] = {}

    def last(self, count: int) -> list[Entry]:
        """The newest `count` entries, oldest first; `new` goes on behind them."""
        entries: list[Entry] = []
        for stream in self._streams():
            entries += self._entries(stream, _line_start(stream, size(stream.path) - BACK_BYTES))
        return sorted(entries, key=lambda entry: entry.at_ms)[-count:] if count else []

    def new(self) -> list[Entry]:
        """What the streams gained since the last look, oldest first."""
        entries: list[Entry] = []
        for stream in self._streams():
            start = self._read.get(stream.key, 0)
            if size(stream.path) > start:
                entries += self._entries(stream, start)
        return sorted(entries, key=lambda entry: entry.at_ms)

    def _streams(self) -> Iterator[Stream]:
        wanted = self._log_group
        for stream in discover(self._data):
            if wanted is None or stream.log_group == wanted or stream.log_group.startswith(f"{wanted}/"):
                yield stream

    def _entries(self, stream: Stream, start: int) -> Iterator[Entry]:
        at_ms = 0
        self._read[stream.key] = start
        for event in events(stream, start):
            at_ms = event.at_ms or at_ms
            self._read[stream.key] = event.offset + event.length
            entry = Entry(at_ms, stream, event)
            if self._wanted(entry):
                yield entry


def _line_start(stream: Stream, offset: int) -> int:
    """Where the first whole line at or behind `offset` begins."""
    if offset <= 0:
        return 0
    return offset + read(stream.path, offset, LONGEST_LINE).find(b"\n") + 1
