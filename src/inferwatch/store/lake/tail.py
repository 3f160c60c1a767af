"""The tail: records that are in stream files and not yet in the lake."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from inferwatch.store import seen
from inferwatch.store.streams import positions, synthetic
from inferwatch.store.streams.events import events
from inferwatch.store.streams.files import Stream, discover
from inferwatch.store.streams.invocations import Invocations
from inferwatch.store.streams.positions import Position
from inferwatch.store.streams.scan import Event, scan


class Found(NamedTuple):
    """A record, where it lies, and when it started."""

    stream: Stream
    offset: int
    start_ms: int
    document: dict[str, Any]


def tail(data: Path, connection: sqlite3.Connection, covers: Callable[[str], bool]) -> Iterator[Found]:
    """Every record that is not in the lake, each once, within the caller's snapshot of the catalog.

    Also those that ingest has not seen yet; they are treated as ingest will treat them. covers: whether a log group
    is asked for.
    """
    fresh: set[tuple[int, bytes]] = set()
    ended = _done(connection)
    for stream in discover(data):
        if stream.key in ended or not covers(stream.log_group):
            continue
        position = positions.load(connection, stream)
        if position is None or not positions.matches(stream, position):
            position = Position(0, 0, 0, b"", Invocations())
        yield from counted(connection, stream, position, position.rolled)
        for found in _beyond(stream, position):
            key = seen.key(found.document["transaction_id"], found.start_ms)
            if key not in fresh and not seen.contains(connection, *key):
                fresh.add(key)
                yield found


def counted(connection: sqlite3.Connection, stream: Stream, position: Position, end: int) -> Iterator[Found]:
    """The records in [position.laked, end), end <= position.rolled, as ingest counted them."""
    between = (position.id, position.laked, end)
    rows = connection.execute("SELECT offset FROM duplicate WHERE stream = ? AND offset >= ? AND offset < ?", between)
    doubled = {row[0] for row in rows}
    for event in events(stream, position.laked, end):
        if event.kind == "record" and event.offset not in doubled:
            yield _found(stream, event)
    lines = connection.execute(
        "SELECT offset, line FROM synthetic WHERE stream = ? AND offset >= ? AND offset < ?", between
    )
    for offset, line in lines.fetchall():
        yield from (_found(stream, event._replace(offset=offset)) for event in scan(line))


def _beyond(stream: Stream, position: Position) -> Iterator[Found]:
    """What ingest will find: records, and those it will make for lost invocations."""
    invocations = position.invocations
    for event in events(stream, position.rolled):
        lost = invocations.feed(event)
        if event.kind == "record":
            yield _found(stream, event)
        if lost and not lost.queued and invocations.identity is not None:
            line = synthetic.line(invocations.identity, stream.name, lost)
            if line is not None:
                yield Found(stream, event.offset, lost.start_ms, orjson.loads(line))


def _found(stream: Stream, event: Event) -> Found:
    return Found(stream, event.offset, event.at_ms, event.document)


def _done(connection: sqlite3.Connection) -> set[str]:
    """Streams that are sealed and wholly in the lake."""
    return {row[0] for row in connection.execute("SELECT key FROM stream WHERE ended AND laked = rolled")}
