"""Questions over the page's views: predicates, their faults by character, aggregates, and the spec's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_world import NOON, World

HOUR = 3_600_000
SAVED = """
[[query]]
name = "Slow"
description = "Slower than a person waits."
where = "elapse >= 30"
since = "1h"
order_by = ["-elapse"]

[[query]]
name = "By status"
by = ["status"]
stat = ["count", "p99:elapse"]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Six inferences of 0 to 50 ms, the slowest of which failed, and one of another environment."""
    made = World(tmp_path, parts=SAVED)
    for i in range(6):
        slowest = {"status": "failed", "error": {"type": "E", "message": "m"}} if i == 5 else {}
        made.infer(NOON - 60_000 + i, elapse=10.0 * i, pages=i, **slowest)
    made.infer(NOON - 1000, elapse=99.0, environment="prod")
    made.settle()
    yield made
    made.close()


def rows(client: httpx.Client, **parameters: Any) -> list[Any]:
    answer = client.get("/api/transactions", params=parameters)
    assert answer.status_code == 200, answer.text
    return [row["elapse"] for row in answer.json()["transactions"]]


def test_rows_meet_a_predicate_beside_the_other_filters_in_their_order_and_by_pages(client: httpx.Client) -> None:
    assert rows(client, where="elapse >= 30") == [50, 40, 30]
    assert rows(client, where="elapse >= 30", status="succeeded", order="oldest") == [30, 40]
    assert rows(client, where="request.pixels[3] = 3 AND pages IN (1, 2)") == [20, 10]
    assert rows(client, where=" ") == rows(client)
    first = client.get("/api/transactions", params={"where": "elapse >= 30", "limit": 2}).json()
    assert rows(client, where="elapse >= 30", limit=2, before=first["next"]) == [30]


@pytest.mark.parametrize("view", ["transactions", "query"])
@pytest.mark.parametrize(
    ("where", "wrong", "says"),
    [
        ("elapse >= 30 AND statsu = 'failed'", "statsu", "'status'"),
        ("elapse >= 'slow'", "'slow'", "number"),
        ("prediction = '\U0001f600é' AND elapse >", "", "value"),
    ],
)
def test_what_is_wrong_with_a_predicate_is_told_by_its_characters(
    client: httpx.Client, view: str, where: str, wrong: str, says: str
) -> None:
    answer = client.get(f"/api/{view}", params={"where": where})
    assert answer.status_code == 400
    told = answer.json()
    assert told["parameter"] == "where"
    assert says in told["problem"]
    assert told["problem"] in told["error"]
    if wrong:
        assert where[told["start"] : told["end"]] == wrong
    assert 0 <= told["start"] <= told["end"] <= len(where) + 1


def test_a_metric_of_the_spec_can_be_asked_for_before_any_record_has_it(tmp_path: Path, client: httpx.Client) -> None:
    assert rows(client, where="Pages >= 4") == [50, 40]
    assert rows(client, where="pages IS NULL") == []


def test_aggregates_are_answered_in_columns(client: httpx.Client) -> None:
    asked = {"by": "status,minute", "stat": "count,p99:elapse", "order_by": "-count", "since": "1h"}
    told = client.get("/api/query", params=asked).json()
    assert told["columns"] == ["status", "minute", "count", "p99:elapse"]
    assert told["rows"] == [
        {"status": "succeeded", "minute": "2026-01-01T11:59:00.000Z", "count": 5, "p99:elapse": 40},
        {"status": "failed", "minute": "2026-01-01T11:59:00.000Z", "count": 1, "p99:elapse": 50},
    ]
    assert told["end"] - told["start"] == HOUR
    assert told["notes"] == []


def test_records_are_answered_in_full(client: httpx.Client) -> None:
    told = client.get("/api/query", params={"where": "elapse = 50", "order_by": "elapse", "limit": 5}).json()
    (record,) = told["rows"]
    assert (record["request"], record["pages"]) == ({"pixels": [0, 1, 2, 3]}, 5)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"stat": "p101:elapse"}, "p101"),
        ({"stat": "median:elapse"}, "median"),
        ({"by": "status", "order_by": "nothing"}, "nothing"),
        ({"since": "soon"}, "soon"),
        ({"since": "1h", "start": "1"}, "start"),
        ({"limit": "0"}, "limit"),
        ({"where": "elapse > 1 " + "x" * 10_000}, "10000"),
        ({"wehre": "elapse > 1"}, "wehre"),
    ],
)
def test_a_word_that_is_wrong_is_named(client: httpx.Client, parameters: dict[str, str], says: str) -> None:
    answer = client.get("/api/query", params=parameters)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_a_comma_within_quotation_marks_parts_no_words(client: httpx.Client) -> None:
    told = client.get("/api/query", params={"by": 'request."a,b", status', "stat": "count"}).json()
    assert len(told["columns"]) == 3
    assert told["rows"][0]["count"] == 1


def test_the_specs_own_questions_are_listed_in_their_words(client: httpx.Client) -> None:
    slow, by_status = client.get("/api/queries").json()["queries"]
    assert (slow["name"], slow["where"], slow["since"], slow["aggregates"]) == ("Slow", "elapse >= 30", HOUR, False)
    assert (slow["order_by"], slow["description"]) == (["-elapse"], "Slower than a person waits.")
    assert (by_status["by"], by_status["stat"], by_status["aggregates"]) == (["status"], ["count", "p99:elapse"], True)
