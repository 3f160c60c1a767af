"""Ingest: what the streams have gained since the last pass goes into the rollups, each record once.

One transaction takes the offsets consumed, the rollup deltas, the ids seen and what the lake must know later
(positions of doubled records, records made for lost invocations). So a crash neither loses nor doubles.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import orjson

from inferwatch.errors import StoreError
from inferwatch.store import seen, tally
from inferwatch.store.rollups import rollup
from inferwatch.store.streams import platform, positions, report, synthetic
from inferwatch.store.streams.emf import NEWEST_MS, OLDEST_MS, Sample, extract
from inferwatch.store.streams.files import Stream, discover, read, size
from inferwatch.store.streams.invocations import Lost
from inferwatch.store.streams.positions import Position
from inferwatch.store.streams.scan import LONGEST_LINE, Event, complete, scan
from inferwatch.store.transaction import transaction

BATCH_BYTES = 8 * 1024 * 1024
"""About so many bytes go into one transaction."""


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass took in.

    records: new transactions; synthetic: of them, those made for invocations that left none; duplicates: records
    that had been counted before; texts: events that are not ours; skipped_metrics: invalid parts of embedded
    metrics; out_of_range: lines whose metrics are too old or in the future; unattributed: invocations that left no
    record, in a stream that does not say whose they are; unreadable: stream files that could not be read and are
    tried again.
    """

    size: int = 0
    records: int = 0
    synthetic: int = 0
    duplicates: int = 0
    texts: int = 0
    skipped_metrics: int = 0
    out_of_range: int = 0
    unattributed: int = 0
    unreadable: int = 0


class Ingest:
    """Passes over the streams of one data folder; one at a time, by the process that holds the folder's lock."""

    def __init__(self, data: Path, connection: sqlite3.Connection) -> None:
        self._data = data
        self._connection = connection
        self._sizes: dict[str, int] = dict(connection.execute("SELECT key, rolled FROM stream WHERE ended"))

    def run(self, now_ms: int) -> Ingested:
        """Take in all that the streams hold at this moment. Raises StoreError; what is left then waits."""
        counts: Counter[str] = Counter()
        due = [
            (stream, end)
            for stream in discover(self._data)
            if (end := size(stream.path)) != self._sizes.get(stream.key)
        ]
        while due:
            batch = _Batch(self._connection, now_ms)
            try:
                with transaction(self._connection):
                    while due and batch.counts["size"] < BATCH_BYTES:
                        if batch.take(*due[-1]):
                            due.pop()
                    batch.write()
            except OSError as error:
                raise StoreError(
                    f"The stream files could not be read ({error}); nothing of this step was kept."
                ) from error
            self._sizes.update((stream.key, end) for stream, end in batch.done)
            counts += batch.counts
        return Ingested(**counts)


_TALLIED = sorted({*Ingested.__struct_fields__} - {"size", "unreadable"})


class _Batch:
    """What goes into one transaction."""

    def __init__(self, connection: sqlite3.Connection, now_ms: int) -> None:
        self.counts: Counter[str] = Counter()
        self.done: list[tuple[Stream, int]] = []
        self._connection = connection
        self._now_ms = now_ms
        self._deltas = rollup.Deltas()

    def take(self, stream: Stream, end: int) -> bool:
        """Take the next piece of the stream; True if it has no more whole lines before `end`."""
        try:
            position = positions.settle(self._connection, stream)
            data = read(stream.path, position.rolled, LONGEST_LINE)
        except OSError:
            self.counts["unreadable"] += 1
            return True
        data = data[: complete(data)]
        for event in scan(data, position.rolled):
            self._event(stream, position, event)
        position.rolled += len(data)
        positions.save(self._connection, stream, position)
        self.counts["size"] += len(data)
        if data and position.rolled < end:
            return False
        self.done.append((stream, end))
        return True

    def write(self) -> None:
        rollup.apply(self._connection, self._deltas)
        tally.add(self._connection, {name: self.counts[name] for name in _TALLIED})

    def _event(self, stream: Stream, position: Position, event: Event) -> None:
        if event.kind == "text":
            self.counts["texts"] += 1
            return
        if event.kind in ("metrics", "attempt"):
            self._metrics(event.document)
        elif event.kind == "record":
            self._record(position, event)
        lost = position.invocations.feed(event)
        if event.kind == "platform" and event.document["type"] == platform.REPORT:
            self._report(position, event)
        if lost:
            self._lost(stream, position, event, lost)

    def _record(self, position: Position, event: Event) -> None:
        if self._is_new(event.document, event.at_ms):
            self._metrics(event.document)
        else:
            self._connection.execute("INSERT INTO duplicate VALUES (?, ?)", (position.id, event.offset))

    def _report(self, position: Position, event: Event) -> None:
        identity = position.invocations.identity
        if identity is not None:
            self._roll(event.at_ms, report.samples(identity, event.document["record"]))

    def _lost(self, stream: Stream, position: Position, event: Event, lost: Lost) -> None:
        identity = position.invocations.identity
        if lost.queued and identity is not None:
            self._roll(lost.start_ms, report.error(identity))
            return
        line = synthetic.line(identity, stream.name, lost) if identity is not None else None
        if line is None:
            self.counts["unattributed"] += 1
            return
        document = orjson.loads(line)
        if self._is_new(document, lost.start_ms):
            self._metrics(document)
            self.counts["synthetic"] += 1
            self._connection.execute("INSERT INTO synthetic VALUES (?, ?, ?)", (position.id, event.offset, line))

    def _is_new(self, document: dict[str, Any], start_ms: int) -> bool:
        new = seen.add(self._connection, document["transaction_id"], start_ms)
        self.counts["records" if new else "duplicates"] += 1
        return new

    def _metrics(self, document: dict[str, Any]) -> None:
        if not isinstance(document.get("_aws"), dict):  # without metrics, or what a model printed
            return
        extracted = extract(document)
        self.counts["skipped_metrics"] += extracted.skipped
        self._roll(extracted.at_ms, extracted.samples)

    def _roll(self, at_ms: int, samples: list[Sample]) -> None:
        if not self._now_ms - OLDEST_MS <= at_ms <= self._now_ms + NEWEST_MS:
            self.counts["out_of_range"] += bool(samples)
            return
        for sample in samples:
            self._deltas.add(sample.series, sample.unit, at_ms, sample.values)
