"""Records as rows of a table of DuckDB, with the columns of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import orjson

from inferwatch.lake import feature_columns
from inferwatch.lake.columns import COLUMNS
from inferwatch.lake.instant import start_ms
from inferwatch.lake.row import to_record, to_row
from inferwatch.query.dialects import duckdb as dialect
from inferwatch.query.question import Question, Source, Text

NAME = "transactions"
STREAM = "server-1"

_INSERT = """
INSERT INTO {name} BY NAME
SELECT * REPLACE (make_timestamptz(start_at * 1000) AS start_at, make_timestamptz(end_at * 1000) AS end_at)
FROM (SELECT unnest(from_json(line, $columns)) FROM (SELECT unnest($lines) AS line))
"""


def connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def rows(records: Iterable[dict[str, Any]], *, stream: str = STREAM) -> list[dict[str, Any]]:
    return [to_row(record, start_ms(record) or 0, stream, number) for number, record in enumerate(records)]


def fill(connection: duckdb.DuckDBPyConnection, made: Sequence[dict[str, Any]], name: str = NAME) -> Source:
    """A new table that holds these rows, as what questions are asked of."""
    made = [dict(row) for row in made]
    features = feature_columns.columns_of(made)
    typed = {name: "TIMESTAMPTZ" if name in ("start_at", "end_at") else of for name, of in COLUMNS.items()} | features
    columns = ", ".join(f'"{column}" {of}' for column, of in typed.items())
    connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
    if not made:
        return Source(relation=name)
    lines = [orjson.dumps(row).decode() for row in made]
    values = {"columns": orjson.dumps(COLUMNS | features).decode(), "lines": lines}
    connection.execute(_INSERT.format(name=name), values)
    return Source(relation=name, columns=frozenset(features))


def run(connection: duckdb.DuckDBPyConnection, text: Text) -> list[dict[str, Any]]:
    """What DuckDB answers, by the names of the answer's columns."""
    found = connection.execute(text.text, text.values).fetchall()
    return [dict(zip(text.columns, row, strict=True)) for row in found]


def answer(connection: duckdb.DuckDBPyConnection, question: Question, source: Source) -> list[dict[str, Any]]:
    """Records as they were, or groups."""
    found = run(connection, dialect.emit(question, source))
    return found if question.aggregates else [to_record(row) for row in found]
