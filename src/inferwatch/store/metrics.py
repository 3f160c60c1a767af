"""The local side of MetricSource: datapoints out of the rollups, records out of the lake and the tail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from inferwatch.alarms.values import Datapoint
from inferwatch.errors import QueryError
from inferwatch.ports import Record, RecordQuery
from inferwatch.spec.period import period_problem
from inferwatch.spec.statistic import statistic_problem
from inferwatch.store.lake.reader import Reader
from inferwatch.store.rollups import rollup
from inferwatch.store.rollups.aggregate import Aggregate
from inferwatch.store.rollups.rollup import SPANS
from inferwatch.store.streams import emf
from inferwatch.store.streams.emf import SeriesKey
from inferwatch.store.times import MINUTE, SECOND
from inferwatch.store.transaction import snapshot


class LocalMetricSource:
    """One metric namespace of one data folder, for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, reader: Reader, metric_namespace: str) -> None:
        self._connection = connection
        self._reader = reader
        self._namespace = metric_namespace

    def datapoints(
        self,
        metric: str,
        statistic: str,
        period: int,
        start_ms: int,
        end_ms: int,
        dimensions: Mapping[str, str],
    ) -> list[Datapoint]:
        """See MetricSource. A metric without data has no datapoints.

        They are made of the longest spans that the periods consist of. Where those are thinned, longer ones that
        are left answer, each counted to the period that it begins in: a Sum of five minutes then stands where
        sums of a minute were asked for, as its `samples` tell.
        """
        if problem := statistic_problem(statistic):
            raise QueryError(f"{statistic!r} {problem}")
        if problem := period_problem(period):
            raise QueryError(f"a period of {period} s {problem}")
        with snapshot(self._connection):
            series = rollup.find(self._connection, SeriesKey(self._namespace, metric, emf.dimensions(dimensions)))
            if series is None:
                return []
            periods = self._periods(series, period, start_ms - start_ms % _grain(period), end_ms)
        return [
            Datapoint(start, aggregate.statistic(statistic), float(aggregate.count))
            for start, aggregate in sorted(periods.items())
        ]

    def records(self, query: RecordQuery) -> list[Record]:
        """See MetricSource. Records are found by log group; without one, those of every model are."""
        return self._reader.records(query)

    def _periods(self, series: int, period: int, first_ms: int, end_ms: int) -> dict[int, Aggregate]:
        """The aggregate of each period that has data, by its start; the first period starts at first_ms."""
        period_ms = period * SECOND
        longest = max(span for span in SPANS if period % span == 0 and first_ms % (span * SECOND) == 0)
        last_ms = end_ms + (first_ms - end_ms) % period_ms
        thinned = rollup.thinned_before(self._connection)
        periods: dict[int, Aggregate] = {}
        for start, aggregate in self._aggregates(SPANS[SPANS.index(longest) :], thinned, series, first_ms, last_ms):
            periods.setdefault(start - (start - first_ms) % period_ms, Aggregate()).merge(aggregate)
        return periods

    def _aggregates(
        self, spans: Sequence[int], thinned: Mapping[int, int], series: int, from_ms: int, to_ms: int
    ) -> Iterator[tuple[int, Aggregate]]:
        """The rollups of the first of `spans`; where it was thinned, those of the longer ones.

        Where the clock was set back, time that had been thinned is lived again: there it is whole as far as it has
        as many values as the longer span.
        """
        span, longer = spans[0], spans[1:]
        kept_ms = min(max(from_ms, thinned.get(span, from_ms)), to_ms) if longer else from_ms
        yield from rollup.read(self._connection, span, series, kept_ms, to_ms)
        if kept_ms == from_ms:
            return
        long_ms = longer[0] * SECOND
        first_ms, last_ms = from_ms - from_ms % long_ms, kept_ms + -kept_ms % long_ms
        parts: dict[int, list[tuple[int, Aggregate]]] = {}
        for start, aggregate in rollup.read(self._connection, span, series, first_ms, last_ms):
            parts.setdefault(start - start % long_ms, []).append((start, aggregate))
        for start, aggregate in self._aggregates(longer, thinned, series, first_ms, kept_ms):
            left = parts.get(start, [])
            whole = sum(part.count for _, part in left) == aggregate.count
            for at_ms, part in left if whole else [(start, aggregate)]:
                if from_ms <= at_ms < kept_ms:
                    yield at_ms, part


def _grain(period: int) -> int:
    """To how many milliseconds the start of the first period is rounded down."""
    return MINUTE if period >= 60 else rollup.FINEST_MS
