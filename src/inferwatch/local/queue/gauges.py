"""How the queues stand, as SQS tells CloudWatch: written as metrics into a log stream of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inferwatch.local.metric_stream import MetricStream
from inferwatch.local.queue.messages import Messages
from inferwatch.local.queue.sqs_queue import SqsQueue
from inferwatch.spec import record

EVERY_MS = 10_000


class Gauges:
    """Measured every ten seconds, and sooner where a number of messages has changed since.

    `QueuedMessages` and `DeadLetters` are the messages that could be received, `OldestMessageAge` is in seconds.
    """

    def __init__(
        self, compiled: Mapping[str, Any], data: Path, messages: Messages, trigger: SqsQueue, dead: SqsQueue
    ) -> None:
        self._messages = messages
        self._trigger = trigger
        self._dead = dead
        self._stream = MetricStream(compiled, data, writer="queue", kind="queue_gauges")
        self._written_ms = 0
        self._told: tuple[int, int] | None = None

    def write(self, now_ms: int) -> None:
        """Measure, and write if it is time; to be called once a second. Raises StoreError and OSError."""
        queued, dead = self._messages.counts(self._trigger.name), self._messages.counts(self._dead.name)
        told = (queued.visible, dead.visible)
        # Once in each of the rollups' periods: a chart has a gap where one has no value.
        if told == self._told and now_ms // EVERY_MS == self._written_ms // EVERY_MS:
            return
        age_ms = now_ms - queued.oldest_ms if queued.oldest_ms is not None else 0
        values = {
            record.QUEUED_MESSAGES: queued.visible,
            record.OLDEST_MESSAGE_AGE: max(age_ms, 0) // 1000,
            record.DEAD_LETTERS: dead.visible,
        }
        self._stream.write(values, now_ms)
        self._told, self._written_ms = told, now_ms

    def close(self, now_ms: int) -> None:
        """Seal the stream. Raises OSError."""
        self._stream.close(now_ms)
