"""A real Spark and DuckDB, asked the same of the same data folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import golden_questions
import msgspec
import pytest
import query_cases

from inferwatch.errors import DialectError, StoreError
from inferwatch.lake.feature_columns import is_feature
from inferwatch.query import answer
from inferwatch.query.answer import Answer
from inferwatch.query.dialects import spark as dialect
from inferwatch.query.question import Question, Source
from inferwatch.query.wording import question
from inferwatch.sdk.streams import stream_file
from inferwatch.store import Store
from inferwatch.store.spark import SparkQuestions

pytest.importorskip("pyspark")
pytestmark = [
    pytest.mark.spark,
    pytest.mark.timeout(300),
    # It tells so of any version that is newer than itself, and no pandas is used here.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

DAY = 86_400_000
MANY = 1000
STATUSES = ("succeeded", "succeeded", "succeeded", "failed", "timeout", "rejected")
ALL = {"start_ms": query_cases.START_MS - DAY, "end_ms": query_cases.END_MS + DAY, "limit": 10_000}

GOLDEN = [
    asked for file in sorted(golden_questions.GOLDEN.glob("*.txt")) for asked in golden_questions.read(file.read_text())
]
AGGREGATES = [
    {"stats": ("count", "avg:elapse", "sum:elapse", "min:elapse", "max:elapse", "stddev:elapse", "p50:elapse")},
    {"stats": ("p0.1:elapse", "p7:elapse", "p29:elapse", "p57:elapse", "p99:elapse", "p99.9:elapse", "p100:elapse")},
    {"stats": ("count:confidence", "avg:features.age", "count:features.city", "p7:pages", "sum:request_size", "avg:v")},
    {"where": "elapse > 1e6", "stats": ("count", "avg:elapse", "stddev:elapse", "p99:elapse", "sum:elapse")},
    {"by": ("status", "minute"), "stats": ("count", "p99:elapse")},
    {"by": ("hour",), "stats": ("count", "stddev:confidence"), "order_by": ("-count",)},
    {
        "by": ("features.city", "features.age"),
        "stats": ("count", "max:elapse"),
        "order_by": ("-count", "features.city"),
    },
    {"by": ("pages",), "order_by": ("-count",)},
    {"by": ("tier", "cold_start"), "stats": ("count", "p50:LatencyMs")},
    {"by": ("model_version", "day"), "stats": ("count:response.label", "min:response.code")},
    {"by": ("response.label",), "where": "response.code IS NOT NULL", "stats": ("count",)},
    {"by": ("start_at",), "limit": 20},
]
ORDERS = [
    *(("start_at",), ("-elapse",), ("confidence",), ("-features.age", "status"), ("pages",), ("-pages",), ("tier",)),
    *(("-response.label",), ("model_version", "-server_id"), ("-end_at",), ("cold_start", "-LatencyMs")),
]

NODES = ("/", "/abc_corp", "/abc_corp/claim/", "/abc_corp/claim/doc_classification", "/abc_corp/cla", "/elsewhere")
FEW = "elapse < 200 OR NOT elapse <= 3900"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some models; most of their records in files, of several days and shapes, and the last ones in the tail."""
    folder: Path = tmp_path_factory.mktemp("data [1] {a}")
    records = [*query_cases.SDK_EDGES, *(_plain(number) for number in range(MANY))]
    with Store.open(folder, writer=True) as store:
        for at in range(0, len(records), 300):
            for record in records[at : at + 300]:
                file = stream_file(folder, f"{record['namespace']}/{record['model_name']}", "server-1")
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("ab") as lines:
                    lines.write(query_cases.line(record))
            store.ingest(query_cases.END_MS)
            if at < 900:
                store.compact(query_cases.END_MS)
    return folder


def _plain(number: int) -> dict[str, Any]:
    return query_cases.record(
        1000 + number,
        query_cases.START_MS + number * 97_003,
        elapse=float(number * 7919 % 4001),
        status=STATUSES[number % 6],
        confidence=... if number % 5 == 0 else number % 101 / 101,
        features={"age": number % 80, **({"city": f"c{number % 7}"} if number % 3 else {})},
        pages=number % 9 if number % 4 else str(number % 3),
        LatencyMs=number / 7,
    )


@pytest.fixture(scope="module")
def store(data: Path) -> Iterator[Store]:
    with Store.open(data, writer=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def asking(data: Path, spark: Any) -> Iterator[SparkQuestions]:
    with SparkQuestions(data, spark) as questions:
        yield questions


@pytest.fixture(scope="module")
def table(asking: SparkQuestions) -> Any:
    """The session that has the same records as a table, read once for many questions."""
    assert len(asking.ask(Question(**ALL)).rows) > MANY
    session = asking._session
    assert session.table("transactions").cache().count() > MANY
    return session


def asked_of(table: Any, asked: Question) -> Answer:
    text = dialect.emit(asked, source(table))
    return answer.of_groups(asked, text, [tuple(row) for row in table.sql(text.text).collect()])


def source(table: Any) -> Source:
    columns = table.table("transactions").columns
    return Source(relation="transactions", columns=frozenset(filter(is_feature, columns)))


def condition(text: str) -> str:
    """What stands behind WHERE."""
    return text.partition("\nWHERE ")[2].partition("\nORDER BY ")[0]


def identities(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["transaction_id"] for row in rows]


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float | int):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return type(ours) is type(theirs) and bool(ours == theirs)


def assert_same(found: Answer, duckdb: Answer) -> None:
    assert found.columns == duckdb.columns
    assert len(found.rows) == len(duckdb.rows)
    for row, other in zip(found.rows, duckdb.rows, strict=True):
        assert {name: value for name, value in row.items() if not same(value, other[name])} == {}


def test_predicates_find_the_same_records(store: Store, table: Any) -> None:
    """Those of the golden questions, and nodes: each a column of one job, since Spark takes its time for each job."""
    questions = {f"{asked.title}: {asked.words}": asked.question() for asked in GOLDEN}
    questions |= {node: Question(node=node, **ALL) for node in NODES}
    texts = {}
    for title, one in questions.items():
        questions[title] = Question(where=one.where, node=one.node, environment=one.environment, **ALL)
        try:
            texts[title] = condition(dialect.emit(questions[title], source(table)).text)
        except DialectError:
            continue
    assert len(texts) >= len(questions) - 1 > 100
    frame = table.table("transactions").alias("t")
    rows = frame.selectExpr("transaction_id", *texts.values()).collect()
    for place, title in enumerate(texts, 1):
        ours = identities(store.ask(questions[title]).rows)
        assert sorted(row[0] for row in rows if row[place]) == sorted(ours), title


@pytest.mark.parametrize("words", AGGREGATES, ids=str)
def test_aggregates_are_the_same(words: dict[str, Any], store: Store, table: Any) -> None:
    asked = question(**{**ALL, **words})
    assert_same(asked_of(table, asked), store.ask(asked))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_orders_are_the_same(order: tuple[str, ...], store: Store, table: Any) -> None:
    asked = question(FEW, order_by=order, **ALL)
    found = identities(asked_of(table, asked).rows)
    assert found == identities(store.ask(asked).rows)
    assert len(found) > 50


def test_files_and_tail_answer_together(store: Store, asking: SparkQuestions) -> None:
    for words in ({"where": FEW}, {"by": ("features.city", "hour"), "stats": ("p99:elapse", "avg:features.age")}):
        asked = question(**{**ALL, **words})
        assert_same(asking.ask(asked), store.ask(asked))


def test_where_nothing_is_there_is_no_answer(asking: SparkQuestions) -> None:
    never = {"start_ms": 0, "end_ms": DAY}
    assert asking.ask(question("features.age > 3", **never)).rows == []
    assert asking.ask(question(by=("status",), **never)).rows == []
    nothing = {"count": 0, "avg:elapse": None, "p50:elapse": None}
    assert asking.ask(question(stats=tuple(nothing), **never)).rows == [nothing]


def test_texts_of_any_signs_mean_themselves(table: Any) -> None:
    """Whatever the settings by which Spark reads a literal."""
    texts = (*query_cases.TEXTS, "\0", "${x}", "$x", "\\'", "'; DROP TABLE x", "%", "!", "/* */", "--", "\\u0041")
    words = dialect._Words()
    for setting in ("true", "false"):
        table.conf.set("spark.sql.parser.escapedStringLiterals", setting)
        (row,) = table.sql(f"SELECT {', '.join(map(words.text, texts))}").collect()
        assert tuple(row) == texts


def test_what_came_twice_counts_once(table: Any) -> None:
    """As in the lake in S3, where files lie by the day of their arrival."""
    arrived = "SELECT *, '2026-11-2{}' AS dt FROM transactions"
    twice = Source(relation=f"({arrived.format(2)} UNION ALL {arrived.format(3)})", by_day=True)
    once = msgspec.structs.replace(twice, once=False)
    counted = question(stats=("count",), **ALL)
    records = table.table("transactions").count()
    assert [table.sql(dialect.emit(counted, each).text).collect()[0][0] for each in (once, twice)] == [
        records,
        records * 2,
    ]


def test_a_file_that_is_damaged_is_told(tmp_path: Path, spark: Any) -> None:
    file = stream_file(tmp_path, "/abc_corp/claim/doc_classification", "server-1")
    file.parent.mkdir(parents=True)
    file.write_bytes(query_cases.line(query_cases.EDGES[0]))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(query_cases.END_MS)
        store.compact(query_cases.END_MS)
    (parquet,) = tmp_path.glob("lake/**/*.parquet")
    parquet.write_bytes(b"no Parquet")
    with SparkQuestions(tmp_path, spark) as asking, pytest.raises(StoreError, match="Spark could not read"):
        asking.ask(Question(**ALL))
