"""What lies in a queue of a data folder, seen without receiving it, whether or not somebody serves it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from inferwatch.errors import QueueError
from inferwatch.local.queue.queue_file import FILE, looking

_NEWEST = "SELECT id, body, sent_ms, receives FROM message WHERE queue = ? ORDER BY sent_ms DESC, seq DESC LIMIT ?"
_ALL = "SELECT count(*) FROM message WHERE queue = ?"


class Lying(msgspec.Struct, frozen=True):
    """A message that lies in a queue. sent_ms: epoch milliseconds; receives: how often it was received."""

    id: str
    body: str
    sent_ms: int
    receives: int


def look(data: Path, queue: str, most: int) -> tuple[list[Lying], int]:
    """The newest messages of a queue, oldest first, and how many there are in all. Raises QueueError, StoreError."""
    if not (data / FILE).exists():
        raise QueueError(f"{data} has no queue yet; `inferwatch up` makes one, --data names another folder")
    with looking(data) as connection:
        connection.execute("BEGIN")  # all that is read is of one moment
        found = connection.execute(_NEWEST, (queue, most)).fetchall()
        (count,) = connection.execute(_ALL, (queue,)).fetchone()
    return [Lying(*row) for row in reversed(found)], int(count)
