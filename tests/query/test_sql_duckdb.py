"""DuckDB finds what a naive evaluation of the same question finds."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import golden_questions
import lake_table
import msgspec
import naive_answer
import pytest
import query_cases
from hypothesis import given
from hypothesis import strategies as st

from examples import times
from inferwatch.errors import QueryError
from inferwatch.query.dialects import duckdb
from inferwatch.query.parse import parse
from inferwatch.query.predicate import ANY, ONE, Compare, Field, Like, Missing, Wildcard
from inferwatch.query.question import Bucket, Order, Question, Source, Stat

CONNECTION = lake_table.connect()
SOURCE = lake_table.fill(CONNECTION, lake_table.rows(query_cases.EDGES), "edges")
GOLDEN = [
    asked
    for file in sorted(golden_questions.GOLDEN.glob("*.txt"))
    for asked in golden_questions.read(file.read_text("utf-8"))
]


def field(text: str) -> Field:
    """A field as a predicate names it."""
    return parse(f"{text} IS NULL").field  # type: ignore[union-attr]


def ask(**words: Any) -> Question:
    return Question(**{"start_ms": query_cases.START_MS, "end_ms": query_cases.END_MS, "limit": 10_000, **words})


def found(question: Question, source: Source = SOURCE) -> list[dict[str, Any]]:
    return lake_table.answer(CONNECTION, question, source)


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["transaction_id"] for record in records]


def stat(name: str, function: str = "", percent: float | None = None) -> Stat:
    made = function or ("percentile" if percent is not None else "count")
    called = made if percent is None else f"p{percent}"
    return Stat(made, field(name), percent, f"{called}:{name}")  # type: ignore[arg-type]


def test_records_come_back_whole() -> None:
    assert found(ask()) == naive_answer.answer(ask(), query_cases.EDGES)
    assert len(found(ask())) == len(query_cases.EDGES)


@times(2)
@given(query_cases.predicates())
def test_of_the_edges_it_finds_those_that_meet_the_predicate(where: Any) -> None:
    question = ask(where=where)
    assert ids(found(question)) == ids(naive_answer.answer(question, query_cases.EDGES))


@times(0.5)
@given(query_cases.record_lists(), st.lists(query_cases.predicates(), min_size=3, max_size=3))
def test_of_any_records_it_finds_those_that_meet_the_predicate(records: list[dict[str, Any]], asked: list[Any]) -> None:
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    for where in asked:
        question = ask(where=where)
        assert ids(found(question, source)) == ids(naive_answer.answer(question, records))


KEYS = (
    *("elapse", "confidence", "status", "model_version", "server_id", "cold_start", "end_at", "start_at", "LatencyMs"),
    *("response.label", "response.code", "features.age", "features.city", "pages", "tier", "request.items[0].price"),
)
NUMBERS = ("elapse", "confidence", "request_size", "features.age", "pages", "response.code", "model_version", "score")
PERCENTS = (0.1, 7, 29, 50, 57, 90, 99, 99.9, 100)
orders = st.lists(st.builds(Order, st.sampled_from(KEYS).map(field), st.booleans()), max_size=3).map(tuple)
stats = st.lists(
    st.one_of(
        st.just(Stat("count", None, None, "count")),
        st.sampled_from((*KEYS, "request", "nowhere")).map(stat),
        st.builds(stat, st.sampled_from(NUMBERS), st.sampled_from(["avg", "sum", "min", "max", "stddev"])),
        st.builds(stat, st.sampled_from(NUMBERS), st.just(""), st.sampled_from(PERCENTS)),
    ),
    max_size=4,
    unique_by=lambda each: each.name,
).map(tuple)
groups = st.lists(
    st.sampled_from(KEYS).map(field)
    | st.sampled_from([Bucket(60, "minute"), Bucket(300, "5m"), Bucket(86_400, "day")]),
    max_size=3,
    unique=True,
).map(tuple)


def ordinary(value: Any) -> bool:
    """Whether numbers in it are spelled alike by all: those that are very large or small are not."""
    if isinstance(value, dict | list):
        return all(map(ordinary, value.values() if isinstance(value, dict) else value))
    return type(value) not in (int, float) or value == 0 or 1e-3 <= abs(value) < 1e12


@pytest.mark.parametrize("asked", GOLDEN, ids=lambda asked: asked.title)
def test_the_golden_questions_have_the_answers_of_a_naive_evaluation(asked: golden_questions.Asked) -> None:
    question = msgspec.structs.replace(asked.question(), start_ms=query_cases.START_MS, end_ms=query_cases.END_MS)
    if question.aggregates:
        records = [record for record in query_cases.EDGES if ordinary(record)]
        source = lake_table.fill(CONNECTION, lake_table.rows(records))
        same(found(question, source), naive_answer.answer(question, records))
        return
    assert ids(found(question)) == ids(naive_answer.answer(question, query_cases.EDGES))


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ("features.age = 30", [31]),  # one record has "30", and 30 in the request, which does not count
        ("features.age = '30'", [32]),
        ("features.age = 7", [30]),
        ("features.age = 31", [33]),  # null in the features is no feature
        ("features.city = 'Bonn'", [30, 33]),
        ("response.code = '500'", [12]),
        ("response.code IN ('500', 'true')", [12]),
        ("response.code = 'true'", []),
        ("response.code = true", [14]),
        ("prediction = 1", [7]),
        ("pages = 3", [40]),
        ("pages = '3'", [41]),
        ("pages != 3", [44]),
    ],
)
def test_a_value_of_another_type_is_not_found(where: str, meets: list[int]) -> None:
    wanted = [query_cases.EDGES[place]["transaction_id"] for place in meets]
    assert ids(found(ask(where=parse(where), order=(Order(field("start_at")),)))) == wanted


@pytest.mark.parametrize(
    ("descending", "wanted"), [(False, "1 2.5 3 10 a b False True"), (True, "10 3 2.5 1 b a True False")]
)
def test_numbers_come_before_texts_and_those_before_others(descending: bool, wanted: str) -> None:
    values = ["b", 10, None, True, 3, {"x": 1}, 2.5, False, "a", 1]
    records = [
        query_cases.record(number, query_cases.START_MS + number, pages=each) for number, each in enumerate(values)
    ]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    rows = found(ask(order=(Order(field("pages"), descending),)), source)
    assert [str(row["pages"]) for row in rows] == [*wanted.split(), "{'x': 1}", "None"]


def test_equal_numbers_are_one_group_however_they_are_spelled() -> None:
    values = [3, 3.0, "3", 30.0, "3.0", True, "true", None, 12345678.0, 0.5]
    records = [
        query_cases.record(number, query_cases.START_MS, pages=each, features={"age": each})
        for number, each in enumerate(values)
    ]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    for name in ("pages", "features.age"):
        counted = {row[name]: row["count"] for row in found(ask(by=(field(name),)), source)}
        assert counted == {"0.5": 1, "12345678": 1, "3": 3, "3.0": 1, "30": 1, "true": 2, None: 1}


def test_groups_are_as_many_as_there_are_values() -> None:
    source = lake_table.fill(CONNECTION, [], "nothing")
    assert found(ask(), source) == []
    assert found(ask(by=(field("status"),)), source) == []
    nothing = {"count": 0, "count:elapse": 0, "avg:elapse": None, "p50:elapse": None}
    counts = (Stat("count", None, None, "count"), stat("elapse"), stat("elapse", "avg"), stat("elapse", percent=50))
    assert found(ask(stats=counts), source) == [nothing]


@times(0.5)
@given(query_cases.record_lists(), orders, st.integers(0, 12))
def test_records_come_in_the_order_asked(records: list[dict[str, Any]], order: tuple[Order, ...], limit: int) -> None:
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(order=order, limit=limit)
    assert ids(found(question, source)) == ids(naive_answer.answer(question, records))


@times(0.5)
@given(st.data(), query_cases.record_lists(), groups, stats)
def test_groups_and_aggregates_are_those_of_a_naive_count(
    data: st.DataObject, records: list[dict[str, Any]], by: tuple[Any, ...], asked: tuple[Stat, ...]
) -> None:
    records = [record for record in records if ordinary(record)]
    names = [each.name for each in (*asked, *by) if not isinstance(each, Field)]
    order = data.draw(st.lists(st.builds(Order, st.sampled_from(names), st.booleans()), max_size=2)) if names else []
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(by=by, stats=asked, order=tuple(order))
    if question.aggregates:
        same(found(question, source), naive_answer.answer(question, records))


def same(ours: list[dict[str, Any]], naive: list[dict[str, Any]]) -> None:
    assert [list(row) for row in ours] == [list(row) for row in naive]
    for one, other in zip(ours, naive, strict=True):
        for name, value in one.items():
            near = isinstance(value, float) and isinstance(other[name], float | int)
            assert math.isclose(value, other[name], rel_tol=1e-9, abs_tol=1e-9) if near else value == other[name], name


@pytest.mark.parametrize("many", [1, 7, 100, 1000])
def test_percentiles_are_of_the_nearest_rank_to_the_bit(many: int) -> None:
    percents = (0.001, 0.1, 7, 14, 28, 29, 55, 56, 57, 58, 99, 99.9, 99.99, 100)
    records = [query_cases.record(number, query_cases.START_MS, elapse=number + 1) for number in range(many)]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(stats=tuple(stat("elapse", percent=percent) for percent in percents))
    assert found(question, source) == naive_answer.answer(question, records)


@pytest.mark.parametrize(
    "node",
    [
        *(None, "/", "/abc_corp", "/abc_corp/claim", "/abc_corp/claim/", "/abc_corp/claim/doc_classification"),
        *("/abc_corp/claims", "/abc_corp/claim/inner", "/abc_corp/cla", "/elsewhere", "/abc_corp/claim/x'y", "/it"),
    ],
)
def test_a_node_is_a_model_or_all_below_it(node: str | None) -> None:
    at_root = query_cases.record(99, query_cases.START_MS, namespace="/", model_name="it")
    records = [*query_cases.EDGES, at_root]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(node=node)
    assert ids(found(question, source)) == ids(naive_answer.answer(question, records))
    assert (node in ("/abc_corp/cla", "/elsewhere", "/abc_corp/claim/x'y")) == (found(question, source) == [])


def test_an_environment_is_one_of_its_name() -> None:
    question = ask(environment="dev")
    assert ids(found(question)) == ids(naive_answer.answer(question, query_cases.EDGES))
    assert len(found(question)) == 1


def test_the_range_includes_its_start_and_not_its_end() -> None:
    start, end = query_cases.EDGES[2]["start_at"], query_cases.EDGES[5]["start_at"]
    starts = {start_ms: record for record in query_cases.EDGES if (start_ms := lake_table.start_ms(record))}
    range_ms = [next(at for at, record in starts.items() if record["start_at"] == text) for text in (start, end)]
    question = ask(start_ms=range_ms[0], end_ms=range_ms[1], order=(Order(field("start_at")),))
    assert ids(found(question)) == ids(list(query_cases.EDGES[2:5]))


@pytest.mark.parametrize("start_ms", [-(2**62), -5_000_000_000, 0])
@pytest.mark.parametrize("seconds", [1, 60, 300, 86_400, 7 * 86_400])
def test_buckets_begin_at_or_before_what_is_in_them_also_before_the_epoch(start_ms: int, seconds: int) -> None:
    times = (-90_061_001, -60_000, -1, 0, 59_999, 90_061_001)
    records = [query_cases.record(number, at_ms) for number, at_ms in enumerate(times)]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(by=(Bucket(seconds, "then"),), start_ms=start_ms, end_ms=2**62)
    assert found(question, source) == naive_answer.answer(question, records)


def test_what_is_there_twice_counts_once_the_earliest_of_them(tmp_path: Path) -> None:
    first, again = (
        query_cases.record(1, query_cases.START_MS + late, status=status)
        for late, status in ((0, "failed"), (5, "succeeded"))
    )
    rows = [
        row
        for stream, record in (("server-0", again), ("server-2", first), ("server-1", first))
        for row in lake_table.rows([record], stream=stream)
    ]
    source = msgspec.structs.replace(lake_table.fill(CONNECTION, rows), once=False)
    (row,) = lake_table.run(CONNECTION, duckdb.emit(ask(), source))
    assert (row["status"], row["log_stream"]) == ("failed", "server-1")
    # A copy does not stand for the transaction where the predicate does not want that one.
    assert found(ask(where=parse("status = 'succeeded'")), source) == []
    assert found(ask(stats=(stat("elapse"),)), source) == [{"count:elapse": 1}]


def test_partitions_of_other_days_are_not_asked(tmp_path: Path) -> None:
    """Files lie under the day of their arrival: that of the question's start, up to one after its end."""
    lake_table.fill(CONNECTION, lake_table.rows(query_cases.EDGES), "arrived")
    for day in ("2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"):
        folder = tmp_path / f"dt={day}"
        folder.mkdir()
        name = f"'{day}'"
        select = f"SELECT * EXCLUDE (log_offset) REPLACE ({name} || transaction_id AS transaction_id) FROM arrived"
        CONNECTION.execute(f"COPY ({select}) TO '{folder}/one.parquet'")
    relation = f"read_parquet('{tmp_path}/*/*.parquet', hive_partitioning = true)"
    source = Source(relation=relation, columns=SOURCE.columns, by_day=True, once=False)
    question = ask(end_ms=query_cases.START_MS + 3_600_000)
    days = {record["transaction_id"][:10] for record in found(question, source)}
    assert days == {"2026-11-21", "2026-11-22"}


@pytest.mark.parametrize(
    "name",
    [
        *("unit price", 'say "no"', "it's", "a.b", "a[0]", "*", "", "$", "$.a", "back\\slash", "größe", "#", "?", "0"),
        *("line\nbreak", "tab\t", "~", "/", "~1", "'; DROP TABLE edges; --", "${x}", "{y}", "]", "a' OR '1'='1"),
    ],
)
def test_members_of_any_name_are_found_and_nothing_else(name: str) -> None:
    asked = Field(("request", name))
    records = [
        query_cases.record(1, query_cases.START_MS, request={name: 5, "other": 6, "x": 5}),
        query_cases.record(2, query_cases.START_MS, request={"a": {"b": 5}, "other": 5, "y": [5]}),
    ]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    question = ask(where=Compare(asked, "=", 5))
    assert ids(found(question, source)) == ids(records[:1])
    assert found(ask(by=(asked,)), source)[0]["count"] == 1


@pytest.mark.parametrize(
    "text", ["'", "''; --", "\\", "\\'", "$v1", "${x}", "%", "_", "!", "!%", "\0", "\n", "\u2028", "é"]
)
def test_texts_mean_themselves(text: str) -> None:
    records = [
        query_cases.record(number, query_cases.START_MS, request_id=each, response={"label": each})
        for number, each in enumerate((f"a{text}b", text, "axb", ""))
    ]
    source = lake_table.fill(CONNECTION, lake_table.rows(records))
    for name in ("request_id", "response.label"):
        where = field(name)
        contains = Like(where, (Wildcard(ANY), text, Wildcard(ANY)))
        between = Like(where, ("a", Wildcard(ONE), "b"))
        assert ids(found(ask(where=Compare(where, "=", text)), source)) == ids(records[1:2])
        assert ids(found(ask(where=contains), source)) == ids(records[1::-1])
        assert ids(found(ask(where=Like(where, ("a", text, "b", Wildcard(ANY)))), source)) == ids(records[:1])
        assert ids(found(ask(where=between), source)) == ids(records[2::-2] if len(text) == 1 else records[2:3])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"order": (Order("elapse"),)}, "by their fields, and 'elapse' is none"),
        (
            {"by": (Field(("status",)),), "order": (Order("p99:elapse"),)},
            "no column of the answer; it has status, count",
        ),
        ({"where": Missing(Field(("features",)))}, "features.age"),
        ({"where": Compare(Field(("start_at",)), "=", "soon")}, "'soon' is no instant"),
        ({"where": Compare(Field(("request", "a\0")), "=", 1)}, "number 0"),
        ({"where": Compare(Field(("request", "*", 0)), "=", 1)}, "places of arrays"),
        ({"where": Compare(Field(("status",)), "=", "\ud800")}, "half of a character"),
        ({"stats": (Stat("percentile", Field(("elapse",)), None, "p:elapse"),)}, "p99:elapse"),
    ],
)
def test_what_cannot_be_said_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=re.escape(said)):
        duckdb.emit(ask(**words), SOURCE)


def test_columns_of_the_lake_are_compared_directly() -> None:
    """So that the statistics of files decide which are read."""
    where = parse("elapse >= 3000 AND status IN ('failed', 'timeout') AND request_size < 10 AND cold_start")
    text = duckdb.emit(ask(where=where, limit=20), Source(relation="transactions"))
    assert text.text.splitlines()[1:] == [
        "FROM transactions AS t",
        "WHERE t.start_at >= make_timestamptz($v1)",
        "  AND t.start_at < make_timestamptz($v2)",
        "  AND elapse >= $v3",
        "  AND status IN ($v4, $v5)",
        "  AND request_size < $v6",
        "  AND cold_start = TRUE",
        "ORDER BY t.start_at DESC NULLS LAST, transaction_id DESC NULLS LAST",
        "LIMIT 20",
    ]
    assert list(text.values.values())[2:] == [3000, "failed", "timeout", 10]
