from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from queue_bench import DEAD, TRIGGER, Bench

from inferwatch.errors import StoreError
from inferwatch.local.invocation import Failure, Invocation, Throttled, Unavailable
from inferwatch.local.pool import PoolState
from inferwatch.local.queue.mapping import EventSourceMapping
from inferwatch.spec.queue import QueueSpec


class FakePool:
    """Takes events until it is told what comes of them."""

    def __init__(self, concurrency: int = 4) -> None:
        self.concurrency = concurrency
        self.others = 0
        self.answered = 0
        self.running: list[tuple[list[str], asyncio.Future[Invocation]]] = []

    def state(self) -> PoolState:
        busy = self.others + sum(not outcome.done() for _, outcome in self.running)
        return PoolState(environments=busy, busy=busy, concurrency=self.concurrency, problem=None)

    async def invoke(self, event: dict[str, Any]) -> Invocation:
        outcome: asyncio.Future[Invocation] = asyncio.get_running_loop().create_future()
        self.running.append(([one["body"] for one in event["Records"]], outcome))
        return await outcome

    @property
    def batches(self) -> list[list[str]]:
        return [bodies for bodies, _ in self.running]

    def answer(self, number: int, said: Any = None, status: Any = "success") -> None:
        failure = None if status == "success" else Failure("Runtime.ExitError", "")
        payload = orjson.dumps(said) if status == "success" else b""
        self.answered += 1
        self.running[number][1].set_result(Invocation(request_id="r", status=status, payload=payload, failure=failure))

    def refuse(self, number: int, refusal: Exception) -> None:
        self.answered += 1
        self.running[number][1].set_exception(refusal)


class World(Bench):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.pool = FakePool()

    def mapping(self, **spec: Any) -> EventSourceMapping:
        pool: Any = self.pool
        made = EventSourceMapping(QueueSpec(**spec), TRIGGER, self.messages, pool, self.clock.monotonic_s)
        self.done = asyncio.Semaphore(0)
        made.on_done = self.done.release
        return made

    async def run(self, mapping: EventSourceMapping) -> int:
        """Step until there is nothing to do, and what was answered has come to its end; gives how many batches were
        handed on."""
        handed_on = 0
        while True:
            while await mapping.step():
                handed_on += 1
            if self.pool.answered == 0:
                return handed_on
            self.pool.answered -= 1
            await self.done.acquire()

    def fill(self, bodies: str) -> None:
        for body in bodies:
            self.put(body)

    def left(self) -> tuple[int, int]:
        """How many messages can be had, and how many are hidden."""
        counts = self.messages.counts(TRIGGER.name)
        return counts.visible, counts.hidden


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "data")
    yield made
    made.close()


def test_batches_are_as_large_as_the_spec_says_and_deleted_when_they_are_done(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping(batch_size=2)
        world.fill("abcde")
        assert await world.run(mapping) == 3
        assert world.pool.batches == [["a", "b"], ["c", "d"], ["e"]]
        for number in range(3):
            world.pool.answer(number)
        await world.run(mapping)
        assert world.left() == (0, 0)

    asyncio.run(scenario())


def test_only_what_did_not_fail_is_deleted(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping(batch_size=10)
        world.fill("abc")
        await world.run(mapping)
        world.pool.answer(0, {"batchItemFailures": [{"itemIdentifier": "b"}]})
        await world.run(mapping)
        assert world.left() == (0, 1), "it stays hidden for its time"
        world.clock.advance(30)
        await world.run(mapping)
        assert world.pool.batches[1:] == [["b"]]

    asyncio.run(scenario())


@pytest.mark.parametrize("status", ["error", "failure", "timeout"])
def test_an_invocation_that_failed_deletes_nothing_and_counts_as_a_receive(world: World, status: str) -> None:
    async def scenario() -> None:
        mapping = world.mapping(batch_size=2)
        world.fill("ab")
        for number in range(2):
            await world.run(mapping)
            world.pool.answer(number, status=status)
            await world.run(mapping)
            assert world.left() == (0, 2)
            world.clock.advance(30)
        assert await world.run(mapping) == 0
        assert world.messages.counts(DEAD.name).visible == 2

    asyncio.run(scenario())


def test_an_answer_that_is_not_understood_deletes_nothing(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping()
        world.fill("a")
        await world.run(mapping)
        world.pool.answer(0, ["a"])
        await world.run(mapping)
        assert world.left() == (0, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("refusal", [Throttled(4), Unavailable("the disk is full")])
def test_a_batch_that_was_refused_is_tried_again_after_a_pause_and_was_not_received(
    world: World, refusal: Exception
) -> None:
    async def scenario() -> None:
        mapping = world.mapping()
        world.fill("a")
        for number in range(5):  # more often than it may be received
            assert await world.run(mapping) == 1
            world.pool.refuse(number, refusal)
            assert await world.run(mapping) == 0, "a pause comes first"
            assert world.left() == (1, 0)
            world.clock.advance(1)
        assert world.messages.counts(DEAD.name).visible == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("concurrency", "maximum", "others", "at_once"),
    [(4, None, 0, 3), (4, 2, 0, 2), (4, 9, 0, 3), (4, None, 2, 2), (4, None, 4, 0), (1, None, 0, 1), (1, None, 1, 0)],
)
def test_the_queue_leaves_room_for_requests(
    world: World, concurrency: int, maximum: int | None, others: int, at_once: int
) -> None:
    async def scenario() -> None:
        world.pool = FakePool(concurrency)
        world.pool.others = others
        mapping = world.mapping(maximum_concurrency=maximum)
        world.fill("abcdefgh")
        assert await world.run(mapping) == at_once
        assert world.left() == (8 - at_once, at_once), "what nobody works on was not received"

    asyncio.run(scenario())


def test_a_batch_waits_for_more_messages_as_long_as_its_window(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping(batch_size=3, batching_window=5)
        world.fill("a")
        assert await world.run(mapping) == 0
        world.clock.advance(4.9)
        world.fill("b")
        assert await world.run(mapping) == 0
        assert world.left() == (2, 0), "its messages are not hidden meanwhile"
        world.clock.advance(0.1)
        assert await world.run(mapping) == 1
        world.fill("cde")
        assert await world.run(mapping) == 1, "a full batch does not wait"
        assert world.pool.batches == [["a", "b"], ["c", "d", "e"]]

    asyncio.run(scenario())


def test_at_the_end_nothing_is_taken_and_what_is_late_was_not_received(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping()
        world.fill("ab")
        await world.run(mapping)
        world.pool.answer(0)
        await world.run(mapping)
        await mapping.stop(0)
        world.fill("c")
        assert await world.run(mapping) == 0
        assert world.left() == (2, 0)
        assert {message.receives for message in world.take()} == {1}

    asyncio.run(scenario())


def test_a_batch_that_cannot_be_settled_is_told_and_received_again(world: World) -> None:
    async def scenario() -> None:
        mapping = world.mapping()
        world.fill("a")
        await world.run(mapping)
        with world.messages.together() as connection:
            connection.execute("PRAGMA query_only = 1")
        world.pool.answer(0)
        with pytest.raises(StoreError, match="could not be written"):
            await world.run(mapping)
        assert world.left() == (0, 1)
        world.again()
        assert world.left() == (1, 0)

    asyncio.run(scenario())
