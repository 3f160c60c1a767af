"""The feed: one computation for all, only what changed, and an end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest

from inferwatch.errors import StoreError
from inferwatch.web import feed as feed_module
from inferwatch.web.feed import Feed


class Counting:
    """Sections that change as they are told to, and a count of how often they were computed."""

    def __init__(self) -> None:
        self.sections: dict[str, Any] = {"alarms": 1}
        self.asked: list[Collection[int]] = []
        self.error: Exception | None = None

    def __call__(self, ranges: Collection[int]) -> dict[str, Any]:
        self.asked.append(ranges)
        if self.error:
            raise self.error
        return {**self.sections, **{f"tiles:{seconds}": seconds for seconds in ranges if seconds}}


async def event(stream: AsyncIterator[bytes]) -> dict[str, Any]:
    """The next event of the stream."""
    text = (await asyncio.wait_for(anext(stream), 5)).decode()
    kind, data = text.rstrip("\n").split("\n")
    assert kind == "event: change"
    told: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return told


async def opened(feed: Feed, range_s: int = 0) -> AsyncIterator[bytes]:
    stream = feed.listen(range_s)
    assert (await anext(stream)).startswith(b"retry: ")
    return stream


async def closed(*streams: AsyncIterator[bytes]) -> None:
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]


def test_the_first_event_tells_all_and_the_next_only_what_changed() -> None:
    async def story() -> None:
        compute = Counting()
        stream = await opened(Feed(compute, asyncio.Event(), 0.01), 900)
        assert await event(stream) == {"alarms": 1, "tiles": 900, "trouble": None}
        assert await event(stream) == {}
        compute.sections["alarms"] = 2
        while not (told := await event(stream)):
            pass
        assert told == {"alarms": 2}
        await closed(stream)

    asyncio.run(story())


def test_listeners_share_one_computation_and_see_their_own_range() -> None:
    async def story() -> None:
        compute = Counting()
        feed = Feed(compute, asyncio.Event(), 0.01)
        streams = [await opened(feed, 900), await opened(feed, 900), await opened(feed, 3600)]
        first = [await event(stream) for stream in streams]
        assert [told["tiles"] for told in first] == [900, 900, 3600]
        assert feed.listeners == 3
        assert set(compute.asked[0]) == {900, 3600}
        rounds = len(compute.asked)
        for _ in range(3):
            await asyncio.gather(*(event(stream) for stream in streams))
        assert len(compute.asked) - rounds <= 4
        await closed(*streams)

    asyncio.run(story())


def test_a_slow_listener_gets_the_latest_and_nothing_piles_up() -> None:
    async def story() -> None:
        compute = Counting()
        feed = Feed(compute, asyncio.Event(), 0.001)
        slow, quick = await opened(feed), await opened(feed)
        await event(slow)
        for value in range(50):
            compute.sections["alarms"] = value + 100
            while (await event(quick)).get("alarms") != value + 100:
                pass
        assert (await event(slow))["alarms"] == 149
        await closed(slow, quick)

    asyncio.run(story())


def test_a_range_that_was_left_is_not_told_from_memory() -> None:
    async def story() -> None:
        compute = Counting()
        feed = Feed(compute, asyncio.Event(), 0.001)
        stays, leaves = await opened(feed), await opened(feed, 900)
        await event(leaves)
        await closed(leaves)
        while 900 in compute.asked[-1]:
            await event(stays)
        await event(stays)
        assert not any(name.endswith(":900") for name in feed._sections)
        await closed(stays)

    asyncio.run(story())


def test_work_ends_with_the_last_listener_and_begins_again_with_the_next() -> None:
    async def story() -> None:
        compute = Counting()
        feed = Feed(compute, asyncio.Event(), 0.001)
        stream = await opened(feed)
        await event(stream)
        await closed(stream)
        assert feed.listeners == 0
        rounds = len(compute.asked)
        await asyncio.sleep(0.02)
        assert len(compute.asked) <= rounds + 1
        compute.sections["alarms"] = 9
        stream = await opened(feed)
        assert (await event(stream))["alarms"] == 9
        await closed(stream)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "words"), [(StoreError("the folder is gone"), "the folder is gone"), (ValueError("secret"), "terminal")]
)
def test_a_source_that_fails_is_told_and_asked_again(error: Exception, words: str) -> None:
    async def story() -> None:
        compute = Counting()
        compute.error = error
        stream = await opened(Feed(compute, asyncio.Event(), 0.001))
        told = await event(stream)
        assert words in told["trouble"]
        assert "secret" not in told["trouble"]
        compute.error = None
        while "trouble" not in (told := await event(stream)):
            pass
        assert told == {"alarms": 1, "trouble": None}
        await closed(stream)

    asyncio.run(story())


@pytest.mark.parametrize("before_the_first_round", [True, False])
def test_the_stop_ends_every_stream(before_the_first_round: bool) -> None:
    async def story() -> None:
        stop = asyncio.Event()
        feed = Feed(Counting(), stop, 60.0)
        streams = [await opened(feed) for _ in range(3)]
        if not before_the_first_round:
            for stream in streams:
                await event(stream)
        stop.set()

        async def drained(stream: AsyncIterator[bytes]) -> None:
            async for _ in stream:
                pass

        await asyncio.wait_for(asyncio.gather(*(drained(stream) for stream in streams)), 5)
        assert feed.listeners == 0

    asyncio.run(story())


def test_a_listener_hears_that_the_line_is_alive_while_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds may be a minute apart, or a source may take long."""
    monkeypatch.setattr(feed_module, "BEAT_SECONDS", 0.01)

    async def story() -> None:
        compute = Counting()
        feed = Feed(compute, asyncio.Event(), 3600)
        stream = await opened(feed)
        while not (told := await event(stream)):
            pass
        assert told == {"alarms": 1, "trouble": None}
        assert [await event(stream) for _ in range(3)] == [{}, {}, {}]
        assert len(compute.asked) == 1
        await closed(stream)

    asyncio.run(story())


def test_a_part_that_cannot_be_read_is_told_beside_the_others() -> None:
    async def story() -> None:
        compute = Counting()
        compute.sections = {"alarms": 1, "trouble": "the log is closed"}
        stream = await opened(Feed(compute, asyncio.Event(), 0.01))
        assert await event(stream) == {"alarms": 1, "trouble": "the log is closed"}
        compute.sections = {"alarms": 1, "trouble": None}
        while not (told := await event(stream)):
            pass
        assert told == {"trouble": None}
        await closed(stream)

    asyncio.run(story())


def test_the_stop_is_heard_within_a_round_that_takes_long() -> None:
    async def story() -> None:
        begun, go_on = threading.Event(), threading.Event()

        def slow(_: Collection[int]) -> dict[str, Any]:
            begun.set()
            assert go_on.wait(10)
            return {}

        stop = asyncio.Event()
        stream = await opened(Feed(slow, stop, 0.01))
        waiting = asyncio.create_task(anext(stream, b"the end"))
        assert await asyncio.to_thread(begun.wait, 10)
        stop.set()
        assert await asyncio.wait_for(waiting, 5) == b"the end"
        go_on.set()
        await closed(stream)

    asyncio.run(story())
