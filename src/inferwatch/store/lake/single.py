"""One transaction by its id, and its line in the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from inferwatch.lake.row import to_record
from inferwatch.ports import Record, RecordQuery
from inferwatch.store.lake import question
from inferwatch.store.lake.reader import Reader
from inferwatch.store.lake.sources import Row
from inferwatch.store.streams.files import discover, read
from inferwatch.store.streams.scan import LONGEST_LINE, scan
from inferwatch.store.times import DAY, MINUTE

_VERSION_7 = 7
_CLOCK_SKEW_MS = MINUTE
_QUEUE_MS = 15 * DAY
"""How long after it was sent a message may be tried at last, and a day."""


class Single(NamedTuple):
    """line: as it stands in the stream file, without its end; None where the file is gone, or ingest made the record
    for a killed environment."""

    record: Record
    line: str | None


def single(reader: Reader, data: Path, transaction_id: str) -> Single | None:
    """The transaction, or None. Raises StoreError."""
    for start_ms, end_ms in _ranges(transaction_id):
        query = RecordQuery(start_ms=start_ms, end_ms=end_ms, transaction_id=transaction_id, order="start_at", limit=1)
        asked = msgspec.structs.replace(question.of(query), instant=end_ms - start_ms == 1)
        for row in reader.rows(asked):
            return Single(to_record(row), _line(data, row))
    return None


def _ranges(transaction_id: str) -> Iterator[tuple[int, int]]:
    """Where to look for it, the likeliest first: a UUIDv7 holds the time at which the inference started, or at which
    its message was sent."""
    try:
        uuid = UUID(transaction_id)
    except ValueError:
        uuid = UUID(int=0)
    if uuid.version == _VERSION_7:
        sent_ms = uuid.int >> 80
        yield sent_ms, sent_ms + 1
        yield sent_ms - _CLOCK_SKEW_MS, sent_ms + _QUEUE_MS
    yield -question.EVER_MS, question.EVER_MS


def _line(data: Path, row: Row) -> str | None:
    offset = row.get("log_offset")
    for stream in discover(data):
        if stream.name == row["log_stream"] and offset is not None:
            rest = read(stream.path, offset, LONGEST_LINE)
            line = rest[: rest.find(b"\n") + 1] or rest
            for event in scan(line):
                if event.document.get("transaction_id") == row["transaction_id"]:
                    return line[event.offset : event.offset + event.length].decode(errors="replace").rstrip("\r\n")
    return None
