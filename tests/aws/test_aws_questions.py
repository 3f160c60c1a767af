"""Questions to Logs Insights, against moto and a model of Insights: answers are those that every engine gives."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import query_cases
from aws_world import Cloud, account, answering, refused
from query_cases import END_MS, START_MS, record

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import questions
from inferwatch.aws.reading.questions import InsightsQuestions
from inferwatch.aws.reading.transaction import transaction
from inferwatch.errors import AwsError, DialectError
from inferwatch.lake.row import to_record, to_row
from inferwatch.query.answer import Answer
from inferwatch.query.meets import meets
from inferwatch.query.parse import parse
from inferwatch.query.wording import question
from inferwatch.sdk.clock import iso
from inferwatch.spec import load_spec

SPEC = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'
EDGES = query_cases.SDK_EDGES


class World:
    def __init__(self, folder: Path) -> None:
        (folder / "inferwatch.toml").write_text(SPEC)
        self.cloud = Cloud(load_spec(folder, environ={}))
        self.engine = InsightsQuestions(self.cloud.site, Patience(lambda: END_MS, lambda _: None))

    def put(self, *records: dict[str, Any], group: str | None = None) -> None:
        self.cloud.put(map(query_cases.line, records), group=group)

    def ask(self, where: str = "", **words: Any) -> Answer:
        return self.engine.ask(question(where, **{"start_ms": START_MS, "end_ms": END_MS, "limit": 1000, **words}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path)


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """A record as every engine shows it."""
    return to_record(to_row(record, START_MS, ""))


def numbers(answer: Answer) -> list[str]:
    return [row["transaction_id"][-2:] for row in answer.rows]


def test_without_a_predicate_all_records_come_newest_first(world: World) -> None:
    world.put(*EDGES)
    answer = world.ask()
    assert [row["transaction_id"] for row in answer.rows] == [one["transaction_id"] for one in reversed(EDGES)]
    assert answer.rows[-1] == shown(EDGES[0]) | {"start_at": EDGES[0]["start_at"]}
    assert answer.notes == ()
    assert answer.columns[:2] == ("v", "namespace")


@pytest.mark.parametrize(
    "where",
    [
        "elapse >= 3000 AND status IN ('failed', 'timeout')",
        "response.label != 'invoice'",
        "response.code = 500",
        "response.code != 500",
        "features.age >= 30",
        "pages = 3",
        "tier = true",
        "NOT tier",
        "prediction = 1",
        "note.text LIKE '100%'",
        "response.label NOT LIKE '%i%'",
        "request.items[0].price = 0.5",
        "model_version != 3",
    ],
)
def test_what_insights_takes_for_another_type_is_not_in_the_answer(world: World, where: str) -> None:
    world.put(*EDGES)
    wanted = {one["transaction_id"] for one in EDGES if meets(parse(where), one)}
    answer = world.ask(where)
    assert wanted
    assert {row["transaction_id"] for row in answer.rows} == wanted
    assert answer.notes == ()


def test_what_may_be_missing_from_the_answer_is_said(world: World) -> None:
    world.put(*EDGES)
    [note] = world.ask("response.label IS NOT NULL").notes
    assert "knows no objects" in note
    assert "response.label" in note
    assert "model_version" in world.ask("model_version > 2").notes[0]


def test_a_time_of_which_the_log_has_nothing_has_no_records(world: World) -> None:
    """Insights refuses it: it ended before the log group was made, or is kept no longer."""
    asked = []
    kept = "before the log groups creation time or exceeds the log groups log retention settings ([0,79])"

    def too_old(given: dict[str, Any]) -> Any:
        asked.append(given)
        raise refused("StartQuery", "MalformedQueryException", f"Query's end date and time is either {kept}")

    with answering(StartQuery=too_old):
        assert world.ask("elapse >= 0").rows == []
        assert world.ask(by=("status",), stats=("count",)).rows == []
        assert world.ask(stats=("count", "max:elapse")).rows == [{"count": 0, "max:elapse": None}]
        identity = "01000000-0000-7000-8000-000000000000"  # of 2004
        assert transaction(world.cloud.site, Patience(lambda: END_MS, lambda _: None), identity) is None
    assert len(asked) == 5

    def wrong(given: dict[str, Any]) -> Any:
        raise refused("StartQuery", "MalformedQueryException", "unexpected symbol found = at line 1")

    with answering(StartQuery=wrong), pytest.raises(AwsError, match="unexpected symbol"):
        world.ask("elapse >= 0")


def test_who_is_interrupted_leaves_no_query_running(world: World) -> None:
    stopped: list[str] = []

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    def stop(asked: dict[str, Any]) -> Any:
        stopped.append(asked["queryId"])
        return {"success": True}

    running = {"status": "Running", "results": []}
    engine = InsightsQuestions(world.cloud.site, Patience(lambda: END_MS, interrupt))
    begun = answering(StartQuery=lambda _: {"queryId": "q-1"}, GetQueryResults=lambda _: running, StopQuery=stop)
    with begun, pytest.raises(KeyboardInterrupt):
        engine.ask(question(start_ms=START_MS, end_ms=END_MS))
    assert stopped == ["q-1"]


def test_records_that_come_twice_count_once(world: World) -> None:
    world.put(EDGES[0], EDGES[1])
    world.cloud.put([query_cases.line(EDGES[0])], stream="again")
    assert numbers(world.ask()) == ["01", "00"]


def test_an_order_by_any_field_puts_numbers_before_texts_and_nothing_last(world: World) -> None:
    given = [3, "b", None, 10, "a", True]
    world.put(*(record(place, START_MS + place, pages=value) for place, value in enumerate(given)))
    assert [row.get("pages") for row in world.ask(order_by=["pages"]).rows] == [3, 10, "a", "b", True, None]
    assert [row.get("pages") for row in world.ask(order_by=["-pages"]).rows] == [10, 3, "b", "a", True, None]


def test_ties_go_by_start_and_then_by_id_in_the_direction_of_the_first_key(world: World) -> None:
    world.put(*(record(place, START_MS + place // 2, elapse=place % 2 and 7.0) for place in range(6)))
    assert numbers(world.ask(order_by=["elapse"])) == ["00", "02", "04", "01", "03", "05"]
    assert numbers(world.ask(order_by=["-elapse"])) == ["05", "03", "01", "04", "02", "00"]
    assert numbers(world.ask(order_by=["start_at"])) == ["00", "01", "02", "03", "04", "05"]


def test_versions_are_ordered_as_numbers_and_before_texts(world: World) -> None:
    given = [10, "v2", 9, "1.5", "3"]
    world.put(*(record(place, START_MS + place, model_version=value) for place, value in enumerate(given)))
    found = [row["model_version"] for row in world.ask(order_by=["model_version"]).rows]
    assert [str(version) for version in found] == ["3", "9", "10", "1.5", "v2"]


def test_only_so_many_records_as_asked_for(world: World) -> None:
    world.put(*(record(place, START_MS) for place in range(5)))
    assert numbers(world.ask(limit=2)) == ["04", "03"]


def test_where_insights_gives_too_many_it_is_asked_for_all(world: World) -> None:
    """Text that is spelled as a number may be one to Insights; the first rows may so hold none that is meant."""
    asked: list[str] = []
    line = query_cases.line(record(1, START_MS)).decode()

    def start(given: dict[str, Any]) -> dict[str, Any]:
        asked.append(given["queryString"].rpartition(" ")[2])
        return {"queryId": asked[-1]}

    def results(given: dict[str, Any]) -> dict[str, Any]:
        rows = [[{"field": "@message", "value": "{}"}]] * (int(given["queryId"]) - 1)
        return {"status": "Complete", "results": [*rows, [{"field": "@message", "value": line}]]}

    with answering(StartQuery=start, GetQueryResults=results):
        answer = world.ask("response.code = 500", limit=3)
    assert asked == ["103", "10000"]
    assert numbers(answer) == ["01"]
    assert questions.CUT in answer.notes


def test_groups_have_numbers_and_times(world: World) -> None:
    statuses = ["failed", "succeeded", "succeeded"]
    world.put(
        *(
            record(place, START_MS + 40_000 * place, status=status, elapse=place)
            for place, status in enumerate(statuses)
        )
    )
    answer = world.ask(by=["status", "minute"], stats=["count", "sum:elapse", "p99.9:elapse", "count:confidence"])
    assert answer.columns == ("status", "minute", "count", "sum:elapse", "p99.9:elapse", "count:confidence")
    start = "2026-11-21T09:30:00.000Z"
    assert [tuple(row.values()) for row in answer.rows] == [
        ("failed", start, 1, 0.0, 0.0, 0),
        ("succeeded", start, 1, 1.0, 1.0, 0),
        ("succeeded", "2026-11-21T09:31:00.000Z", 1, 2.0, 2.0, 0),
    ]
    assert any("twice" in note for note in answer.notes)
    assert any("estimates" in note for note in answer.notes)


@pytest.mark.parametrize("bucket", ["second", "minute", "hour", "day"])
def test_buckets_are_of_the_start(world: World, bucket: str) -> None:
    world.put(*EDGES)
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}[bucket]
    places = {iso(START_MS + (n // 2) * 1_700_000 + n) for n in range(len(EDGES))}
    kept = {1: 19, 60: 16, 3600: 13, 86_400: 10}[seconds]
    wanted = sorted({place[:kept] + "1970-01-01T00:00:00.000Z"[kept:] for place in places})
    assert [row[bucket] for row in world.ask(by=[bucket]).rows] == wanted


def test_a_group_without_a_value_is_last_whichever_way_the_order_goes(world: World) -> None:
    world.put(*(record(n, START_MS, tier=tier) for n, tier in enumerate(["gold", ..., "silver", None])))
    assert [(row["tier"], row["count"]) for row in world.ask(by=["tier"]).rows] == [
        ("gold", 1),
        ("silver", 1),
        (None, 2),
    ]
    assert [row["tier"] for row in world.ask(by=["tier"], order_by=["-tier"]).rows] == ["silver", "gold", None]


def test_groups_in_the_order_of_an_aggregate(world: World) -> None:
    world.put(*(record(n, START_MS, status=status) for n, status in enumerate(["timeout", "failed", "failed"])))
    rows = world.ask(by=["status"], order_by=["-count"]).rows
    assert [(row["status"], row["count"]) for row in rows] == [("failed", 2), ("timeout", 1)]
    assert len(world.ask(by=["status"], limit=1).rows) == 1


def test_a_boolean_is_one_in_the_groups(world: World) -> None:
    world.put(*(record(n, START_MS, cold_start=cold) for n, cold in enumerate([True, False, False, ...])))
    rows = world.ask(by=["cold_start"]).rows
    assert [(row["cold_start"], row["count"]) for row in rows] == [(False, 2), (True, 1), (None, 1)]


def test_a_feature_is_looked_for_in_the_request_too(world: World) -> None:
    world.put(
        record(0, START_MS, features={"age": 30}, request={"age": 7}),
        record(1, START_MS, request={"age": 40}),
        record(2, START_MS),
    )
    [row] = world.ask(stats=["avg:features.age", "count:features.age"]).rows
    assert row == {"avg:features.age": 35.0, "count:features.age": 2}
    assert [row["features.age"] for row in world.ask(by=["features.age"]).rows] == ["30", "40", None]
    assert numbers(world.ask(order_by=["-features.age"])) == ["01", "00", "02"]


def test_aggregates_without_groups_are_one_row_also_of_no_records(world: World) -> None:
    world.put(record(0, START_MS))
    stats = ["count", "avg:elapse", "count:confidence"]
    assert world.ask("status = 'failed'", stats=stats).rows == [{"count": 0, "avg:elapse": None, "count:confidence": 0}]
    assert world.ask("status = 'failed'", by=["status"]).rows == []
    assert world.ask("status = 'failed'").rows == []


def test_statistics_are_those_of_the_numbers(world: World) -> None:
    world.put(*EDGES)
    of = [one["elapse"] for one in EDGES if one.get("elapse") is not None]
    stats = ["count", "count:elapse", "avg:elapse", "min:elapse", "max:elapse", "p50:elapse", "stddev:elapse"]
    [row] = world.ask(stats=stats).rows
    assert row == {
        "count": len(EDGES),
        "count:elapse": len(of),
        "avg:elapse": pytest.approx(statistics.fmean(of)),
        "min:elapse": min(of),
        "max:elapse": max(of),
        "p50:elapse": sorted(of)[math.ceil(len(of) / 2) - 1],
        "stddev:elapse": pytest.approx(statistics.stdev(of)),
    }


NODES = {
    "/abc_corp/claim/doc_classification": record(0, START_MS),
    "/abc_corp/claim/other": record(1, START_MS, model_name="other"),
    "/abc_corp/claim": record(2, START_MS, namespace="/abc_corp", model_name="claim"),
    "/abc_corp/claims/doc_classification": record(3, START_MS, namespace="/abc_corp/claims"),
    "/abc_corp/claim/doc_classification_2": record(4, START_MS, model_name="doc_classification_2"),
    "/abc_corp/claim/inner/deep": record(5, START_MS, namespace="/abc_corp/claim/inner", model_name="deep"),
}


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (None, "0"),
        ("/abc_corp/claim/doc_classification", "0"),
        ("/abc_corp/claim/doc_classification/", "0"),
        ("/abc_corp/claim/other", "1"),
        ("/abc_corp/claim", "01245"),
        ("/abc_corp/claim/", "01245"),
        ("/abc_corp/claims", "3"),
        ("/abc_corp", "012345"),
        ("/", "012345"),
        ("/nowhere", ""),
    ],
)
def test_a_node_is_asked_with_all_models_below_it_and_no_other(world: World, node: str | None, wanted: str) -> None:
    for group, one in NODES.items():
        world.put(one, group=group)
    assert sorted(number[-1] for number in numbers(world.ask(node=node))) == list(wanted)


def test_the_environment_is_asked_for(world: World) -> None:
    world.put(record(0, START_MS), record(1, START_MS, environment="dev"))
    assert numbers(world.ask(environment="dev")) == ["01"]


@pytest.mark.parametrize(
    ("where", "words", "says"),
    [
        ("", {"by": ["10m"]}, "buckets of 10m"),
        ("response.label > 'a'", {}, "> of texts"),
        ("response.label = 'a\"'", {}, "a quotation mark"),
        ("request IS NULL", {}, "whether 'request' is there"),
        ('response."a.b" = 3', {}, "a name with a dot"),
        ("", {"node": "/a b"}, "log group"),
        (" OR ".join(f"features.f{number}=1" for number in range(200)), {}, "too long"),
    ],
)
def test_what_insights_cannot_be_asked_is_refused_by_its_name(
    world: World, where: str, words: dict[str, Any], says: str
) -> None:
    with pytest.raises(DialectError, match=f"Logs Insights: .*{says}"):
        world.ask(where, **words)


def test_a_log_group_that_is_not_there_is_an_error(world: World) -> None:
    with pytest.raises(AwsError, match="asking Logs Insights: StartQuery was refused"):
        world.ask()
