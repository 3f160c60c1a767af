"""What changed, for all listeners of the event stream at once.

The feed works while somebody listens. It keeps the newest value of each section with the round in which it last
changed; a listener takes the sections that changed since it last looked. So a slow listener misses rounds, never
states, and nothing piles up for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from inferwatch.errors import InferWatchError

BEAT_SECONDS = 4.0
"""A page takes a line for dead that is silent for 10 s."""

_log = logging.getLogger(__name__)

Compute = Callable[[Collection[int]], Mapping[str, Any]]


class Feed:
    """compute: the ranges listened to, in seconds -> sections by name; `tiles:900` is for listeners of 900 alone.

    interval: seconds between rounds; stop: ends every stream when it is set. Where rounds are seldom, or the sources
    are slow, there is an empty event every few seconds, so that a listener can tell silence from a dead line.
    """

    def __init__(self, compute: Compute, stop: asyncio.Event, interval: float) -> None:
        self._compute = compute
        self._stop = stop
        self._interval = interval
        self._ranges: Counter[int] = Counter()
        self._sections: dict[str, tuple[int, bytes]] = {}
        self._round = 0
        self._turned = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return self._ranges.total()

    async def listen(self, range_s: int) -> AsyncIterator[bytes]:
        """Events as they go over the line: first all sections, then what changed. range_s: 0 for no range.

        A round without a change is an empty event.
        """
        self._ranges[range_s] += 1
        if self._work is None:
            self._work = asyncio.create_task(self._run())
        try:
            yield b"retry: 2000\n\n"
            seen = 0
            while True:
                if seen == self._round and not self._stop.is_set():
                    await self._turn_or_beat()
                if self._stop.is_set():
                    return
                changed = self._changed_since(seen, range_s)
                seen = self._round
                yield _event(changed)
        finally:
            self._ranges[range_s] -= 1
            self._ranges += Counter()
            if not self.listeners and self._work is not None:
                self._work.cancel()
                self._work = None
                self._sections.clear()
                self._round = 0

    async def _turn_or_beat(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turned.wait(), BEAT_SECONDS)

    async def _run(self) -> None:
        """One round each interval until the stop is set or the last listener has gone.

        The stop is heard by listeners at once, also within a round whose sources are slow.
        """
        stopped = asyncio.create_task(self._stop.wait())
        stopped.add_done_callback(lambda _: self._announce())
        try:
            while not self._stop.is_set():
                await self._turn()
                await asyncio.wait([stopped], timeout=self._interval)
        finally:
            stopped.cancel()

    async def _turn(self) -> None:
        ranges = frozenset(self._ranges)
        try:
            computed = await run_in_threadpool(self._compute, ranges)
            trouble = None
        except InferWatchError as error:
            computed, trouble = {}, str(error)
        except Exception:
            _log.exception("the page's event stream failed to read its sources")
            computed, trouble = {}, "The page cannot read its data; the terminal shows why."
        self._round += 1
        self._forget_all_but(ranges)
        for name, value in {"trouble": trouble, **computed}.items():
            written = orjson.dumps(value, default=str)
            if self._sections.get(name, (0, b""))[1] != written:
                self._sections[name] = (self._round, written)
        self._announce()

    def _forget_all_but(self, ranges: Collection[int]) -> None:
        """Drop the sections of ranges that nobody follows any more: who follows one later must not see them."""
        for name in list(self._sections):
            own = name.partition(":")[2]
            if own and int(own) not in ranges:
                del self._sections[name]

    def _announce(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def _changed_since(self, seen: int, range_s: int) -> dict[str, bytes]:
        changed = {}
        for name, (changed_in, written) in self._sections.items():
            plain, _, own = name.partition(":")
            if changed_in > seen and (not own or own == str(range_s)):
                changed[plain] = written
        return changed


def _event(sections: Mapping[str, bytes]) -> bytes:
    members = b",".join(b'"%s":%s' % (name.encode(), written) for name, written in sections.items())
    return b"event: change\ndata: {%s}\n\n" % members
