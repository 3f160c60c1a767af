"""What the JSON views answer, over a real store."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from web_world import NOON, World

from inferwatch.spec.charts import charts
from inferwatch.spec.statistic import statistic_problem
from inferwatch.web.views import Views


def chart_id(world: World, kind: str) -> str:
    return next(chart.id for chart in charts(world.spec) if chart.type == kind)


def tiles_by_id(client: httpx.Client, **parameters: Any) -> dict[str, Any]:
    return {tile["id"]: tile for tile in client.get("/api/tiles", params=parameters).json()["tiles"]}


def test_the_model_is_told(world: World, client: httpx.Client) -> None:
    model = client.get("/api/model").json()
    assert (model["title"], model["environment"], model["log_group"]) == ("Digits", "dev", "/demo/vision/digits")
    assert [w["type"] for w in model["widgets"]] == [w.type for w in world.spec.dashboard.widget]
    assert {chart["id"] for chart in model["charts"]} < {widget["id"] for widget in model["widgets"]}
    assert model["sample_request"] == "curl http://127.0.0.1:8000/predict -d '{\"pixels\":[0,0,0,0]}'"


def test_every_series_asks_for_a_metric_and_a_statistic_that_exist(world: World) -> None:
    for chart in charts(world.spec):
        assert len({series.id for series in chart.series}) == len(chart.series)
        for series in chart.series:
            assert world.spec.unit(series.metric)
            assert statistic_problem(series.statistic) is None


def test_series_have_a_value_for_each_period_and_gaps_between(world: World, client: httpx.Client) -> None:
    for at in (NOON - 60_000, NOON - 59_000, NOON - 30_000):
        world.infer(at)
    world.settle()
    widget = chart_id(world, "invocations")
    view = client.get("/api/series", params={"widget": widget, "start": NOON - 60_000, "end": NOON}).json()
    assert (view["period"], view["first"], view["count"]) == (10, NOON - 60_000, 6)
    assert view["charts"] == {
        widget: {
            "invocations": [2, None, None, 1, None, None],
            "errors": [0, None, None, 0, None, None],
            "rejected": [0, None, None, 0, None, None],
            "throttled": [None] * 6,
        }
    }


def test_a_sum_waits_for_its_period_to_end_and_an_average_does_not(world: World, client: httpx.Client) -> None:
    world.infer(NOON - 3000)
    world.now = NOON - 1000
    world.settle()
    view = client.get("/api/series", params={"start": NOON - 20_000, "end": NOON}).json()["charts"]
    assert view[chart_id(world, "invocations")]["invocations"] == [None, None]
    assert view[chart_id(world, "probability")]["average"] == [None, pytest.approx(0.9)]


def test_the_period_follows_the_range_and_what_is_kept(client: httpx.Client) -> None:
    day = 86_400
    for ago, length, period in (
        (900, 900, 10),
        (3600, 3600, 10),
        (10_800, 10_800, 60),
        (day, day, 300),
        (20_000, 600, 60),
        (20 * day, 600, 300),
        (70 * day, 600, 3600),
        (300 * day, 300 * day, day),
    ):
        start = NOON - 1000 * ago
        view = client.get("/api/series", params={"start": start, "end": start + 1000 * length}).json()
        assert view["period"] == period, (ago, length)
        assert view["count"] <= 361


def test_tiles_sum_the_range_and_average_its_newest_minute(world: World, client: httpx.Client) -> None:
    for i in range(30):
        world.infer(NOON - 120_000 + i * 1000, elapse=100.0)
    for i in range(30):
        world.infer(NOON - 60_000 + i * 1000, elapse=10.0, confidence=0.5)
    world.infer(NOON - 50_000, status="failed", error={"type": "E", "message": "m"}, confidence=None)
    world.settle()
    tiles = tiles_by_id(client, start=NOON - 900_000, end=NOON)
    assert tiles["rate"]["value"] == 31
    assert tiles["latency"]["value"] == pytest.approx((30 * 10 + 20) / 31)
    assert tiles["p95"]["value"] == pytest.approx(10, rel=0.02)
    assert (tiles["succeeded"]["value"], tiles["errors"]["value"]) == (60, 1)
    assert tiles["errors"]["note"] == "1.64 % of 61"
    assert tiles["confidence"]["value"] == pytest.approx(0.5)
    assert sum(value or 0 for value in tiles["succeeded"]["spark"]) == 60


def test_a_minute_that_has_just_begun_does_not_speak_for_the_model_yet(world: World, client: httpx.Client) -> None:
    def latency() -> float:
        value: float = tiles_by_id(client)["latency"]["value"]
        return value

    for i in range(40):
        world.infer(NOON - 600_000 + i * 1000, elapse=500.0)
    world.infer(NOON - 60_000, elapse=10.0)
    world.settle()
    assert latency() == 10, "a busy minute long ago is not what the model does now"
    for i in range(30):
        world.infer(NOON - 59_000 + i * 1000, elapse=10.0)
    world.infer(NOON, elapse=900.0)
    world.now = NOON + 1000
    world.settle()
    assert latency() == 10
    for i in range(19):
        world.infer(NOON + i, elapse=900.0)
    world.settle()
    assert latency() == 900


def test_tiles_of_an_empty_store_have_no_value(client: httpx.Client) -> None:
    for tile in tiles_by_id(client).values():
        assert tile["value"] is None
        assert set(tile["spark"]) == {None}


def test_a_composite_alarm_stands_among_the_others_with_its_rule(world: World, client: httpx.Client) -> None:
    world.turn("Page-Somebody", "ALARM", NOON - 5000)
    composite = client.get("/api/alarms").json()["alarms"][-1]
    assert composite["rule"] == "ALARM(Inference-Error-Alarm) AND NOT ALARM(High-Latency-Alarm)"
    assert (composite["state"], composite["bands"], composite["notify"]) == ("ALARM", [[NOON - 5000, None]], ["slack"])
    assert (composite["metric"], composite["unit"]) == (None, None)
    (change,) = client.get("/api/alarms/Page-Somebody/history").json()["history"]
    assert (change["state"], change["value"]) == ("ALARM", None)
    told = client.get("/api/notifications").json()["notifications"][0]
    assert (told["transition"]["alarm"], told["metric"], told["threshold"]) == ("Page-Somebody", None, None)


def test_alarms_tell_their_state_and_when_they_were_in_alarm(world: World, client: httpx.Client) -> None:
    world.turn("Low-Probability-Alarm", "ALARM", NOON - 300_000, 0.5)
    world.turn("Low-Probability-Alarm", "OK", NOON - 200_000, 0.9)
    world.turn("Low-Probability-Alarm", "ALARM", NOON - 100_000, 0.4)
    alarms = {alarm["name"]: alarm for alarm in client.get("/api/alarms").json()["alarms"]}
    assert list(alarms) == [*(alarm.name for alarm in world.spec.alarms), "Page-Somebody"]
    low = alarms["Low-Probability-Alarm"]
    assert (low["state"], low["since"], low["threshold"]) == ("ALARM", NOON - 100_000, 0.75)
    assert low["bands"] == [[NOON - 300_000, NOON - 200_000], [NOON - 100_000, None]]
    assert alarms["High-Latency-Alarm"]["state"] == "INSUFFICIENT_DATA"
    history = client.get("/api/alarms/Low-Probability-Alarm/history", params={"limit": 2}).json()["history"]
    assert [(entry["state"], entry["value"]) for entry in history] == [("ALARM", 0.4), ("OK", 0.9)]


def test_a_part_that_is_stuck_is_told(world: World, client: httpx.Client) -> None:
    world.health = {"ingest": NOON - 1000, "alarms": NOON - 31_000}
    assert client.get("/api/alarms").json()["late"] == [{"name": "alarms", "seen": NOON - 31_000}]


def test_notifications_tell_what_became_of_them(world: World, client: httpx.Client) -> None:
    world.turn("High-Latency-Alarm", "ALARM", NOON - 2000, 3000.0)
    outbox = world.store.outbox("/demo/vision/digits:dev")
    (entry,) = outbox.due(NOON)
    outbox.undelivered([entry.notification.id], NOON, "no webhook is configured")
    (told,) = client.get("/api/notifications").json()["notifications"]
    assert (told["state"], told["last_error"], told["target"]) == ("undelivered", "no webhook is configured", "slack")
    assert told["transition"]["alarm"] == "High-Latency-Alarm"


def test_transactions_are_filtered_sorted_and_paged(world: World, client: httpx.Client) -> None:
    ids = [world.infer(NOON - 60_000 + i, elapse=10.0 * i, confidence=1 - i / 10) for i in range(6)]
    world.infer(NOON - 1000, status="rejected", error={"type": "BadRequest", "message": "Nonsense"}, confidence=None)
    world.settle()

    def found(**parameters: Any) -> list[str]:
        answer = client.get("/api/transactions", params=parameters)
        return [row["transaction_id"] for row in answer.json()["transactions"]]

    assert found(status="succeeded") == ids[::-1]
    assert found(status="succeeded", order="oldest") == ids
    assert found(order="slowest", limit=1) == [ids[5]]
    assert found(order="least-confident", limit=1) == [ids[5]]
    assert found(min_elapse=40, status="succeeded") == [ids[5], ids[4]]
    assert len(found(text="nonsense")) == 1
    assert found(version="2") == []
    assert found(status="succeeded", start=NOON - 60_000, end=NOON - 59_998) == [ids[1], ids[0]]

    pages, before = [], None
    while True:
        answer = client.get("/api/transactions", params={"limit": 3} | ({"before": before} if before else {})).json()
        pages += [row["transaction_id"] for row in answer["transactions"]]
        before = answer["next"]
        if before is None:
            break
    assert len(pages) == len(set(pages)) == 7
    assert pages[1:] == ids[::-1]


def test_one_transaction_is_told_in_full(world: World, client: httpx.Client) -> None:
    name = world.infer(NOON - 1000, prediction="x" * 300, pages=3)
    world.settle()
    record = client.get(f"/api/transactions/{name}").json()
    assert record["request"] == {"pixels": [0, 1, 2, 3]}
    assert record["prediction"] == "x" * 300
    assert record["pages"] == record["Pages"] == 3
    (row,) = client.get("/api/transactions").json()["transactions"]
    assert len(row["prediction"]) == 80
    assert "request" not in row


def test_another_environment_of_the_model_is_not_shown(world: World, client: httpx.Client) -> None:
    own = world.infer(NOON - 2000)
    other = world.infer(NOON - 1000, environment="prod")
    world.settle()
    assert [row["transaction_id"] for row in client.get("/api/transactions").json()["transactions"]] == [own]
    assert client.get(f"/api/transactions/{other}").status_code == 404
    newest = Views(world.sources, None).sections(())["transactions"]
    assert [row["transaction_id"] for row in newest] == [own]


def test_what_is_not_there_is_told(client: httpx.Client) -> None:
    absent = "019b7a2f-0000-7000-8000-000000000000"
    last = "ffffffff-ffff-7fff-bfff-ffffffffffff"
    first = "00000000-0000-7000-8000-000000000000"
    paths = (*(f"transactions/{name}" for name in (absent, first, last)), "alarms/none/history", "nothing")
    for path in paths:
        answer = client.get(f"/api/{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]


def test_a_bad_parameter_is_named(client: httpx.Client) -> None:
    for view, name, value in (
        ("series", "start", "yesterday"),
        ("series", "start", str(NOON + 1)),
        ("series", "start", "1"),
        ("series", "end", "99999999999999999999"),
        ("series", "widget", "w999"),
        ("series", "wigdet", "w1"),
        ("tiles", "end", "0"),
        ("alarms/Low-Probability-Alarm/history", "limit", "0"),
        ("notifications", "limit", "501"),
        ("transactions", "status", "succeeded,lost"),
        ("transactions", "min_elapse", "nan"),
        ("transactions", "min_elapse", "-1"),
        ("transactions", "order", "random"),
        ("transactions", "limit", "ten"),
        ("transactions", "before", "1,"),
        ("transactions/nonsense", "id", None),
        ("events", "range", "17"),
        ("model", "start", "1"),
    ):
        answer = client.get(f"/api/{view}", params={} if value is None else {name: value})
        assert answer.status_code == 400, (view, name, value)
        assert answer.json()["parameter"] == name
        assert answer.json()["error"].startswith(f"{name}: ")


def test_a_parameter_given_twice_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/tiles?start=1&start=2").json()["parameter"] == "start"


def test_any_text_can_be_searched_for(world: World, client: httpx.Client) -> None:
    world.infer(NOON - 1000, prediction="100% \\ 'quoted'")
    world.settle()
    for text, found in (("100%", 1), ("'QUOTED'", 1), ("1_0%", 0), ("\0", 0), ("é\U0001f600", 0), ("x" * 4000, 0)):
        answer = client.get("/api/transactions", params={"text": text})
        assert answer.status_code == 200, text
        assert len(answer.json()["transactions"]) == found, text


def test_ranked_orders_have_no_pages(client: httpx.Client) -> None:
    answer = client.get("/api/transactions", params={"order": "slowest", "before": "1,x"})
    assert answer.json()["parameter"] == "before"
