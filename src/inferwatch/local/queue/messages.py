"""The messages of the queues, by the rules of SQS: hidden while they are received, moved when they were received in
vain, forgotten when they are old."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import orjson

from inferwatch.local.queue.message import Message
from inferwatch.local.queue.queue_file import QueueFile
from inferwatch.local.queue.sqs_queue import SqsQueue

AROUND_A_MESSAGE = 1024
"""Bytes: more than a consumer is told of a message beside body and attributes."""

_INSERT = """
INSERT INTO message (id, queue, body, attributes, attributes_md5, trace, sent_ms, visible_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT seq, id, queue, body, attributes, attributes_md5, trace, sent_ms, receives, first_ms FROM message
WHERE queue = ? AND visible_ms <= ? ORDER BY visible_ms, seq LIMIT ?
"""
_RECEIVE = "UPDATE message SET receives = ?, first_ms = ?, visible_ms = ?, held = ? WHERE seq = ?"
_LET_GO = "UPDATE message SET held = 0 WHERE id = ? AND receives = ?"
_UNRECEIVE = """
UPDATE message SET receives = receives - 1, first_ms = CASE receives WHEN 1 THEN NULL ELSE first_ms END,
visible_ms = ?, held = 0 WHERE held AND id = ? AND receives = ?
"""
_UNRECEIVE_ALL = """
UPDATE message SET receives = receives - 1, first_ms = CASE receives WHEN 1 THEN NULL ELSE first_ms END,
visible_ms = ?, held = 0 WHERE held
"""
_DELETE = "DELETE FROM message WHERE id = ? AND queue = ?"
_HIDE = "UPDATE message SET visible_ms = ? WHERE id = ? AND queue = ?"
_PURGE = "DELETE FROM message WHERE queue = ?"
_DUE = "SELECT count(*) FROM (SELECT 1 FROM message WHERE queue = ? AND visible_ms <= ? LIMIT ?)"
_COUNT = """
SELECT coalesce(sum(visible_ms <= :now), 0), coalesce(sum(visible_ms > :now AND receives > 0), 0),
coalesce(sum(visible_ms > :now AND receives = 0), 0), min(sent_ms) FROM message WHERE queue = :queue
"""
_ANY_OLD = "SELECT 1 FROM message WHERE queue = ? AND sent_ms <= ? LIMIT 1"
_FORGET_OLD = "DELETE FROM message WHERE queue = ? AND sent_ms <= ?"
_ANY_IN_VAIN = "SELECT 1 FROM message WHERE queue = ? AND receives >= ? AND visible_ms <= ? AND NOT held LIMIT 1"
_MOVE_IN_VAIN = """
UPDATE message SET queue = ?, visible_ms = ? WHERE queue = ? AND receives >= ? AND visible_ms <= ? AND NOT held
"""
_MOVABLE = "SELECT seq FROM message WHERE queue = ? AND visible_ms <= ?"
_MOVE_BACK = """
UPDATE message SET id = ?, queue = ?, sent_ms = ?, visible_ms = ?, receives = 0, first_ms = NULL WHERE seq = ?
"""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue stands. hidden: received and neither deleted nor visible again; delayed: not to be had yet;
    oldest_ms: when the oldest message was sent, epoch milliseconds."""

    visible: int
    hidden: int
    delayed: int
    oldest_ms: int | None


class Messages:
    """For several threads. now_ms: the wall clock. Every method raises StoreError where the file cannot be used.

    What is sent survives a power cut. One may take back the last receives and deletions: such a message is received
    once more, and its inference has the same id.

    A message that is taken with `hold` is in this process's own hands: should the process die, it is as if it had
    not been received.
    """

    def __init__(self, data: Path, queues: Sequence[SqsQueue], now_ms: Callable[[], int]) -> None:
        self._file = QueueFile(data)
        self._queues = {queue.name: queue for queue in queues}
        self._now_ms = now_ms
        self._changed = threading.Condition()
        self._closed = False
        self.on_change: Callable[[], None] = lambda: None
        with self._file.writing() as connection:
            connection.execute(_UNRECEIVE_ALL, (now_ms(),))

    def together(self) -> AbstractContextManager[sqlite3.Connection]:
        """What the block's calls change is changed at once, or not at all; when it is over it is on the disk."""
        return self._file.writing(synced=True)

    def put(self, message: Message, delay_s: int = 0) -> None:
        """Take in a message that was sent. When this returns, outside of `together`, it is on the disk."""
        attributes = orjson.dumps(message.attributes)
        row = (message.id, message.queue, message.body, attributes, message.attributes_md5, message.trace)
        with self._file.writing(synced=True) as connection:
            connection.execute(_INSERT, (*row, message.sent_ms, message.sent_ms + delay_s * 1000))
        self._announce()

    def take(
        self, queue: str, most: int, *, visibility: int, hold: bool = False, most_bytes: int | None = None
    ) -> list[Message]:
        """Receive at most so many messages, hidden for `visibility` seconds, those that wait longest first.

        most_bytes: of what a consumer is told of them, as JSON; the first message is taken whatever its size.
        """
        now_ms = self._now_ms()
        self.sweep()
        with self._file.writing() as connection:
            found = connection.execute(_SELECT, (queue, now_ms, most))
            taken = _within(((seq, _received(row, now_ms)) for seq, *row in found), most_bytes)
            found.close()
            for seq, message in taken:
                visible_ms = now_ms + visibility * 1000
                connection.execute(_RECEIVE, (message.receives, message.first_ms, visible_ms, hold, seq))
        return [message for _, message in taken]

    def settle(self, batch: Collection[Message], failed: Collection[str]) -> None:
        """A held batch is done with: it is deleted but for the failed ids, which stay hidden as long as they were."""
        with self._file.writing() as connection:
            for message in batch:
                if message.id in failed:
                    connection.execute(_LET_GO, (message.id, message.receives))
                else:
                    self.delete(message.queue, message.id)

    def give_back(self, batch: Collection[Message]) -> None:
        """It is as if the held batch had not been received."""
        with self._file.writing() as connection:
            for message in batch:
                connection.execute(_UNRECEIVE, (self._now_ms(), message.id, message.receives))
        self._announce()

    def delete(self, queue: str, message_id: str) -> None:
        """Delete a message; one that is not there is deleted."""
        with self._file.writing() as connection:
            connection.execute(_DELETE, (message_id, queue))

    def hide(self, queue: str, message_id: str, seconds: int) -> bool:
        """Have a message visible again in so many seconds; False where it is not there."""
        with self._file.writing() as connection:
            visible_ms = self._now_ms() + seconds * 1000
            found = connection.execute(_HIDE, (visible_ms, message_id, queue)).rowcount
        self._announce()
        return found == 1

    def purge(self, queue: str) -> None:
        """Delete all messages of a queue."""
        with self._file.writing() as connection:
            connection.execute(_PURGE, (queue,))

    def move(self, queue: str, to: str) -> int:
        """Move what can be received of a queue into another, all or nothing; gives how many.

        As SQS does it: each becomes a new message, with an id and a time of its own, which was never received.
        """
        self.sweep()
        now_ms = self._now_ms()
        with self._file.writing(synced=True) as connection:
            found = connection.execute(_MOVABLE, (queue, now_ms)).fetchall()
            connection.executemany(_MOVE_BACK, ((str(uuid.uuid4()), to, now_ms, now_ms, seq) for (seq,) in found))
        self._announce()
        return len(found)

    def due(self, queue: str, most: int) -> int:
        """How many messages can be taken now, counted up to `most`."""
        self.sweep()
        with self._file.reading() as connection:
            return int(connection.execute(_DUE, (queue, self._now_ms(), most)).fetchone()[0])

    def counts(self, queue: str) -> Counts:
        """How a queue stands now."""
        self.sweep()
        with self._file.reading() as connection:
            row = connection.execute(_COUNT, {"now": self._now_ms(), "queue": queue}).fetchone()
        return Counts(visible=row[0], hidden=row[1], delayed=row[2], oldest_ms=row[3])

    def sweep(self) -> None:
        """Forget what is too old, and move what was received in vain to the dead-letter queue. SQS does the latter
        when somebody receives; nobody can tell the difference where a consumer always does."""
        now_ms = self._now_ms()
        for queue in self._queues.values():
            old = (queue.name, now_ms - queue.retention_ms)
            in_vain = (queue.name, queue.max_receives, now_ms)  # no number is as large as a max_receives of NULL
            with self._file.reading() as connection:
                any_old = connection.execute(_ANY_OLD, old).fetchone()
                any_in_vain = connection.execute(_ANY_IN_VAIN, in_vain).fetchone()
            if any_old or any_in_vain:
                with self._file.writing() as connection:
                    connection.execute(_FORGET_OLD, old)
                    connection.execute(_MOVE_IN_VAIN, (queue.dead_letters, now_ms, *in_vain))

    def wait(self, seconds: float) -> None:
        """Until something may have changed, at most so long."""
        with self._changed:
            if not self._closed:
                self._changed.wait(seconds)

    def close(self) -> None:
        """Let go of the file; who waits is woken."""
        self._closed = True
        self._announce()
        self._file.close()

    def _announce(self) -> None:
        with self._changed:
            self._changed.notify_all()
        self.on_change()


def _received(row: Sequence[Any], now_ms: int) -> Message:
    """A row as it is after it was received once more."""
    message_id, queue, body, attributes, attributes_md5, trace, sent_ms, receives, first_ms = row
    return Message(
        id=message_id,
        queue=queue,
        body=body,
        attributes=orjson.loads(attributes),
        attributes_md5=attributes_md5,
        trace=trace,
        sent_ms=sent_ms,
        receives=receives + 1,
        first_ms=first_ms or now_ms,
    )


def _within(found: Iterable[tuple[int, Message]], most_bytes: int | None) -> list[tuple[int, Message]]:
    """The first of `found`, as many as have so many bytes as JSON, and at least one."""
    taken: list[tuple[int, Message]] = []
    size = 0
    for seq, message in found:
        size += len(orjson.dumps((message.body, message.attributes))) + AROUND_A_MESSAGE
        if taken and most_bytes is not None and size > most_bytes:
            break
        taken.append((seq, message))
    return taken
