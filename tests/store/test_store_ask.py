"""Questions to the data folder: the same answer wherever the records lie, which is what the plain lines say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_lines import GROUP, NOW, append, line, record

from inferwatch.errors import QueryError
from inferwatch.query.parse import parse
from inferwatch.query.predicate import Field
from inferwatch.query.question import Bucket, Order, Question, Stat
from inferwatch.store import Store

DAY = 86_400_000
OTHER = "/abc_corp/claim/other"
FAR = "/abc_corp/claims/doc"
COUNT = Stat("count", None, None, "count")


def lines() -> list[bytes]:
    return [
        line(
            number,
            NOW - (number % 4) * DAY - number * 997,
            elapse=float(number % 50),
            status="failed" if number % 7 == 0 else "succeeded",
            features={"age": number % 5, **({"city": f"c{number % 3}"} if number % 2 else {})},
            pages=number % 9,
        )
        for number in range(200)
    ]


@pytest.fixture(scope="module", params=["unread", "tail", "half", "lake"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    data: Path = tmp_path_factory.mktemp(request.param)
    with Store.open(data, writer=True) as opened:
        for at in range(0, 200, 50):
            for number, one in enumerate(lines()[at : at + 50]):
                append(data, one, group=(GROUP, GROUP, OTHER, FAR)[number % 4])
            if request.param != "unread":
                opened.ingest(NOW)
            if request.param == "half" and at == 50:
                opened.compact(NOW)
        if request.param == "lake":
            opened.compact(NOW)
        yield opened


def asked(**more: Any) -> Question:
    return Question(**{"start_ms": 0, "end_ms": NOW + 1, "limit": 1000, **more})


def test_records_that_meet_a_predicate_newest_first(store: Store) -> None:
    answer = store.ask(asked(where=parse("status = 'failed' AND pages > 3 AND features.age != 0"), limit=5))
    wanted = [record(one) for one in lines()]
    wanted = [one for one in wanted if one["status"] == "failed" and one["pages"] > 3 and one["features"]["age"] != 0]
    wanted.sort(key=lambda one: (one["start_at"], one["transaction_id"]), reverse=True)
    assert answer.rows == wanted[:5]
    assert answer.columns[:3] == ("v", "namespace", "model_name")
    assert {"features", "pages"} < set(answer.columns)


def test_another_order_is_one_over_all_days(store: Store) -> None:
    answer = store.ask(asked(order=(Order(Field(("features", "city"))), Order(Field(("elapse",)), descending=True))))
    cities = [one["features"].get("city", "~") for one in answer.rows]
    assert len(cities) == 200
    assert cities == sorted(cities)


def test_groups_by_a_feature_that_not_every_record_has(store: Store) -> None:
    city = Field(("features", "city"))
    answer = store.ask(asked(by=(city,), stats=(COUNT, Stat("max", Field(("features", "age")), None, "max:age"))))
    assert answer.columns == ("features.city", "count", "max:age")
    assert [tuple(row.values()) for row in answer.rows] == [("c0", 33, 4), ("c1", 34, 4), ("c2", 33, 4), (None, 100, 4)]


def test_time_buckets_are_instants(store: Store) -> None:
    answer = store.ask(asked(by=(Bucket(86_400, "day"),), stats=(COUNT,)))
    assert [row["count"] for row in answer.rows] == [50] * 4
    assert answer.rows[-1]["day"] == "2025-11-21T00:00:00.000Z"


@pytest.mark.parametrize(
    ("node", "count"),
    [(None, 200), ("/", 200), ("/abc_corp", 200), ("/abc_corp/claim/", 152), (GROUP, 104), (FAR, 48), ("/abc", 0)],
)
def test_a_node_is_all_models_below_it(store: Store, node: str | None, count: int) -> None:
    assert store.ask(asked(node=node, stats=(COUNT,))).rows == [{"count": count}]


def test_of_no_records_there_is_one_row_without_groups_and_none_with(store: Store) -> None:
    stats = (COUNT, Stat("avg", Field(("elapse",)), None, "avg:elapse"))
    nothing = {"start_ms": NOW + DAY, "end_ms": NOW + 2 * DAY}
    assert store.ask(asked(**nothing, stats=stats)).rows == [{"count": 0, "avg:elapse": None}]
    assert store.ask(asked(**nothing, stats=stats, by=(Bucket(60, "minute"),))).rows == []
    assert store.ask(asked(**nothing)).rows == []
    assert store.ask(asked(where=parse("elapse > 1000"), stats=stats)).rows == [{"count": 0, "avg:elapse": None}]


def test_an_answer_that_needs_too_much_memory_says_what_to_do(tmp_path: Path) -> None:
    append(tmp_path, b"".join(line(number, NOW, request={"text": f"{number}" * 2000}) for number in range(500)))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        groups = asked(by=(Field(("request", "text")),), stats=(COUNT,))
        assert len(store.ask(groups).rows) == 500
        engine = store._reader._engine
        assert engine is not None
        engine.cells("SET memory_limit = '1MB'", {})
        with pytest.raises(QueryError, match="more memory than a question may take: ask for a shorter time"):
            store.ask(groups)
        assert len(store.ask(groups).rows) == 500
        assert store.tally().get("quarantined_files") is None
