from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from queue_bench import DEAD, TRIGGER, Bench

from inferwatch.local.queue.gauges import Gauges
from inferwatch.spec import load_spec, record
from inferwatch.store import Store

SPEC = """
[model]
namespace = "/demo"
name = "echo"
predict = "app:predict"
[queue]
"""


class World(Bench):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data")
        (folder / "inferwatch.toml").write_text(SPEC)
        self.gauges = Gauges(load_spec(folder, environ={}).compile(), self.data, self.messages, TRIGGER, DEAD)

    def tick(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.gauges.write(self.clock.ms)
            self.clock.advance(1)

    def lines(self) -> list[dict[str, Any]]:
        files = sorted((self.data / "logs/demo/echo/@streams").iterdir())
        return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def told(self) -> list[tuple[int, int, int]]:
        names = (record.QUEUED_MESSAGES, record.OLDEST_MESSAGE_AGE, record.DEAD_LETTERS)
        return [tuple(line[name] for name in names) for line in self.lines() if "_aws" in line]  # type: ignore[misc]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_quiet_queue_is_told_every_ten_seconds(world: World) -> None:
    world.tick(21)
    assert world.told() == [(0, 0, 0)] * 3


def test_a_change_is_told_when_it_is_seen(world: World) -> None:
    world.tick()
    world.put("a")
    world.put("b")
    world.tick(3)
    world.take(1)
    world.tick(2)
    world.clock.advance(60)
    world.take(2)
    world.clock.advance(60)
    world.tick()
    assert world.told() == [(0, 0, 0), (2, 0, 0), (1, 3, 0), (1, 125, 1)]


def test_the_gauges_are_metrics_of_the_model_in_a_stream_of_their_own(world: World) -> None:
    world.put("a")
    world.clock.advance(7)
    world.tick()
    world.gauges.close(world.clock.ms)
    with Store.open(world.data, writer=True) as store:
        store.ingest(world.clock.ms)
        source, of = store.metrics("demo"), {"model_name": "echo", "environment": "dev"}
        begin = world.clock.ms - 60_000
        found = {
            name: [point.value for point in source.datapoints(name, "Maximum", 60, begin, world.clock.ms, of)]
            for name in (record.QUEUED_MESSAGES, record.OLDEST_MESSAGE_AGE, record.DEAD_LETTERS, record.INVOCATIONS)
        }
    assert found == {"QueuedMessages": [1], "OldestMessageAge": [7], "DeadLetters": [0], "Invocations": []}
    assert [line["type"] for line in world.lines()] == ["queue_gauges", "platform.streamEnd"]


def test_no_period_of_a_chart_is_left_out(world: World) -> None:
    """Though it is measured a little less often than once a second."""
    for _ in range(60):
        world.gauges.write(world.clock.ms)
        world.clock.advance(1.1)
    told = [line["_aws"]["Timestamp"] // 10_000 for line in world.lines() if "_aws" in line]
    assert told == list(range(told[0], told[0] + 7))
