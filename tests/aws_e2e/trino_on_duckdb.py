"""Trino's SQL in the words of DuckDB, which answers for Athena in MiniStack: sqlglot parses it as Trino's."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from inferwatch.aws.reading.athena import ROWS_MAX, Athena, Table


def in_duckdb(sql: str) -> str:
    """Raises sqlglot's ParseError for what is no SQL of Trino's."""
    return sqlglot.parse_one(sql, read="trino").transform(_plain).sql(dialect="duckdb")


def _plain(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.JSONFormat):
        return exp.cast(node.this, "varchar")
    if isinstance(node, exp.Div):  # of integers, as in Trino
        return exp.IntDiv(this=node.this, expression=node.expression)
    return node


class AthenaOnDuckDB(Athena):
    def table(self, sql: str, limit: int = ROWS_MAX) -> Table:
        return super().table(in_duckdb(sql), limit)
