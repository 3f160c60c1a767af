"""Rollups: each series' aggregates in spans of 10 s, 1 min, 5 min and 1 h, all written at ingest.

A span is thinned by deleting it when its age is past, as CloudWatch does; the longer ones have the same values in
them and remain.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson

from inferwatch.spec.period import RETENTION
from inferwatch.store.rollups.aggregate import Aggregate
from inferwatch.store.rollups.histogram import Histogram
from inferwatch.store.streams.emf import Dimensions, SeriesKey
from inferwatch.store.times import HOUR, SECOND

SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    metric TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (namespace, metric, dimensions)
);
CREATE TABLE IF NOT EXISTS rollup (
    span INTEGER NOT NULL,
    series INTEGER NOT NULL,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    total REAL NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    histogram BLOB NOT NULL,
    PRIMARY KEY (span, series, start)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thinned (
    span INTEGER PRIMARY KEY,
    before INTEGER NOT NULL
);
"""

KEPT_MS = {span: kept * SECOND for span, kept in RETENTION.items()}
"""How long the aggregates of each span (seconds) are kept."""

SPANS = tuple(KEPT_MS)
FINEST_MS = SPANS[0] * SECOND


class Series(NamedTuple):
    """A series that has had data. dimensions: by name."""

    namespace: str
    metric: str
    dimensions: dict[str, str]
    unit: str


class Deltas:
    """What one batch of lines adds, in spans of 10 s."""

    def __init__(self) -> None:
        self.units: dict[SeriesKey, str] = {}
        self.spans: dict[tuple[SeriesKey, int], Aggregate] = {}

    def add(self, series: SeriesKey, unit: str, at_ms: int, values: Iterable[float]) -> None:
        self.units[series] = unit
        key = (series, at_ms - at_ms % FINEST_MS)
        aggregate = self.spans.get(key)
        if aggregate is None:
            aggregate = self.spans[key] = Aggregate()
        for value in values:
            aggregate.add(value)


def apply(connection: sqlite3.Connection, deltas: Deltas) -> None:
    """Merge the deltas into the rollups of every span, within the caller's transaction."""
    ids = {series: _series_id(connection, series, unit) for series, unit in deltas.units.items()}
    for span in SPANS:
        merged: dict[tuple[int, int], Aggregate] = {}
        for (series, start), aggregate in deltas.spans.items():
            key = (ids[series], start - start % (span * SECOND))
            merged.setdefault(key, Aggregate()).merge(aggregate)
        _merge_in(connection, span, merged)


def read(
    connection: sqlite3.Connection, span: int, series: int, start_ms: int, end_ms: int
) -> Iterator[tuple[int, Aggregate]]:
    """(start, aggregate) of each span that starts in [start_ms, end_ms), oldest first."""
    rows = connection.execute(
        "SELECT start, count, total, minimum, maximum, histogram FROM rollup"
        " WHERE span = ? AND series = ? AND start >= ? AND start < ? ORDER BY start",
        (span, series, start_ms, end_ms),
    )
    for start, *values in rows:
        yield start, decoded(*values)


def find(connection: sqlite3.Connection, series: SeriesKey) -> int | None:
    """The series' number, or None if it has never had data."""
    row = connection.execute(
        "SELECT id FROM series WHERE namespace = ? AND metric = ? AND dimensions = ?",
        (series.namespace, series.metric, _text(series.dimensions)),
    ).fetchone()
    return row[0] if row else None


def all_series(connection: sqlite3.Connection) -> list[Series]:
    rows = connection.execute(
        "SELECT namespace, metric, dimensions, unit FROM series ORDER BY namespace, metric, dimensions"
    )
    return [Series(namespace, metric, dict(orjson.loads(pairs)), unit) for namespace, metric, pairs, unit in rows]


def thin(connection: sqlite3.Connection, now_ms: int) -> None:
    """Delete what is older than its span is kept, within the caller's transaction.

    Each limit is a full hour, so that what is gone from one span and what is left of it never share one of a
    longer span. A limit that was reached stays, even if the clock is set back.
    """
    series = [row[0] for row in connection.execute("SELECT id FROM series")]
    for span, kept_ms in KEPT_MS.items():
        before = (now_ms - kept_ms) // HOUR * HOUR
        connection.executemany(
            "DELETE FROM rollup WHERE span = ? AND series = ? AND start < ?",
            [(span, number, before) for number in series],
        )
        connection.execute(
            "INSERT INTO thinned VALUES (?, ?) ON CONFLICT (span) DO UPDATE SET before = max(before, excluded.before)",
            (span, before),
        )


def thinned_before(connection: sqlite3.Connection) -> dict[int, int]:
    """For each span that was ever thinned, the time before which its aggregates may be gone."""
    return dict(connection.execute("SELECT span, before FROM thinned"))


def _merge_in(connection: sqlite3.Connection, span: int, merged: Mapping[tuple[int, int], Aggregate]) -> None:
    rows = []
    for (series, start), aggregate in merged.items():
        found = connection.execute(
            "SELECT count, total, minimum, maximum, histogram FROM rollup WHERE span = ? AND series = ? AND start = ?",
            (span, series, start),
        ).fetchone()
        if found:
            aggregate.merge(decoded(*found))
        a = aggregate
        rows.append((span, series, start, a.count, a.total, a.minimum, a.maximum, a.histogram.encode()))
    connection.executemany("INSERT OR REPLACE INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def decoded(count: int, total: float, minimum: float, maximum: float, histogram: bytes) -> Aggregate:
    """The aggregate of one row."""
    return Aggregate(count, total, minimum, maximum, Histogram.decode(histogram))


def _series_id(connection: sqlite3.Connection, series: SeriesKey, unit: str) -> int:
    number: int = connection.execute(
        "INSERT INTO series (namespace, metric, dimensions, unit) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET unit = excluded.unit RETURNING id",
        (series.namespace, series.metric, _text(series.dimensions), unit),
    ).fetchone()[0]
    return number


def _text(dimensions: Dimensions) -> str:
    return orjson.dumps(dimensions).decode()
