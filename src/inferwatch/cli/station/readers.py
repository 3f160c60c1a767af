"""A data folder open for reading by several threads: each call borrows a store that no other call uses meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from inferwatch.alarms.values import Datapoint
from inferwatch.ports import Record, RecordQuery
from inferwatch.store import Store


class Readers:
    """Stores for reading, opened as they are needed and kept for the next call."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._idle: SimpleQueue[Store] = SimpleQueue()

    @contextmanager
    def store(self) -> Iterator[Store]:
        """A store for the time of the `with` block. One that failed is not used again."""
        try:
            store = self._idle.get_nowait()
        except Empty:
            store = Store.open(self.data, writer=False)
        try:
            yield store
        except BaseException:
            store.close()
            raise
        self._idle.put(store)

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()


class SharedMetricSource:
    """MetricSource over one metric namespace, for any thread."""

    def __init__(self, readers: Readers, metric_namespace: str) -> None:
        self._readers = readers
        self._namespace = metric_namespace

    def datapoints(
        self, metric: str, statistic: str, period: int, start_ms: int, end_ms: int, dimensions: Mapping[str, str]
    ) -> Sequence[Datapoint]:
        with self._readers.store() as store:
            source = store.metrics(self._namespace)
            return source.datapoints(metric, statistic, period, start_ms, end_ms, dimensions)

    def records(self, query: RecordQuery) -> Sequence[Record]:
        with self._readers.store() as store:
            return store.records(query)
