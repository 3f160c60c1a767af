"""Versions and deployments in the page's views: which is current, when that changed, and two versions compared."""

from __future__ import annotations

import json

import httpx
import pytest
from web_world import NOON, World

MINUTE = 60_000


def test_without_a_registry_the_spec_says_what_is_current(client: httpx.Client) -> None:
    told = client.get("/api/changes").json()
    assert told["changes"] == []
    assert told["current"] == {"model_version": 1, "deployment_id": 1, "since": None}


def test_changes_tell_what_came_what_was_before_and_by_whom(world: World, client: httpx.Client) -> None:
    world.release(1, NOON - 20 * MINUTE)
    world.release(2, NOON - 5 * MINUTE, by="ben")
    told = client.get("/api/changes").json()
    newest, first = told["changes"]
    assert newest == {
        "at": NOON - 5 * MINUTE,
        "model_version": 2,
        "deployment_id": 2,
        "before": {"deployment_id": 1, "model_version": 1},
        "why": "deployed",
        "by": "ben",
    }
    assert (first["before"], first["by"]) == (None, "ana")
    assert told["current"] == {"model_version": 2, "deployment_id": 2, "since": NOON - 5 * MINUTE}
    assert len(client.get("/api/changes", params={"limit": 1}).json()["changes"]) == 1


def test_a_rollback_makes_the_version_before_current_again(world: World, client: httpx.Client) -> None:
    world.release(1, NOON - 20 * MINUTE)
    world.release(2, NOON - 5 * MINUTE)
    world.roll_back(NOON - MINUTE)
    told = client.get("/api/changes").json()
    assert told["current"]["model_version"] == 1
    assert told["changes"][0]["why"] == "rolled back"
    assert told["changes"][0]["before"] == {"deployment_id": 2, "model_version": 2}


def test_the_event_stream_tells_of_a_new_deployment(world: World, client: httpx.Client) -> None:
    world.release(1, NOON - 20 * MINUTE)
    current = []
    with client.stream("GET", "/api/events") as stream:
        for line in stream.iter_lines():
            if not line.startswith("data: "):
                continue
            told = json.loads(line.removeprefix("data: "))
            if "changes" in told:
                current.append(told["changes"]["current"]["model_version"])
                if len(current) == 2:
                    break
                world.release(2, NOON - MINUTE)
    assert current == [1, 2]


def test_versions_are_those_of_the_registry_and_of_the_traffic_newest_first(world: World, client: httpx.Client) -> None:
    for version in (9, 10):
        world.release(version, NOON - 20 * MINUTE + version)
    world.infer(NOON - 5 * MINUTE, version=10)
    world.infer(NOON - 5 * MINUTE, version=3)
    world.infer(NOON - 5 * MINUTE, version=4, environment="prod")
    world.settle()
    told = client.get("/api/versions").json()["versions"]
    assert [(one["model_version"], one["records"]) for one in told] == [("10", 1), ("9", 0), ("3", 1)]
    assert told[0]["description"] == "Try 10"
    assert told[2]["created_by"] is None


def test_two_versions_are_compared_over_the_range(world: World, client: httpx.Client) -> None:
    for i in range(40):
        world.infer(NOON - 5 * MINUTE + i, elapse=100.0 + i, version=1)
        world.infer(NOON - 5 * MINUTE + i, elapse=200.0 + i, version=2)
    world.infer(NOON - 20 * MINUTE, elapse=1.0, version=1)
    world.infer(NOON - 5 * MINUTE, elapse=1.0, version=1, environment="prod")
    world.settle()
    told = client.get("/api/compare", params={"a": "1", "b": "2"}).json()
    assert (told["first"]["records"], told["second"]["records"]) == (40, 40)
    measures = {one["name"]: one for one in told["measures"]}
    assert list(measures) == ["traffic", "p50", "p90", "p99", "error_rate", "confidence"]
    assert measures["p50"]["verdict"] == "higher"
    assert measures["p50"]["first"]["low"] <= measures["p50"]["first"]["value"] <= measures["p50"]["first"]["high"]
    assert "version 2 is slower" in measures["p50"]["says"]
    assert measures["p99"]["verdict"] == "too little data"


@pytest.mark.parametrize(
    ("given", "says"), [({"a": "1"}, "b: is missing"), ({"a": "1", "b": "1"}, "itself"), ({"b": "1"}, "a: is missing")]
)
def test_two_versions_must_be_named(client: httpx.Client, given: dict[str, str], says: str) -> None:
    answer = client.get("/api/compare", params=given)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
