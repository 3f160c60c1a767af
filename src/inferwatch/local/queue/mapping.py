"""What Lambda calls an event source mapping: takes messages from the trigger queue, and hands them to the function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from inferwatch.local.invocation import EVENT_MAX, Invocation, Refused
from inferwatch.local.pool import Pool
from inferwatch.local.queue.batch_response import failed_ids
from inferwatch.local.queue.event import event
from inferwatch.local.queue.message import Message
from inferwatch.local.queue.messages import Messages
from inferwatch.local.queue.sqs_queue import SqsQueue
from inferwatch.spec.queue import QueueSpec

AROUND_AN_EVENT = 1024
PAUSE_SECONDS = 1.0
"""After a batch that the function did not take: every environment is busy, or the disk is full."""


class EventSourceMapping:
    """Works on the queue, batch by batch. Used from the pool's event loop.

    monotonic_s: the clock for the batching window. HTTP requests keep one of the function's environments, where it
    has more than one.
    """

    def __init__(
        self, asked: QueueSpec, queue: SqsQueue, messages: Messages, pool: Pool, monotonic_s: Callable[[], float]
    ) -> None:
        concurrency = pool.state().concurrency
        self._most = min(asked.maximum_concurrency or concurrency, max(concurrency - 1, 1))
        self._batch_size = asked.batch_size
        self._window = asked.batching_window
        self._queue = queue
        self._messages = messages
        self._pool = pool
        self._monotonic_s = monotonic_s
        self._running: set[asyncio.Task[None]] = set()
        self._waiting_since: float | None = None
        self._paused_until = 0.0
        self._ending = False
        self.on_done: Callable[[], None] = lambda: None

    async def step(self) -> bool:
        """Hand one batch to the function, if there is one and room for it; whether it was so.

        Raises StoreError where the messages cannot be had, or a batch before could not be settled: its messages
        are then received again.
        """
        self._collect()
        # Asked twice: looking takes a while, in which a batch may come back refused.
        if not self._has_room() or not await self._batch_is_due() or not self._has_room():
            return False
        self._waiting_since = None
        batch = await asyncio.to_thread(
            self._messages.take,
            self._queue.name,
            self._batch_size,
            visibility=self._queue.visibility,
            hold=True,
            most_bytes=EVENT_MAX - AROUND_AN_EVENT,
        )
        if not batch:
            return False
        task = asyncio.create_task(self._work_on(batch))
        task.add_done_callback(lambda _: self.on_done())
        self._running.add(task)
        await asyncio.sleep(0)  # it takes its environment now, so that the pool's state is true when next asked
        return True

    async def stop(self, seconds: float) -> None:
        """Take no more batches. Those under way have so long to end; after that it is as if they were not received."""
        self._ending = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _has_room(self) -> bool:
        if self._ending or len(self._running) >= self._most or self._monotonic_s() < self._paused_until:
            return False
        state = self._pool.state()
        return state.busy < state.concurrency

    async def _batch_is_due(self) -> bool:
        """Whether there are messages for a whole batch, or some have waited as long as they may for others."""
        due = await asyncio.to_thread(self._messages.due, self._queue.name, self._batch_size)
        if due == 0:
            self._waiting_since = None
            return False
        now_s = self._monotonic_s()
        if self._waiting_since is None:
            self._waiting_since = now_s
        return due == self._batch_size or now_s - self._waiting_since >= self._window

    async def _work_on(self, batch: Sequence[Message]) -> None:
        try:
            invocation = await self._pool.invoke(event(batch))
        except (Refused, asyncio.CancelledError):
            # No invocation has begun, or none that counts: it is recorded once, however often it is made.
            self._paused_until = self._monotonic_s() + PAUSE_SECONDS
            await asyncio.to_thread(self._messages.give_back, batch)
        else:
            await asyncio.to_thread(self._messages.settle, batch, _failed(invocation, batch))

    def _collect(self) -> None:
        done = {task for task in self._running if task.done()}
        self._running -= done
        for task in done:
            task.result()


def _failed(invocation: Invocation, batch: Sequence[Message]) -> frozenset[str]:
    """An invocation that failed or was killed has failed with all of its messages."""
    ids = frozenset(message.id for message in batch)
    return failed_ids(invocation.payload, ids) if invocation.status == "success" else ids
