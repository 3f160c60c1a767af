"""Any question has the answer of the plain records, whether they are in the lake, in the tail, or in both."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import naive_answer
import pytest
import query_cases
from hypothesis import given
from hypothesis import strategies as st
from query_cases import EDGES, END_MS, START_MS
from store_lines import append

from examples import times
from inferwatch.lake.instant import milliseconds
from inferwatch.ports import RecordQuery
from inferwatch.query import wording
from inferwatch.query.answer import Answer
from inferwatch.query.question import Bucket, Question
from inferwatch.spec.identity import log_group
from inferwatch.store import Store
from inferwatch.store.lake import asking

NOW = END_MS
RECORDS = EDGES[:-2]
"""Without core fields of times and numbers that their columns cannot hold, whose order the lake forgets."""


def fill(data: Path, records: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> None:
    for number, record in enumerate(records):
        group = log_group(record["namespace"], record["model_name"])
        append(data, query_cases.line(record), stream=f"s{number % 3}", group=group)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    stores = {}
    shuffled = random.Random(7).sample(RECORDS, len(RECORDS))
    for side in ("unread", "tail", "split", "split by time", "lake"):
        data = tmp_path_factory.mktemp("data")
        store = stores[side] = Store.open(data, writer=True)
        first = RECORDS[:30] if side == "split by time" else shuffled[:25]
        rest = [record for record in RECORDS if record not in first]
        fill(data, first)
        if side != "unread":
            store.ingest(NOW)
        if side.startswith(("split", "lake")):
            store.compact(NOW)
        fill(data, rest)
        if side in ("tail", "lake"):
            store.ingest(NOW)
        if side == "lake":
            store.compact(NOW)
    yield stores
    for store in stores.values():
        store.close()


def naive(question: Question) -> list[dict[str, Any]]:
    rows = naive_answer.answer(question, RECORDS)
    names = [by.name for by in question.by if isinstance(by, Bucket)]
    return [{**row, **{name: naive_answer.iso(row[name]) for name in names}} for row in rows]


def close(found: Answer, wanted: list[dict[str, Any]]) -> bool:
    """Equal but for the rounding of sums."""
    return [list(row) for row in found.rows] == [list(row) for row in wanted] and [
        value for row in found.rows for value in row.values()
    ] == [
        pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
        for row in wanted
        for value in row.values()
    ]


ranges = st.sampled_from([(START_MS, END_MS), (START_MS, START_MS + 30_000_000), (START_MS + 25_000_000, END_MS)])
nodes = st.sampled_from([None, None, "/abc_corp/claim", "/abc_corp", "/abc_corp/claim/doc_classification"])
orders = st.sampled_from(
    [(), ("start_at",), ("-start_at",), ("-elapse",), ("confidence",), ("status", "-start_at"), ("response.label",)]
)
groups = st.lists(
    st.sampled_from(["status", "model_version", "hour", "6h", "response.label", "features.city", "tier", "cold_start"]),
    max_size=2,
    unique=True,
)
stats = st.lists(
    st.sampled_from(
        ["count", "count:pages", "avg:elapse", "p90:elapse", "max:features.age", "sum:score", "min:confidence"]
    ),
    max_size=3,
    unique=True,
)


@times(0.5)
@given(st.none() | query_cases.predicates(), ranges, nodes, orders, st.sampled_from([3, 1000]))
def test_records(
    sides: dict[str, Store], where: Any, span: tuple[int, int], node: str | None, order: tuple[str, ...], limit: int
) -> None:
    words = wording.question(start_ms=span[0], end_ms=span[1], order_by=order, limit=limit, node=node)
    question = msgspec.structs.replace(words, where=where)
    wanted = naive_answer.answer(question, RECORDS)
    for side, store in sides.items():
        assert [row["transaction_id"] for row in store.ask(question)] == [row["transaction_id"] for row in wanted], side
        assert store.ask(question).rows == wanted, side


@times(0.5)
@given(st.none() | query_cases.predicates(), ranges, nodes, groups, stats)
def test_groups(
    sides: dict[str, Store], where: Any, span: tuple[int, int], node: str | None, by: list[str], of: list[str]
) -> None:
    words = wording.question(
        start_ms=span[0], end_ms=span[1], by=by or ([] if of else ["status"]), stats=of, limit=1000, node=node
    )
    question = msgspec.structs.replace(words, where=where)
    wanted = naive(question)
    for side, store in sides.items():
        assert close(store.ask(question), wanted), side


@times(0.3)
@given(query_cases.predicates(), st.sampled_from(["-start_at", "start_at", "-elapse"]), st.sampled_from([2, 1000]))
def test_the_list_of_the_page_honours_a_predicate(sides: dict[str, Store], where: Any, order: Any, limit: int) -> None:
    question = wording.question(start_ms=START_MS, end_ms=END_MS, order_by=(order,), environment="prod")
    question = msgspec.structs.replace(question, where=where)
    wanted = [row["transaction_id"] for row in naive_answer.answer(question, RECORDS)]
    for side, store in sides.items():
        pages: list[str] = []
        before = None
        while True:
            query = RecordQuery(
                start_ms=START_MS,
                end_ms=END_MS,
                where=where,
                order=order,
                environment="prod",
                limit=limit,
                before=before,
            )
            found = store.records(query)
            pages += [record["transaction_id"] for record in found]
            if not query.by_time or len(found) < limit or len(pages) >= 100:
                break
            before = (milliseconds(found[-1]["start_at"]) or 0, found[-1]["transaction_id"])
        assert pages == (wanted if query.by_time else wanted[:limit])[:100], side


def test_many_days_are_looked_through_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "STEP_ROWS", 2)
    day = 86_400_000
    records = [query_cases.record(number, START_MS - (number * 7 % 20) * day, elapse=number) for number in range(40)]
    with Store.open(tmp_path, writer=True) as store:
        fill(tmp_path, records[:30])
        store.ingest(NOW)
        store.compact(NOW)
        fill(tmp_path, records[30:])
        for order in ("-start_at", "start_at"):
            for limit in (1, 7, 100):
                question = wording.question(
                    "elapse > 11", start_ms=START_MS - 90 * day, end_ms=END_MS, order_by=(order,), limit=limit
                )
                assert store.ask(question).rows == naive_answer.answer(question, records)
        few = wording.question("elapse > 38", start_ms=START_MS - 90 * day, end_ms=END_MS)
        assert [row["elapse"] for row in store.ask(few)] == [39]
