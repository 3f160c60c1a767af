"""One data folder, as the rest of InferWatch sees it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from inferwatch.ports import MetricSource, Record, RecordQuery
from inferwatch.query.answer import Answer
from inferwatch.query.fields import COMMON
from inferwatch.query.question import Question
from inferwatch.store import seen, tally
from inferwatch.store.alarm_log import AlarmLog, scopes
from inferwatch.store.catalog import connect
from inferwatch.store.ingest import Ingest, Ingested
from inferwatch.store.lake import lake
from inferwatch.store.lake.compact import Compacted, compact
from inferwatch.store.lake.question import below
from inferwatch.store.lake.reader import Reader
from inferwatch.store.lake.single import Single, single
from inferwatch.store.lock import Lock
from inferwatch.store.metrics import LocalMetricSource
from inferwatch.store.outbox import Outbox
from inferwatch.store.rollups import rollup
from inferwatch.store.rollups.rollup import Series
from inferwatch.store.streams import positions
from inferwatch.store.streams.files import discover
from inferwatch.store.streams.orphans import seal_orphans
from inferwatch.store.transaction import snapshot, transaction


class Store:
    """An open data folder, with a connection of its own: for one thread at a time.

    One process at a time may write a folder; any number may read it meanwhile. Further threads of the writing
    process get their own by `share`. Every method raises StoreError; what a failed call did not do, its next does.
    """

    def __init__(self, data: Path, *, may_write: bool, lock: Lock | None = None) -> None:
        self.data = data
        self._lock = lock
        self._connection = connect(data, read_only=not may_write)
        self._reader = Reader(data, self._connection, may_write=may_write)
        try:
            with snapshot(self._connection):
                self._ingest = Ingest(data, self._connection)
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def open(cls, data: Path, *, writer: bool) -> Store:
        """Open the folder. writer: make it if need be, and take the right to write it.

        Raises StoreError: it cannot be written, another process writes it, or (to read) it holds no data yet.
        """
        if not writer:
            return cls(data, may_write=False)
        lock = Lock(data)
        try:
            store = cls(data, may_write=True, lock=lock)
            lake.clear_work(data)
        except BaseException:
            lock.release()
            raise
        return store

    def share(self) -> Store:
        """The same folder for another thread of this process, with the same rights. Only one may ingest."""
        return Store(self.data, may_write=self._reader.may_write)

    def close(self) -> None:
        self._reader.close()
        self._connection.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ingest(self, now_ms: int) -> Ingested:
        """Take what the stream files have gained into the rollups; see `ingest`."""
        return self._ingest.run(now_ms)

    def compact(self, now_ms: int) -> Compacted:
        """Write what is in the rollups into the lake; see `compact`."""
        return compact(self.data, self._connection, now_ms)

    def thin(self, now_ms: int) -> None:
        """Forget rollups and ids that are older than they are kept."""
        with transaction(self._connection):
            rollup.thin(self._connection, now_ms)
            seen.thin(self._connection, now_ms)

    def seal_orphans(self, now_ms: int) -> int:
        """End the streams whose environments were killed; returns how many. See `orphans`."""
        return seal_orphans(self.data, self._connection, now_ms)

    def metrics(self, metric_namespace: str) -> MetricSource:
        return LocalMetricSource(self._connection, self._reader, metric_namespace)

    def records(self, query: RecordQuery) -> list[Record]:
        """The records that meet the query, in its order, each once."""
        return self._reader.records(query)

    def ask(self, question: Question) -> Answer:
        """What the records of the data folder answer, whether they are in the lake or not. Also raises QueryError."""
        return self._reader.ask(question)

    def fields(self, question: Question) -> frozenset[str]:
        """What fields of one's own are called, at their root, that the newest of the question's records have.

        Looked at are about a thousand records of its time and node, whatever else it asks for.
        """
        return self._reader.fields(question)

    def known(self, question: Question) -> frozenset[str] | None:
        """What `fields` says, for who parses a question: None where it names no field of the user's own, which saves
        the look, or where nothing is recorded, so that no field is unknown."""
        if all(field.root in COMMON for field in question.fields):
            return None
        return self.fields(question) or None

    def sql(self, select: str, limit: int) -> Answer:
        """The first `limit` rows of one SELECT over the views `transactions`, also called `model_monitoring_logs`, and
        `rollups`; it can read nothing else. Raises QueryError; PredicateError where a place in it is wrong.
        """
        return self._reader.sql(select, limit)

    def transaction(self, transaction_id: str) -> Single | None:
        """One record with its line in the log; None where there is no such transaction."""
        return single(self._reader, self.data, transaction_id)

    def log_groups(self, node: str | None = None) -> list[str]:
        """The models that have records or streams, at or below a node of the organisation, sorted. None: all."""
        groups = {stream.log_group for stream in discover(self.data)}
        with snapshot(self._connection):
            groups.update(lake.log_groups(self._connection))
        return sorted(group for group in groups if below(node, group))

    def series(self) -> list[Series]:
        """Every series that has had data."""
        with snapshot(self._connection):
            return rollup.all_series(self._connection)

    def tally(self) -> dict[str, int]:
        """Counts since the folder was made: records, duplicates, texts, ... (see `Ingested`), quarantined_files."""
        with snapshot(self._connection):
            return tally.read(self._connection)

    def backlog(self) -> int:
        """Bytes in the streams that ingest has not taken in yet."""
        with snapshot(self._connection):
            return positions.backlog(self._connection, self.data)

    def check(self) -> list[str]:
        """Compare every file of the lake with its digest; names of those that are damaged or missing.

        The writer moves them aside to `<data>/quarantine`.
        """
        return self._reader.check()

    def scopes(self) -> list[str]:
        """Every scope that has ever had an alarm, sorted."""
        return scopes(self._connection)

    def alarm_log(self, scope: str) -> AlarmLog:
        return AlarmLog(self._connection, scope)

    def outbox(self, scope: str) -> Outbox:
        return Outbox(self._connection, scope)
