"""A question for records, as SQL over the lake and as a test of one row; both give the same answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from inferwatch.lake.columns import COLUMNS
from inferwatch.lake.feature_columns import CATEGORY
from inferwatch.ports import RecordQuery

_NOT_SEARCHED: Final = ("metrics", "log_stream")
_SEARCHED: Final = tuple(name for name, kind in COLUMNS.items() if kind == "VARCHAR" and name not in _NOT_SEARCHED)
_SEARCHED_PATTERN: Final = f"^({'|'.join(_SEARCHED)}|{CATEGORY}.*)$"
_FROM: Final = "FROM read_parquet($files, union_by_name = true, hive_partitioning = false)"
ORDERS: Final = {
    "-start_at": "start_at DESC, transaction_id DESC",
    "start_at": "start_at, transaction_id",
    "-elapse": "elapse DESC NULLS LAST, start_at DESC, transaction_id DESC",
    "confidence": "confidence NULLS LAST, start_at, transaction_id",
}
# Far beyond any record, and in the range of DuckDB's timestamps.
_NEVER_MS: Final = 1 << 50


def select(query: RecordQuery) -> tuple[str, dict[str, Any]]:
    """SQL for the rows that meet the query, in its order, and the values to bind; `files` is still to be bound."""
    where, values = _where(query)
    times = "epoch_ms(start_at) AS start_at, epoch_ms(end_at) AS end_at"
    sql = f"SELECT * REPLACE ({times}) {_FROM} WHERE {where} ORDER BY {ORDERS[query.order]} LIMIT $limit"
    return sql, {**values, "limit": max(0, query.limit)}


def _where(query: RecordQuery) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {
        "start": max(-_NEVER_MS, min(query.start_ms, _NEVER_MS)) * 1000,
        "end": max(-_NEVER_MS, min(query.end_ms, _NEVER_MS)) * 1000,
    }
    conditions = ["start_at >= make_timestamptz($start)", "start_at < make_timestamptz($end)"]

    def ask(condition: str, **bound: Any) -> None:
        conditions.append(condition)
        values.update(bound)

    if query.environment is not None:
        ask("environment = $environment", environment=query.environment)
    if query.status:
        ask("list_contains($status, status)", status=list(query.status))
    if query.version is not None:
        ask("model_version = $version", version=query.version)
    if query.transaction_id is not None:
        ask("transaction_id = $transaction_id", transaction_id=query.transaction_id)
    if query.min_elapse is not None:
        ask("elapse >= $min_elapse", min_elapse=query.min_elapse)
    if query.text:
        searched = f"concat_ws(chr(10), *COLUMNS('{_SEARCHED_PATTERN}'))"
        ask(f"contains(lower({searched}), lower($text))", text=query.text)
    if query.before is not None and query.by_time:
        sign = "<" if query.order == "-start_at" else ">"
        start_ms, last_id = query.before
        after = f"(start_at, transaction_id) {sign} (make_timestamptz($last_start), $last_id)"
        ask(after, last_start=start_ms * 1000, last_id=last_id)
    return " AND ".join(conditions), values


def matches(query: RecordQuery, row: dict[str, Any]) -> bool:
    """Whether the row of a record that is not yet in the lake meets the query."""
    return (
        query.start_ms <= row["start_at"] < query.end_ms
        and query.environment in (None, row.get("environment"))
        and (not query.status or row.get("status") in query.status)
        and query.version in (None, row.get("model_version"))
        and query.transaction_id in (None, row["transaction_id"])
        and (query.min_elapse is None or row.get("elapse", float("nan")) >= query.min_elapse)
        and (not query.text or _found(query.text, row))
        and (query.before is None or _after(query, row))
    )


def ordered(query: RecordQuery, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first rows in the query's order, up to its limit."""

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        age = row["start_at"], row["transaction_id"]
        if query.by_time:
            return age
        member = query.order.removeprefix("-")
        value = row.get(member)
        given = (value is not None) == query.order.startswith("-")
        return given, value or 0.0, *age

    return sorted(rows, key=place, reverse=query.order.startswith("-"))[: max(0, query.limit)]


def _found(text: str, row: dict[str, Any]) -> bool:
    cells = (cell for name, cell in row.items() if name in _SEARCHED or name.startswith(CATEGORY))
    return text.lower() in "\n".join(cells).lower()


def _after(query: RecordQuery, row: dict[str, Any]) -> bool:
    place = row["start_at"], row["transaction_id"]
    if query.before is None or not query.by_time:
        return True
    return place < query.before if query.order == "-start_at" else place > query.before
