"""All models of a data folder, and the page of one whose spec is elsewhere."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from web_world import NOON, SPEC, World

from inferwatch.alarms.values import AlarmState, State

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
CLAIM, FRAUD = "/abc_corp/claim", {"model": "/abc_corp/claim/fraud", "environment": "prod"}


def standing(world: World, scope: str, evaluated_ms: int = NOON, **states: State) -> None:
    """Alarms of any model. A name's underscores are dashes."""
    made = [
        AlarmState(alarm=name.replace("_", "-"), state=state, reason="so", since_ms=NOON, evaluated_ms=evaluated_ms)
        for name, state in states.items()
    ]
    world.store.alarm_log(scope).commit(made, [], [])


def overview(client: httpx.Client, **parameters: str) -> dict[tuple[str, str], dict[str, Any]]:
    answer = client.get("/api/overview", params=parameters)
    assert answer.status_code == 200, answer.text
    return {(one["log_group"], one["environment"]): one for one in answer.json()["models"]}


def test_each_model_tells_how_it_stands(world: World, client: httpx.Client) -> None:
    for i in range(10):
        failed = {"status": "failed", "error": {"type": "E", "message": "m"}} if i == 0 else {}
        world.infer_elsewhere(CLAIM, "fraud", NOON - 10 * MINUTE + i, elapse=10.0 * (i + 1), **failed)
    standing(world, f"{CLAIM}/fraud:prod", Slow="ALARM", Down="ALARM", Unsure="OK", Idle="INSUFFICIENT_DATA")
    world.settle()
    told = overview(client)[(f"{CLAIM}/fraud", "prod")]
    assert (told["state"], told["in_alarm"], told["alarms"]) == ("ALARM", ["Down", "Slow"], 4)
    assert (told["invocations"], told["error_rate"]) == (10, 0.1)
    assert told["p90"] == pytest.approx(90, rel=0.01)
    assert (told["node"], told["model_name"]) == (CLAIM, "fraud")
    assert told["last"] == NOON - 10 * MINUTE + 9
    assert sum(value or 0 for value in told["spark"]) == 10


def test_models_stand_in_the_order_of_their_nodes_and_can_be_those_below_one(
    world: World, client: httpx.Client
) -> None:
    for namespace, name in (("/abc_corp/claim", "a"), ("/abc_corp/claim/motor", "b"), ("/abc_corp/claims", "c")):
        world.infer_elsewhere(namespace, name, NOON - MINUTE)
    world.settle()
    below = [group for group, _ in overview(client, node="/abc_corp/claim")]
    assert below == ["/abc_corp/claim/a", "/abc_corp/claim/motor/b"]
    every = [group for group, _ in overview(client)]
    assert every == [*below, "/abc_corp/claims/c", "/demo/vision/digits"]
    assert list(overview(client, node="/nowhere")) == []


def test_the_worst_state_counts_and_an_alarm_never_evaluated_has_no_data(world: World, client: httpx.Client) -> None:
    own = ("/demo/vision/digits", "dev")
    world.turn("High-Latency-Alarm", "OK", NOON)
    world.settle()
    assert overview(client)[own]["state"] == "INSUFFICIENT_DATA"
    standing(world, f"{CLAIM}/quiet:prod", Slow="OK")
    standing(world, f"{CLAIM}/quiet:prod", evaluated_ms=NOON - 2 * DAY, Gone="ALARM")
    assert overview(client)[(f"{CLAIM}/quiet", "prod")]["state"] == "OK", "an alarm that is no more"


def test_a_model_without_alarms_or_traffic_has_neither(world: World, client: httpx.Client) -> None:
    world.infer_elsewhere(CLAIM, "idle", NOON - 10 * DAY)
    world.settle()
    told = overview(client)[(f"{CLAIM}/idle", "prod")]
    assert (told["state"], told["invocations"], told["error_rate"], told["p90"]) == (None, None, None, None)
    assert told["last"] == NOON - 10 * DAY


def test_version_and_deployment_are_the_registrys_else_the_newest_records(world: World, client: httpx.Client) -> None:
    world.infer(NOON - MINUTE, version=7)
    world.settle()
    own = ("/demo/vision/digits", "dev")
    assert (overview(client)[own]["model_version"], overview(client)[own]["deployment_id"]) == (7, 1)
    world.release(8, NOON - MINUTE)
    assert (overview(client)[own]["model_version"], overview(client)[own]["deployment_id"]) == (8, 8)


def test_another_model_has_a_page_made_of_what_it_left(world: World, client: httpx.Client) -> None:
    world.infer_elsewhere(CLAIM, "fraud", NOON - MINUTE, confidence=87.0, Pages=3)
    world.infer(NOON - MINUTE)
    standing(world, f"{CLAIM}/fraud:prod", Slow="ALARM")
    world.settle()
    model = client.get("/api/model", params=FRAUD).json()
    assert (model["title"], model["environment"], model["confidence_scale"]) == ("fraud", "prod", 100)
    assert (model["declared"], model["sample_request"]) == (False, None)
    assert "probability" in {widget["type"] for widget in model["widgets"]}
    (row,) = client.get("/api/transactions", params=FRAUD).json()["transactions"]
    assert row["confidence"] == 87
    assert client.get(f"/api/transactions/{row['transaction_id']}", params=FRAUD).status_code == 200
    (alarm,) = client.get("/api/alarms", params=FRAUD).json()["alarms"]
    assert (alarm["name"], alarm["state"], alarm["metric"], alarm["rule"]) == ("Slow", "ALARM", None, None)
    assert client.get("/api/alarms/Slow/history", params=FRAUD).json()["history"] == []
    assert client.get("/api/alarms/Slow/history").status_code == 404
    tiles = {tile["id"]: tile["value"] for tile in client.get("/api/tiles", params=FRAUD).json()["tiles"]}
    assert tiles["succeeded"] == 1


def test_a_model_that_nobody_has_seen_is_not_there(client: httpx.Client) -> None:
    for path in ("model", "tiles", "events"):
        answer = client.get(f"/api/{path}", params={"model": "/abc_corp/none"})
        assert answer.status_code == 404
        assert "/abc_corp/none" in answer.json()["error"]


def test_the_overview_is_a_page_that_wants_a_session(stranger: httpx.Client, world: World) -> None:
    assert stranger.get("/overview").status_code == 401
    assert "needs a link" in stranger.get("/overview").text
    entered = stranger.get("/overview", params={"token": world.sessions.token, "node": "/abc_corp"})
    assert entered.headers["location"] == "/overview?node=%2Fabc_corp"
    assert "All models" in stranger.get("/overview").text


def test_a_metric_namespace_that_is_no_node_does_not_make_a_second_model(world: World, client: httpx.Client) -> None:
    assert "metric_namespace" not in SPEC
    world.infer_elsewhere(CLAIM, "fraud", NOON - MINUTE, metric_namespace="Fraud")
    world.settle()
    assert [group for group, _ in overview(client)] == [f"{CLAIM}/fraud", "/demo/vision/digits"]
    assert client.get("/api/tiles", params=FRAUD).json()["tiles"][0]["value"] == 1
