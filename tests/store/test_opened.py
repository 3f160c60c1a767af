"""`inferwatch.open`, as a Python program or a notebook uses it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_lines import GROUP, NOW, append, line, record

import inferwatch
from inferwatch import PredicateError, QueryError, StoreError
from inferwatch.opened import Opened
from inferwatch.query.answer import Answer
from inferwatch.store import Store

HOUR = 3_600_000


def made(number: int) -> bytes:
    who = {"principal": f"team-{number % 2}"} if number % 5 else {}
    status = "failed" if number % 4 == 0 else "succeeded"
    start = NOW - number * 2 * HOUR
    return line(number, start, elapse=number * 10.0, status=status, requester=who, pages=number, pagination={"of": 3})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data: Path = tmp_path_factory.mktemp("data")
    append(data, b"".join(map(made, range(20))))
    append(data, line(50, NOW - HOUR, environment="dev"), group="/abc_corp/other")
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
    append(data, made(20))
    return data


@pytest.fixture(scope="module")
def opened(data: Path) -> Iterator[Opened]:
    with Opened(Store.open(data, writer=False), lambda: NOW) as opened:
        yield opened


def numbers(answer: Answer) -> list[int]:
    return [row["pages"] for row in answer]


def test_the_last_day_newest_first(opened: Opened) -> None:
    assert numbers(opened.query("pages >= 0")) == list(range(12))
    assert numbers(opened.query("elapse >= 30", since="10h", order_by="-elapse", limit=2)) == [4, 3]
    assert len(opened.query(model="/abc_corp", since="3h")) == 3
    assert len(opened.query(model=GROUP, since="3h")) == 2
    assert len(opened.query(environment="dev", since="7d")) == 1


def test_a_node_is_a_path(opened: Opened) -> None:
    assert len(opened.query(model="/abc_corp/", since="3h")) == 3
    with pytest.raises(QueryError, match="'abc_corp' is no path of a model or node"):
        opened.query(model="abc_corp")


def test_from_one_instant_to_another(opened: Opened) -> None:
    start, end = "2025-11-21T05:12Z", datetime(2025, 11, 21, 9, 12, tzinfo=UTC)
    assert numbers(opened.query("pages >= 0", start=start, end=end)) == [1, 2]
    assert numbers(opened.query("pages >= 0", since="2h", end=end)) == [1]
    with pytest.raises(QueryError, match="start 'yesterday' is no instant"):
        opened.query(start="yesterday")


def test_aggregates_by_words(opened: Opened) -> None:
    for by, stats in (("status", "count, max:pages"), (["status"], ("count", "max:pages"))):
        answer = opened.query(by=by, stats=stats, model=GROUP, since="7d")
        assert answer.rows == [
            {"status": "failed", "count": 6, "max:pages": 20.0},
            {"status": "succeeded", "count": 15, "max:pages": 19.0},
        ]


def test_a_time_longer_than_any_engine_has_is_all_of_it(opened: Opened) -> None:
    assert numbers(opened.query("pages >= 0", since="999999999d")) == list(range(21))


def test_an_unknown_field_suggests_the_nearest(opened: Opened) -> None:
    with pytest.raises(PredicateError, match="pages") as raised:
        opened.query("elapse > 3 AND pags = 1")
    assert (raised.value.start, raised.value.end) == (15, 19)
    assert opened.query("properties.pags = 1").rows == []


def test_sql(opened: Opened) -> None:
    assert opened.sql("SELECT count(*) AS n FROM transactions").rows == [{"n": 22}]
    assert len(opened.sql("SELECT elapse FROM transactions", limit=5)) == 5


def test_a_transaction_has_its_line_and_its_neighbours(opened: Opened) -> None:
    wanted = made(4)
    found = opened.transaction(record(wanted)["transaction_id"])
    assert found is not None
    assert found.line == wanted.decode().strip()
    assert found.requester == "team-0"
    assert [row["pages"] for row in found.before] == [16, 14, 12, 8, 6]
    assert [row["pages"] for row in found.after] == [2]
    alone = opened.transaction(record(made(5))["transaction_id"])
    assert alone is not None
    assert alone[2:] == (None, [], [])
    assert opened.transaction("none") is None


def test_the_face_opens_a_folder(data: Path, tmp_path: Path) -> None:
    with inferwatch.open(str(data)) as opened:
        assert opened.query(start="2025-11-21", end="2025-11-22", stats="count").rows == [{"count": 6}]
        assert repr(opened) == f"inferwatch.open({str(data)!r})"
    with pytest.raises(StoreError, match="no InferWatch data yet"):
        inferwatch.open(tmp_path)
