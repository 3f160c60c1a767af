"""The events of a stream file from one byte to another, however large the file is."""

from __future__ import annotations

from collections.abc import Iterator

from inferwatch.store.streams.files import Stream, read
from inferwatch.store.streams.scan import LONGEST_LINE, Event, complete, scan


def events(stream: Stream, start: int, end: int | None = None) -> Iterator[Event]:
    """The events from byte `start` on, to the last whole line, or to byte `end` (an event's beginning)."""
    while end is None or start < end:
        data = read(stream.path, start, LONGEST_LINE)
        data = data[: complete(data)][: None if end is None else end - start]
        if not data:
            return
        yield from scan(data, start)
        start += len(data)
