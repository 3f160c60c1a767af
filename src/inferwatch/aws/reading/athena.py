"""Questions to the lake in S3, by Athena, in the workgroup of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError, QueryError

ROWS_MAX = 10_000
"""So many rows one answer may have here: it is read by people, and comes in pages of a thousand."""

POLL_S = 0.5
WAIT_MS = 10 * 60_000
_OVER = ("SUCCEEDED", "FAILED", "CANCELLED")
_DOING = "asking Athena"


class Table(NamedTuple):
    """columns: by name; rows: cells in the order of columns; more: whether the answer goes on behind these rows."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    more: bool


class Athena:
    """The lake of one model, for any thread."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._spec = site.spec
        self._names = site.names
        self._patience = patience
        self._client = site.session.client("athena")

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What one statement answers, each row by column; see `table`. Raises QueryError also for more than 10,000."""
        found = self.table(sql)
        if found.more:
            raise QueryError(f"the answer has more than {ROWS_MAX} rows; ask with LIMIT, or for sums")
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    def table(self, sql: str, limit: int = ROWS_MAX) -> Table:
        """The first rows of what one statement answers: numbers, truth values and dates as such, times in UTC.

        Raises QueryError where Athena cannot answer it, or reads more than `lake.scan_limit_gb` for it; AwsError where
        AWS refuses or has not answered within ten minutes. Whoever is interrupted meanwhile leaves no query running.
        """
        with explained(_DOING):
            query = self._client.start_query_execution(
                QueryString=sql,
                WorkGroup=self._names.lake,
                QueryExecutionContext={"Database": self._names.lake_database},
            )["QueryExecutionId"]
            try:
                ended = self._patience.until(lambda: self._ended(query), every_s=POLL_S, at_most_ms=WAIT_MS)
            except KeyboardInterrupt:
                self._stop(query)
                raise
            if ended is None:
                self._stop(query)
                problem = f"{_DOING}: no answer within {WAIT_MS // 60_000} minutes; ask for fewer days (dt)"
                raise AwsError(problem, code="QueryTimeout")
            self._check(ended["Status"])
            return self._answer(query, limit, headed=ended.get("StatementType") == "DML")

    def _stop(self, query: str) -> None:
        self._client.stop_query_execution(QueryExecutionId=query)

    def _ended(self, query: str) -> dict[str, Any] | None:
        """The execution of a query that is over, None while it runs."""
        execution: dict[str, Any] = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        return execution if execution["Status"]["State"] in _OVER else None

    def _check(self, status: Mapping[str, Any]) -> None:
        if status["State"] == "SUCCEEDED":
            return
        reason = str(status.get("StateChangeReason", "")).strip() or f"the query ended as {status['State']}"
        if "scanned limit" in reason.lower() and self._spec.lake is not None:
            limit = f"more than {self._spec.lake.scan_limit_gb:g} GB"
            raise QueryError(f"the question reads {limit}: ask for fewer days (dt), or raise lake.scan_limit_gb")
        raise QueryError(f"Athena could not answer: {reason}")

    def _answer(self, query: str, limit: int, *, headed: bool) -> Table:
        """headed: the first row holds the names of the columns, as of every SELECT."""
        pages = iter(self._client.get_paginator("get_query_results").paginate(QueryExecutionId=query))
        first = next(pages)
        columns = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        rows = list(islice(_rows(chain((first,), pages)), headed, headed + limit + 1))
        cells = [
            [
                _value(column["Type"], cell.get("VarCharValue"))
                for column, cell in zip(columns, row["Data"], strict=True)
            ]
            for row in rows[:limit]
        ]
        return Table(tuple(column["Name"] for column in columns), cells, more=len(rows) > limit)


def _rows(pages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (row for page in pages for row in page["ResultSet"]["Rows"])


def _time(text: str) -> datetime | str:
    """`2026-11-21 12:00:00.123`, in UTC, which a time with a zone says; one in another zone stays text."""
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return text
    return at if at.tzinfo else at.replace(tzinfo=UTC)


_TYPES: Final[dict[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "int", "bigint"), int),
    **dict.fromkeys(("float", "real", "double"), float),
    **dict.fromkeys(("timestamp", "timestamp with time zone"), _time),
    "boolean": lambda text: text == "true",
    "date": date.fromisoformat,
    "decimal": Decimal,
}


def _value(kind: str, text: str | None) -> Any:
    """A cell by its column's type; what Athena only writes as text, such as arrays, stays text."""
    return text if text is None or kind not in _TYPES else _TYPES[kind](text)
