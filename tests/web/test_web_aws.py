"""The page over what AWS has: the same views, seldom asked for, and alive where AWS refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aws_page import ALARM, MINUTE, AwsPage, aws_page
from aws_world import refused
from web_world import Server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[AwsPage]:
    with aws_page(tmp_path) as made:
        yield made


@pytest.fixture
def client(page: AwsPage) -> Iterator[httpx.Client]:
    with Server(page) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.get(server.link).status_code == 303
        yield client


def view(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(f"/api/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def event(client: httpx.Client, seconds: int = 900) -> dict[str, Any]:
    """The first event of the stream that tells something."""
    with client.stream("GET", "/api/events", params={"range": seconds}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and line != "data: {}":
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return told
    raise AssertionError("the stream ended")


def test_charts_have_a_value_a_minute_and_no_sum_that_may_still_grow(client: httpx.Client, page: AwsPage) -> None:
    told = view(client, "series")
    assert told["period"] == 60
    values = told["charts"]["w2"]["invocations"]
    known = [at for at, value in enumerate(values) if value is not None]
    assert {values[at] for at in known[1:-1]} <= {12, 13}
    assert told["first"] + 1000 * 60 * (known[-1] + 1) <= told["end"] - 2 * MINUTE
    assert sum(filter(None, told["charts"]["w2"]["errors"])) == 1
    assert all(value is None or 20 <= value <= 27 for value in told["charts"]["w3"]["p50"])
    assert page.periods == {60}


def test_tiles_alarms_and_notifications_are_cloudwatchs(client: httpx.Client, page: AwsPage) -> None:
    tiles = {tile["id"]: tile["value"] for tile in view(client, "tiles")["tiles"]}
    assert tiles["rate"] == 12
    assert tiles["errors"] == 1
    assert tiles["confidence"] == pytest.approx(0.9)
    alarms = {alarm["name"]: alarm for alarm in view(client, "alarms")["alarms"]}
    assert (alarms[ALARM]["state"], alarms[ALARM]["reason"]) == ("OK", "Threshold not crossed")
    assert alarms[ALARM]["bands"] == [[page.start + 4 * MINUTE, page.start + 7 * MINUTE]]
    told = view(client, "notifications")["notifications"]
    assert [(one["state"], one["target"], one["transition"]["state"]) for one in told] == [
        ("delivered", "sns digits-Inference-Alarms", "OK"),
        ("delivered", "sns digits-Inference-Alarms", "ALARM"),
    ]


def test_a_row_of_the_table_opens_without_another_search(client: httpx.Client, page: AwsPage) -> None:
    rows = view(client, "transactions", limit=5)["transactions"]
    assert len(rows) == 5
    (failed,) = view(client, "transactions", status="failed")["transactions"]
    assert page.searches == 2
    found = view(client, f"transactions/{failed['transaction_id']}")
    assert found["error"]["message"] == "shapes do not match"
    assert "_aws" not in found
    assert page.searches == 2


def test_aws_is_asked_once_a_minute_for_what_the_documentation_says(client: httpx.Client, page: AwsPage) -> None:
    """Two events and a second page within a minute ask nothing anew."""
    first = event(client)
    assert first["trouble"] is None
    assert first["tiles"]
    assert first["charts"]["period"] == 60
    round_of_a_minute = page.billed
    assert event(client)["tiles"] == first["tiles"]
    assert page.billed == round_of_a_minute
    page.now += 2 * MINUTE
    assert event(client)["tiles"] != first["tiles"]
    assert page.billed == 2 * round_of_a_minute
    documented = (ROOT / "docs/reference/cli.md").read_text()
    told = re.search(r"asks for (\d+) a minute, \*\*(\d\.\d+) USD an hour", documented)
    assert told is not None
    assert int(told[1]) == pytest.approx(round_of_a_minute, abs=2)
    assert float(told[2]) == pytest.approx(round_of_a_minute * 60 * 0.01 / 1000, abs=0.005)


@pytest.mark.parametrize(
    ("operation", "lacks", "has"),
    [
        ("StartQuery", "transactions", "tiles"),
        ("GetMetricData", "tiles", "transactions"),
        ("DescribeAlarmHistory", "notifications", "charts"),
    ],
)
def test_what_aws_refuses_is_told_and_the_rest_goes_on(
    client: httpx.Client, page: AwsPage, operation: str, lacks: str, has: str
) -> None:
    page.broken[operation] = refused(operation, "AccessDeniedException", "not for you")
    told = event(client)
    assert f"{operation} is not allowed" in told["trouble"]
    assert lacks not in told
    assert has in told
    page.broken.clear()
    assert lacks in event(client)


def test_a_view_that_aws_refuses_is_unavailable_with_a_reason(client: httpx.Client, page: AwsPage) -> None:
    page.broken["GetMetricData"] = refused("GetMetricData", "ExpiredToken")
    answer = client.get("/api/series")
    assert answer.status_code == 503
    assert "the session has expired" in answer.json()["error"]
