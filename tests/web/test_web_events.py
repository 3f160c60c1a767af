"""The event stream over a real connection."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from web_world import NOON, Server, World

from inferwatch.web import feed


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_what_changes_is_told_without_being_asked(world: World, server: Server, client: httpx.Client) -> None:
    with client.stream("GET", "/api/events?range=900") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = events(response.iter_lines())
        first = next(told)
        assert first["now"] == NOON
        assert first["charts"]["period"] == 10
        name = world.infer(NOON - 12_000)
        world.settle()
        world.turn("Low-Probability-Alarm", "ALARM", NOON, 0.3)
        seen: dict[str, Any] = {}
        for change in told:
            seen |= change
            if seen.get("transactions") and seen.get("transitions") and any(t["value"] for t in seen["tiles"]):
                break
        assert seen["transactions"][0]["transaction_id"] == name
        assert seen["transitions"][0]["state"] == "ALARM"
        assert seen["notifications"][0]["state"] == "pending"
        assert {alarm["name"]: alarm["state"] for alarm in seen["alarms"]}["Low-Probability-Alarm"] == "ALARM"
        newest = [series["invocations"] for series in seen["charts"]["charts"].values() if "invocations" in series]
        assert newest == [[[NOON - 20_000, 1.0]]]


def test_a_listener_that_goes_is_forgotten(server: Server, client: httpx.Client) -> None:
    with client.stream("GET", "/api/events") as response:
        told = events(response.iter_lines())
        next(told)
        assert server.listeners == 1
    deadline = time.monotonic() + 5
    while server.listeners and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.listeners == 0


def test_an_open_stream_does_not_keep_the_server_from_ending(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "BEAT_SECONDS", 30.0)
    with Server(world, interval=30.0) as server, httpx.Client(base_url=server.url) as client:
        client.get(server.link)
        with client.stream("GET", "/api/events") as response:
            told = events(response.iter_lines())
            next(told)
            began = time.monotonic()
            server.stop_streams()
            assert list(told) == []
            assert time.monotonic() - began < 15  # neither the round's end nor the beat was waited for
