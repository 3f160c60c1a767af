"""The queue in front of the function: SQS on loopback, what hands its messages on, and its gauges."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.station.heartbeats import QUEUE, Heartbeats
from inferwatch.cli.station.trouble import Trouble
from inferwatch.local.pool import Pool
from inferwatch.local.queue import address
from inferwatch.local.queue.app import sqs_app
from inferwatch.local.queue.backend import Backend
from inferwatch.local.queue.gauges import Gauges
from inferwatch.local.queue.mapping import EventSourceMapping
from inferwatch.local.queue.messages import Messages
from inferwatch.local.queue.sqs_queue import queues
from inferwatch.local.serve import App, bind, port_of
from inferwatch.spec.monitor_spec import MonitorSpec

POLL_SECONDS = 0.25
GAUGE_SECONDS = 1.0
LAST_BATCHES_SECONDS = 0.2


class Queue:
    """Making it takes the port; `open` takes the messages. Messages are taken in from `open` on, and handed to the
    function from `start` on.

    Raises RuntimeStartError when made.
    """

    def __init__(self, spec: MonitorSpec, data: Path, port: int) -> None:
        self._spec = spec
        self._data = data
        self._trigger, self._dead = queues(spec)
        self._socket = bind("the queue", port)
        self._endpoint = address.endpoint(port_of(self._socket))
        self.url = address.queue_url(self._endpoint, self._trigger.name)
        self.dead_letters_url = address.queue_url(self._endpoint, self._dead.name)
        self._loops: list[asyncio.Task[None]] = []

    def open(self, pool: Pool, heartbeats: Heartbeats) -> tuple[App, socket.socket]:
        """To be called once, in the event loop; gives what is to be served, and where. Raises StoreError."""
        assert self._spec.queue is not None
        both = (self._trigger, self._dead)
        self._heartbeats = heartbeats
        self._stopping, self._wake = asyncio.Event(), asyncio.Event()
        self._messages = Messages(self._data, both, now_ms)
        self._messages.on_change = _from_any_thread(self._wake.set)
        self._mapping = EventSourceMapping(self._spec.queue, self._trigger, self._messages, pool, time.monotonic)
        self._mapping.on_done = self._wake.set
        self._gauges = Gauges(self._spec.compile(), self._data, self._messages, *both)
        return sqs_app(Backend(self._messages, both, now_ms)), self._socket

    async def start(self) -> None:
        """Raises OSError where the data folder cannot be written."""
        if self._stopping.is_set():
            return
        address.leave(self._data, self._endpoint)
        self._loops = [asyncio.create_task(self._hand_on()), asyncio.create_task(self._measure())]

    async def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        await asyncio.gather(*self._loops)
        await self._mapping.stop(LAST_BATCHES_SECONDS)
        with contextlib.suppress(OSError):  # the disk is full, and nobody is left to hear it
            self._gauges.close(now_ms())
            address.remove(self._data)
        self._messages.close()

    async def _hand_on(self) -> None:
        trouble = Trouble("the queue", output.note)
        while not self._stopping.is_set():
            self._wake.clear()
            handed_on = False
            with trouble.guarded():
                handed_on = await self._mapping.step()
            self._heartbeats.beat(QUEUE)
            if not handed_on:
                await _at_most(POLL_SECONDS, self._wake)

    async def _measure(self) -> None:
        trouble = Trouble("the queue's gauges", output.note)
        while not self._stopping.is_set():
            with trouble.guarded():
                await asyncio.to_thread(self._gauges.write, now_ms())
            await _at_most(GAUGE_SECONDS, self._stopping)


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _from_any_thread(call: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def called() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(call)

    return called
