"""Inference transactions out of a log group, by Logs Insights."""

from __future__ import annotations

from uuid import UUID

import msgspec

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.insights import SAME_INSTANT, SKEW_MS, Insights
from inferwatch.aws.reading.lines import chosen
from inferwatch.aws.site import Site
from inferwatch.errors import QueryError
from inferwatch.ports import Record, RecordQuery
from inferwatch.query.dialects.insights_text import holding
from inferwatch.query.dialects.logs_insights import MESSAGE, emit
from inferwatch.query.question import ROWS_MAX
from inferwatch.store.lake import question
from inferwatch.store.times import HOUR


class Records:
    """The records of one model's log group, for any thread."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._log_group = site.names.log_group
        self._insights = Insights(site, patience)

    def find(self, query: RecordQuery) -> list[Record]:
        """The records that meet `query`, in its order, each once. What its `text` finds, Insights decides.

        Raises QueryError where more than 10,000 rows, or a value with a quotation mark, are asked for; AwsError where
        AWS refuses or does not answer within a minute.
        """
        if query.order not in question.ORDERS:
            raise QueryError(f"{query.order!r} is not an order; allowed are {', '.join(question.ORDERS)}")
        if query.limit + SAME_INSTANT > ROWS_MAX:
            raise QueryError(
                f"{query.limit} records are more than Logs Insights gives; ask for {ROWS_MAX - SAME_INSTANT} at most"
            )
        if query.limit <= 0:
            return []
        likely = _likely(query)
        found = self._found(likely) if likely else []
        return found or self._found(query)

    def _found(self, query: RecordQuery) -> list[Record]:
        wanted = question.of(query).question
        for limit in (query.limit + SAME_INSTANT, ROWS_MAX):
            text = text_of(query, limit)
            rows = self._insights.rows(text, wanted.start_ms, wanted.end_ms, query.log_group or self._log_group)
            found = chosen(wanted, (row[MESSAGE] for row in rows))
            if len(found) == query.limit or len(rows) < limit:
                break
        return found


def text_of(query: RecordQuery, limit: int) -> str:
    """The question in the words of Logs Insights. Of the instant of `before`, all records are asked for: which of them
    were shown is for the reader to tell. Raises QueryError for a value that cannot be asked for."""
    asked = question.of(msgspec.structs.replace(query, before=None, limit=limit)).question
    if query.before is not None and query.by_time:
        at_ms = query.before[0]
        newest = query.order == "-start_at"
        ends = {"end_ms": min(asked.end_ms, at_ms + 1)} if newest else {"start_ms": max(asked.start_ms, at_ms)}
        asked = msgspec.structs.replace(asked, **ends)
    also = [f"{MESSAGE} like {holding(query.text)}"] if query.text else []
    return emit(asked, also=also).text


def _likely(query: RecordQuery) -> RecordQuery | None:
    """The hour in which a transaction began, as far as its id tells: a search of days costs by what it reads."""
    try:
        sent_ms = UUID(query.transaction_id or "").int >> 80
    except ValueError:
        return None
    start_ms, end_ms = max(query.start_ms, sent_ms - SKEW_MS), min(query.end_ms, sent_ms + HOUR)
    return msgspec.structs.replace(query, start_ms=start_ms, end_ms=end_ms) if start_ms < end_ms else None
