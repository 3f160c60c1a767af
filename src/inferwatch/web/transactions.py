"""Inference transactions: rows of the table, and one in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from inferwatch.ports import Record, RecordQuery
from inferwatch.web.params import BadParameter
from inferwatch.web.sources import Sources

PREVIEW_LENGTH = 80
_ROW_FIELDS = ("transaction_id", "status", "elapse", "confidence", "model_version", "error", "cold_start", "seeded")
_QUEUE_MS = 15 * 86_400_000
_CLOCK_SKEW_MS = 60_000


def transactions_view(sources: Sources, query: RecordQuery) -> dict[str, Any]:
    """A page of rows. next: the `before` of the page after, None on the last page and for orders not by time."""
    records = sources.metrics.records(query)
    more = query.by_time and len(records) == query.limit
    last = records[-1] if more else None
    return {
        "transactions": rows(records),
        "next": f"{start_ms(last)},{last['transaction_id']}" if last else None,
    }


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The records without their payloads. prediction: cut to one line's worth."""
    return [
        {
            **{name: record.get(name) for name in _ROW_FIELDS},
            "start": start_ms(record),
            "prediction": _preview(record.get("prediction")),
        }
        for record in records
    ]


def transaction_view(sources: Sources, transaction_id: str) -> Record | None:
    """One record in full, or None. Raises BadParameter where `transaction_id` is not a UUIDv7.

    The id holds the time at which the request was sent, in milliseconds, so that only few days need be searched:
    an invocation starts at that time, or up to a queue's retention after it.
    """
    try:
        sent_ms = UUID(transaction_id).int >> 80
    except ValueError:
        raise BadParameter("id", f"{transaction_id[:60]!r} is not a transaction id") from None
    query = RecordQuery(
        start_ms=max(0, sent_ms - _CLOCK_SKEW_MS),
        end_ms=sent_ms + _QUEUE_MS,
        log_group=sources.spec.identity.log_group,
        environment=sources.spec.identity.environment,
        transaction_id=transaction_id,
        order="start_at",  # it is most likely right at the beginning
        limit=1,
    )
    found = sources.metrics.records(query)
    return found[0] if found else None


def start_ms(record: Record) -> int:
    """When the inference started, in epoch milliseconds."""
    return round(datetime.fromisoformat(record["start_at"]).timestamp() * 1000)


def _preview(prediction: Any) -> Any:
    if isinstance(prediction, (int, float, bool)) or prediction is None:
        return prediction
    text = prediction if isinstance(prediction, str) else str(prediction)
    return text if len(text) <= PREVIEW_LENGTH else text[: PREVIEW_LENGTH - 1] + "…"
