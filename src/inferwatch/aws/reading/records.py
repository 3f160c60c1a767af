"""Inference transactions out of a log group, by Logs Insights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from inferwatch.aws.explained import explained
from inferwatch.aws.json_object import json_object
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.insights import MESSAGE, query_text
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError, QueryError
from inferwatch.lake.instant import milliseconds
from inferwatch.lake.row import to_record, to_row
from inferwatch.ports import Record, RecordQuery
from inferwatch.spec.record import RECORD_TYPE
from inferwatch.store.lake import question
from inferwatch.store.times import HOUR, MINUTE

ROWS_MAX = 10_000
"""What one answer of Logs Insights can hold."""

SAME_INSTANT = 100
"""So many rows more than wanted are asked for, since those that began in the same millisecond come in any order."""

POLL_S = 0.5
WAIT_MS = 60_000
# A line's time in the log is when it was written: the end of its inference, which a Lambda's may be 15 minutes after
# its start, by this machine's clock or another.
LONGEST_MS = 15 * MINUTE
SKEW_MS = MINUTE


class Records:
    """The records of one model's log group, for any thread."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._log_group = site.names.log_group
        self._patience = patience
        self._logs = site.session.client("logs")

    def find(self, query: RecordQuery) -> list[Record]:
        """The records that meet `query`, in its order, each once.

        Raises QueryError where more than 10,000 rows, or a value with a quotation mark, are asked for; AwsError where
        AWS refuses or does not answer within a minute.
        """
        if query.limit + SAME_INSTANT > ROWS_MAX:
            raise QueryError(
                f"{query.limit} records are more than Logs Insights gives; ask for {ROWS_MAX - SAME_INSTANT} at most"
            )
        if query.limit <= 0:
            return []
        likely = _likely(query)
        found = self._rows(likely) if likely else []
        return [to_record(row) for row in found or self._rows(query)]

    def _rows(self, query: RecordQuery) -> list[dict[str, Any]]:
        limit = query.limit + SAME_INSTANT
        if query.order != "confidence":
            return _chosen(query, self._run(query, query_text(query, limit)))
        found = _chosen(query, self._run(query, query_text(query, limit, confident=True)))
        if len(found) < query.limit:
            found += _chosen(query, self._run(query, query_text(query, limit, confident=False)))
        return found[: query.limit]

    def _run(self, query: RecordQuery, text: str) -> list[str]:
        """The lines that Insights answers with. Its times are whole seconds, both included."""
        with explained("asking Logs Insights"):
            started = self._logs.start_query(
                logGroupNames=[query.log_group or self._log_group],
                startTime=max(0, query.start_ms - SKEW_MS) // 1000,
                endTime=max(0, query.end_ms + LONGEST_MS + SKEW_MS) // 1000,
                queryString=text,
            )
            query_id = started["queryId"]
            answer = self._patience.until(lambda: self._answer(query_id), every_s=POLL_S, at_most_ms=WAIT_MS)
            if answer is None:
                self._logs.stop_query(queryId=query_id)
                problem = f"asking Logs Insights: no answer within {WAIT_MS // 1000} s; ask for a shorter time"
                raise AwsError(problem, code="QueryTimeout")
        return [field["value"] for row in answer for field in row if field["field"] == MESSAGE]

    def _answer(self, query_id: str) -> list[list[dict[str, str]]] | None:
        """The rows of a query that is complete, None while it runs."""
        told = self._logs.get_query_results(queryId=query_id)
        if told["status"] in ("Scheduled", "Running"):
            return None
        if told["status"] != "Complete":
            raise AwsError(f"asking Logs Insights: the query ended as {told['status']}", code=told["status"])
        rows: list[list[dict[str, str]]] = told["results"]
        return rows


def _chosen(query: RecordQuery, lines: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of the lines that meet the query exactly, in its order. What `text` finds, Insights has decided."""
    rows: dict[str, dict[str, Any]] = {}
    for line in lines:
        record = _record(line)
        start_ms = milliseconds(record.get("start_at"))
        if start_ms is not None and isinstance(record.get("transaction_id"), str):
            rows.setdefault(record["transaction_id"], to_row(record, start_ms, ""))
    exact = msgspec.structs.replace(query, text=None)
    return question.ordered(query, (row for row in rows.values() if question.matches(exact, row)))


def _record(line: str) -> Record:
    """The record that a line is, empty where it is none."""
    document = json_object(line)
    return document if document.get("type") == RECORD_TYPE else {}


def _likely(query: RecordQuery) -> RecordQuery | None:
    """The hour in which a transaction began, as far as its id tells: a search of days costs by what it reads."""
    try:
        sent_ms = UUID(query.transaction_id or "").int >> 80
    except ValueError:
        return None
    start_ms, end_ms = max(query.start_ms, sent_ms - SKEW_MS), min(query.end_ms, sent_ms + HOUR)
    return msgspec.structs.replace(query, start_ms=start_ms, end_ms=end_ms) if start_ms < end_ms else None
