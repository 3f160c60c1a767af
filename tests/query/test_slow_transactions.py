"""The first question that anyone asks, as each engine is asked it: the slow transactions of one model and day, newest
first, twenty."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import duckdb as engine
import sqlglot

from inferwatch.query.dialects import athena, duckdb, logs_insights, opensearch, spark
from inferwatch.query.question import Question, Source
from inferwatch.query.wording import question

START_MS = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000)
END_MS = START_MS + 86_400_000
LAKE = Source(relation="transactions")


def slow(where: str = "model_name = 'document_classification' AND elapse >= 3000", node: str | None = None) -> Question:
    return question(where, start_ms=START_MS, end_ms=END_MS, order_by=["-start_at"], limit=20, node=node)


def without_columns(text: str) -> list[str]:
    first, *lines = text.split("\n")
    assert first.startswith("SELECT ")
    return [line.strip() for line in lines]


def test_in_duckdb() -> None:
    text = duckdb.emit(slow(), LAKE)
    assert without_columns(text.text) == [
        "FROM transactions AS t",
        "WHERE t.start_at >= make_timestamptz($v1)",
        "AND t.start_at < make_timestamptz($v2)",
        "AND model_name = $v3",
        "AND elapse >= $v4",
        "ORDER BY t.start_at DESC NULLS LAST, transaction_id DESC NULLS LAST",
        "LIMIT 20",
    ]
    assert text.values == {"v1": START_MS * 1000, "v2": END_MS * 1000, "v3": "document_classification", "v4": 3000}
    assert text.notes == ()


def test_duckdb_answers_it() -> None:
    """Over a table with the columns that the text names, of 40 records: every second one is slow."""
    text = duckdb.emit(slow(), LAKE)
    with engine.connect() as connection:
        selected = sqlglot.parse_one(text.text, dialect="duckdb").find_all(sqlglot.exp.Column)
        names = {column.name for column in selected} - {"start_at", "end_at", "transaction_id", "model_name", "elapse"}
        others = ", ".join(f'NULL::VARCHAR AS "{name}"' for name in sorted(names))
        connection.execute(
            f"CREATE TABLE transactions AS SELECT make_timestamptz({START_MS * 1000} + i * 1000000) AS start_at, "
            f"NULL::TIMESTAMPTZ AS end_at, i::VARCHAR AS transaction_id, 2999 + i % 2 AS elapse, "
            f"'document_classification' AS model_name, {others} FROM range(60) AS r(i)"
        )
        rows = connection.execute(text.text, text.values).fetchall()
    assert [row[text.columns.index("transaction_id")] for row in rows] == [str(59 - 2 * place) for place in range(20)]


def test_in_spark_and_athena() -> None:
    for emit, instant in (
        (athena.emit, ("TIMESTAMP '2023-01-01 00:00:00.000'", "TIMESTAMP '2023-01-02 00:00:00.000'")),
        (spark.emit, (f"timestamp_millis({START_MS})", f"timestamp_millis({END_MS})")),
    ):
        text = emit(slow(), LAKE)
        assert without_columns(text.text) == [
            "FROM transactions AS t",
            f"WHERE t.start_at >= {instant[0]}",
            f"AND t.start_at < {instant[1]}",
            "AND model_name = 'document_classification'",
            "AND elapse >= 3000",
            "ORDER BY t.start_at DESC NULLS LAST, transaction_id DESC NULLS LAST",
            "LIMIT 20",
        ]
        assert text.notes == ()


def test_in_logs_insights_over_the_models_log_group() -> None:
    text = logs_insights.emit(slow("elapse >= 3000", "/abc_corp/claim/doc_classification")).text
    source, *commands = text.split("\n| ")
    assert source == "SOURCE logGroups(namePrefix: ['/abc_corp/claim/doc_classification'])"
    assert "filter elapse >= 3000" in commands
    assert [command for command in commands if not command.startswith("filter ")] == [
        "fields start_at, transaction_id, @message",
        "sort start_at desc",
        "dedup transaction_id",
        "limit 20",
    ]


def test_in_opensearch_with_all_conditions_in_one_bool() -> None:
    body = json.loads(opensearch.emit(slow()).text)
    assert body["size"] == 20
    assert body["query"] == {
        "bool": {
            "filter": [
                {"term": {"type": "inference_transaction"}},
                {"range": {"start_at": {"gte": "2023-01-01T00:00:00.000Z", "lt": "2023-01-02T00:00:00.000Z"}}},
                {"term": {"model_name": "document_classification"}},
                {"range": {"elapse": {"gte": 3000}}},
            ]
        }
    }
    first, *ties = body["sort"]
    assert first == {"start_at": {"order": "desc", "missing": "_last", "unmapped_type": "date"}}
    assert [list(tie) for tie in ties] == [["transaction_id"]]
