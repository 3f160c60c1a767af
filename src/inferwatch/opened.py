"""`inferwatch.open`: questions in Python to a data folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from inferwatch.errors import QueryError
from inferwatch.lake.instant import milliseconds, since_epoch
from inferwatch.ports import Record
from inferwatch.query import wording
from inferwatch.query.answer import Answer
from inferwatch.query.neighbours import log_group, neighbours
from inferwatch.query.question import Question
from inferwatch.store import Store

Instant = str | datetime
"""ISO 8601, or a datetime; UTC where it names no zone."""

Words = str | Sequence[str]
"""One word, several with commas between them, or a sequence of them."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def open(data: str | Path) -> Opened:
    """Open a data folder to ask it questions; others may write it meanwhile. Raises StoreError."""
    return Opened(Store.open(Path(data), writer=False))


class Transaction(NamedTuple):
    """line: of the log; None where its stream file is gone, or ingest made the record for a killed environment.

    requester: who made the request, None where the record does not say; before, after: the same requester's nearest
    transactions of a day, of the same model, oldest first.
    """

    record: Record
    line: str | None
    requester: str | None
    before: list[Record]
    after: list[Record]


class Opened:
    """A data folder that answers questions. Use it in one thread at a time; other threads open their own.

    It is a context manager, and closed at its end.
    """

    def __init__(self, store: Store, now_ms: Callable[[], int] = _now_ms) -> None:
        self._store = store
        self._now_ms = now_ms

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"inferwatch.open({str(self._store.data)!r})"

    def close(self) -> None:
        self._store.close()

    def query(  # noqa: PLR0913  # each is optional, and has a name of its own
        self,
        where: str = "",
        *,
        since: str = "24h",
        start: Instant | None = None,
        end: Instant | None = None,
        by: Words = (),
        stats: Words = (),
        order_by: Words = (),
        limit: int = 100,
        model: str | None = None,
        environment: str | None = None,
    ) -> Answer:
        """The records that meet a predicate, newest first; or, with `by` or `stats`, aggregates of them.

        where: `elapse >= 3000 AND status = 'failed'`, "" for all; since: how far back from `end`, `15m` or `7d`,
        unless there is a `start`; end: excluded, by default now; by: fields and time buckets, `status, minute`; stats:
        `count, p99:elapse`; order_by: `-elapse`; model: a model's path, or a node for all models below it.

        Raises PredicateError, which points at what is wrong in `where`; QueryError; StoreError.
        """
        end_ms = self._now_ms() + 1 if end is None else _milliseconds("end", end)
        start_ms = end_ms - wording.span_ms(since) if start is None else _milliseconds("start", start)

        def asked(known: frozenset[str] | None) -> Question:
            return wording.question(
                where,
                start_ms=start_ms,
                end_ms=end_ms,
                by=_words(by),
                stats=_words(stats),
                order_by=_words(order_by),
                limit=limit,
                node=_node(model),
                environment=environment,
                known=known,
            )

        question = asked(None)
        if (known := self._store.known(question)) is not None:
            question = asked(known)
        return self._store.ask(question)

    def sql(self, select: str, *, limit: int = 1000) -> Answer:
        """The first rows of one SELECT over the views `transactions` and `rollups`. Raises QueryError, StoreError."""
        return self._store.sql(select, limit)

    def transaction(self, transaction_id: str) -> Transaction | None:
        """One transaction, with its line in the log and its neighbours; None where there is none. Raises StoreError."""
        found = self._store.transaction(transaction_id)
        if found is None:
            return None
        near = neighbours(self._store.ask, found.record, log_group(found.record))
        return Transaction(found.record, found.line, near.requester, near.before, near.after)


def _milliseconds(name: str, instant: Instant) -> int:
    at_ms = since_epoch(instant) if isinstance(instant, datetime) else milliseconds(instant)
    if at_ms is None:
        raise QueryError(f"{name} {instant!r} is no instant; write it as in '2026-11-21T09:30Z'")
    return at_ms


def _node(model: str | None) -> str | None:
    if model is not None and not model.startswith("/"):
        raise QueryError(f"model {model!r} is no path of a model or node; write it as in '/abc_corp/claim'")
    return model and (model.rstrip("/") or "/")


def _words(given: Words) -> list[str]:
    parts = given.split(",") if isinstance(given, str) else given
    return [part.strip() for part in parts if part.strip()]
