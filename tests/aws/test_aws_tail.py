"""The log of a model on AWS, read from its end on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aws_world import Cloud, account, answering, refused

from inferwatch.aws.reading.tail import LATE_MS, LogTail
from inferwatch.errors import AwsError
from inferwatch.sdk.clock import iso
from inferwatch.spec import load_spec

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NOW = time.time_ns() // 1_000_000
SPEC = '[model]\nnamespace = "/test"\nname = "claim"\n'


class World:
    def __init__(self, folder: Path) -> None:
        (folder / "inferwatch.toml").write_text(SPEC)
        self.cloud = Cloud(load_spec(folder, environ={}))
        self.now = NOW
        self.tail = LogTail(self.cloud.site, lambda: self.now)

    def put(self, at_ms: int, text: str, stream: str = "one") -> None:
        """A line that is not ours, written at that time."""
        self.cloud.put([f'{{"end_at": "{iso(at_ms)}", "said": "{text}"}}\n'.encode()], stream)

    def last(self, count: int) -> list[str]:
        return [line.document["said"] for line in self.tail.last(count)]

    def new(self) -> list[str]:
        return [line.document["said"] for line in self.tail.new()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path)


def test_the_last_lines_of_all_streams_in_the_order_of_time(world: World) -> None:
    for n in range(5):
        world.put(NOW - MINUTE - n * 1000, f"{n}", stream=f"s{n % 2}")
    assert world.last(3) == ["2", "1", "0"]
    assert world.last(9) == ["4", "3", "2", "1", "0"]
    assert world.last(0) == []


@pytest.mark.parametrize("age", [2 * MINUTE, 30 * MINUTE, 12 * 60 * MINUTE, 9 * DAY])
def test_lines_are_looked_for_as_far_back_as_need_be(world: World, age: int) -> None:
    world.put(NOW - age, "old")
    world.put(NOW - age - 1, "older")
    assert world.last(1) == ["old"]
    assert world.last(2) == ["older", "old"]


def test_what_was_shown_as_the_last_is_not_new(world: World) -> None:
    world.put(NOW - MINUTE, "a")
    world.put(NOW - 2000, "b")
    assert world.last(1) == ["b"]
    assert world.new() == []
    world.put(NOW + 1000, "c", stream="two")
    world.put(NOW - 3000, "late")
    assert world.new() == ["late", "c"]
    assert world.new() == []


def test_who_wants_none_of_the_last_sees_what_comes(world: World) -> None:
    world.put(NOW - 1000, "before")
    assert world.last(0) == []
    world.put(NOW, "after")
    assert world.new() == ["after"]


def test_each_line_is_shown_once_however_long_one_follows(world: World) -> None:
    world.cloud.make_log_group("/test/claim")
    assert world.last(0) == []
    shown: list[str] = []
    for n in range(20):
        at = NOW + n * LATE_MS // 5
        world.now = at
        world.put(at, f"{n}", stream=f"s{n % 3}")
        world.put(at - LATE_MS + 1, f"late {n}", stream="slow")
        shown += world.new()
    assert sorted(shown) == sorted([f"{n}" for n in range(20)] + [f"late {n}" for n in range(20)])


@pytest.mark.parametrize("wrong_by", [-2 * MINUTE, 2 * MINUTE])
def test_a_wrong_clock_hides_nothing(world: World, wrong_by: int) -> None:
    world.put(NOW - 1000, "a")
    world.now = NOW + wrong_by
    world.last(1)
    world.put(NOW, "b")
    assert "b" in world.new()


def test_following_an_empty_log_shows_the_first_line(world: World) -> None:
    world.put(NOW - 20 * DAY, "too old")
    assert world.last(5) == []
    world.put(NOW, "first")
    assert world.new() == ["first"]


def test_lines_say_what_they_are(world: World) -> None:
    record = {"type": "inference_transaction", "transaction_id": "t", "start_at": iso(NOW), "end_at": iso(NOW)}
    lines: list[dict[str, Any] | str] = [
        record,
        {"time": iso(NOW), "type": "platform.report", "record": {"status": "timeout"}},
        "Loading weights",
    ]
    for line in lines:
        world.cloud.put([line.encode() if isinstance(line, str) else orjson.dumps(line)], "2026/11/21/f[1]a")
    found = world.tail.last(9)
    assert [line.kind for line in found] == ["record", "platform", "text"]
    assert found[2].text == "Loading weights"
    assert found[2].time[:16] >= iso(NOW)[:16]
    assert {(line.stream_name, line.where) for line in found} == {("2026/11/21/f[1]a", "2026/11/21/f[1]a")}


def test_a_long_answer_comes_in_pages(world: World) -> None:
    event = {"logStreamName": "s", "message": "x"}

    def reply(asked: dict[str, Any]) -> dict[str, Any]:
        page = int(asked.get("nextToken", 0))
        events = [{**event, "timestamp": NOW - 9 + page, "eventId": str(page)}] if page != 1 else []
        return {"events": events, **({"nextToken": str(page + 1)} if page < 3 else {})}

    with answering(FilterLogEvents=reply):
        assert [line.at_ms - NOW for line in world.tail.last(3)] == [-9, -7, -6]
        assert world.tail.new() == []


def test_a_log_group_that_is_not_there_is_named(world: World) -> None:
    def reply(_: dict[str, Any]) -> None:
        raise refused("FilterLogEvents", "ResourceNotFoundException", "The specified log group does not exist.")

    with (
        answering(FilterLogEvents=reply),
        pytest.raises(
            AwsError, match=r"reading the log group /test/claim: .* exist.*; is the model deployed, and in this region"
        ),
    ):
        world.tail.last(1)
