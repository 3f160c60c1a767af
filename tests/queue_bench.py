"""Two queues in a folder, a clock that stands still until it is told, messages for them, and their API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from inferwatch.local.queue.address import endpoint
from inferwatch.local.queue.app import sqs_app
from inferwatch.local.queue.backend import Backend
from inferwatch.local.queue.message import Message
from inferwatch.local.queue.messages import Messages
from inferwatch.local.queue.sqs_queue import SqsQueue
from inferwatch.local.serve import bind, port_of, server_of

DAY_MS = 86_400_000
DEAD = SqsQueue(name="echo-Dead", visibility=30, retention_ms=14 * DAY_MS)
TRIGGER = SqsQueue(name="echo-Queue", visibility=30, retention_ms=4 * DAY_MS, max_receives=2, dead_letters=DEAD.name)
START_MS = 1_795_000_000_000


class Clock:
    """Epoch milliseconds, and seconds since it was made."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return (self.ms - START_MS) / 1000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class Bench:
    """The messages of one data folder; `again` is what a process finds that comes after one that was killed."""

    def __init__(self, data: Path, trigger: SqsQueue = TRIGGER, dead: SqsQueue = DEAD) -> None:
        self.data = data
        self.trigger, self.dead = trigger, dead
        self.clock = Clock()
        self._opened: list[Messages] = []
        self.messages = self.again()

    def again(self) -> Messages:
        self.messages = Messages(self.data, (self.trigger, self.dead), self.clock.now_ms)
        self._opened.append(self.messages)
        return self.messages

    def close(self) -> None:
        """Also those of the processes that were killed."""
        for opened in self._opened:
            opened.close()

    def put(self, body: str, queue: str = TRIGGER.name, *, delay_s: int = 0, **given: Any) -> None:
        """Its id is its body."""
        message = Message(id=body, queue=queue, body=body, attributes={}, sent_ms=self.clock.ms)
        self.messages.put(msgspec.structs.replace(message, **given), delay_s)

    def take(self, most: int = 10, queue: str = TRIGGER.name, **how: Any) -> list[Message]:
        return self.messages.take(queue, most, **{"visibility": 30, **how})

    def taken(self, most: int = 10, queue: str = TRIGGER.name, **how: Any) -> list[str]:
        return [message.id for message in self.take(most, queue, **how)]

    @contextmanager
    def served(self) -> Iterator[str]:
        """Where its API is, for the time of the `with` block."""
        bound = bind("the queue", 0)
        backend = Backend(self.messages, (self.trigger, self.dead), self.clock.now_ms)
        server = server_of(sqs_app(backend))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield endpoint(port_of(bound))
        finally:
            server.should_exit = True
            thread.join()
            bound.close()
