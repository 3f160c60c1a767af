"""A question as the body of a search in OpenSearch's query DSL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from inferwatch.query import fields
from inferwatch.query.dialects.opensearch_conditions import (
    DIALECT,
    Clause,
    clause,
    either,
    node_clause,
    notes,
    path,
    refused,
    there,
)
from inferwatch.query.dialects.opensearch_mapping import NUMBER
from inferwatch.query.normal import normal
from inferwatch.query.predicate import And, Field
from inferwatch.query.question import ROWS_MAX, Bucket, Order, Question, Stat, Text
from inferwatch.query.spelling import spelled
from inferwatch.sdk.clock import iso
from inferwatch.spec.record import RECORD_TYPE

GROUPS: Final = "groups"
"""The aggregation whose buckets are the rows."""

_START, _IDENTITY = Field(("start_at",)), Field(("transaction_id",))
_UNMAPPED: Final[dict[fields.FieldKind, str]] = {"number": "double", "boolean": "boolean", "time": "date"}
_LAST_MS = 253_402_300_799_999  # the end of the year 9999

_TWICE = "OpenSearch counts a record that is indexed twice as two."
_ESTIMATE = "Percentiles of OpenSearch are estimates (t-digest)."
_DEVIATION = "The stddev of the sample is `std_deviation_sampling` in OpenSearch's answer."
_VERSIONS = "OpenSearch orders 1.5 and 03 as numbers too ({})."
_SUM = "A sum of no numbers is 0 in OpenSearch."


def emit(question: Question) -> Text:
    """The question as the JSON of a search's body. Raises DialectError for what OpenSearch cannot be asked.

    Records are its hits; groups the buckets of `aggregations.groups`, or, where there are none, `aggregations` itself.
    """
    if question.limit > ROWS_MAX:
        raise refused(f"{question.limit} rows are more than it gives; ask for {ROWS_MAX} at most")
    where = normal(question.where) if question.where is not None else None
    filters = list(_identity(question))
    if where is not None:
        filters += map(clause, where.parts if isinstance(where, And) else [where])
    body: dict[str, Any] = {"query": {"bool": {"filter": filters}}}
    if question.aggregates:
        columns, remarks = _aggregates(question, body)
    else:
        columns, remarks = _records(question, body)
    text = orjson.dumps(body).decode()
    return Text(dialect=DIALECT, text=text, columns=columns, notes=(*notes(where), *remarks))


def _identity(question: Question) -> Iterator[Clause]:
    yield {"term": {"type": RECORD_TYPE}}
    yield {"range": {"start_at": {"gte": _instant(question.start_ms), "lt": _instant(question.end_ms)}}}
    if question.environment is not None:
        yield {"term": {"environment": question.environment}}
    if question.node is not None:
        yield node_clause(question.node)


def _instant(at_ms: int) -> str:
    return iso(min(max(0, at_ms), _LAST_MS))


def _records(question: Question, body: dict[str, Any]) -> tuple[tuple[str, ...], list[str]]:
    order = {one.by: one.descending for one in reversed(question.order) if isinstance(one.by, Field)}
    keys = dict(reversed(order.items())) or {_START: True}
    descending = next(iter(keys.values()))
    for tie in (_START, _IDENTITY):
        keys.setdefault(tie, descending)
    body |= {
        "size": question.limit,
        "track_total_hits": False,
        "_source": {"excludes": ["_aws"]},
        "collapse": {"field": "transaction_id"},
        "sort": [key for field, down in keys.items() for key in _sorted(field, descending=down)],
    }
    return ("_source",), [_VERSIONS.format(path(field)) for field in keys if fields.kind(field) == "identifier"]


def _sorted(field: Field, *, descending: bool) -> Iterator[Clause]:
    place, kind = _one_place(field), fields.kind(field)
    how = {"order": "desc" if descending else "asc", "missing": "_last"}
    if kind == "identifier":  # numbers before texts
        yield {f"{place}.{NUMBER}": {**how, "unmapped_type": "double"}}
    yield {place: {**how, "unmapped_type": _UNMAPPED.get(kind, "keyword")}}


def _aggregates(question: Question, body: dict[str, Any]) -> tuple[tuple[str, ...], list[str]]:
    stats = question.stats or (Stat("count", None, None, "count"),)
    columns = [_column(group) for group in question.by]
    below = {_usable(stat.name): _stat(stat) for stat in stats if stat.field is not None}
    body["size"] = 0
    if question.by:
        sources = dict(zip(columns, question.by, strict=True))
        composite = {
            "size": question.limit,
            "sources": [_source(name, sources[name], down) for name, down in _order(question.order, columns).items()],
        }
        groups: Clause = {"composite": composite}
        body["aggs"] = {GROUPS: groups | ({"aggs": below} if below else {})}
    else:
        body["track_total_hits"] = True
        body |= {"aggs": below} if below else {}
    return (*columns, *(stat.name for stat in stats)), list(_remarks(stats))


def _column(group: Field | Bucket) -> str:
    return _usable(group.name if isinstance(group, Bucket) else spelled(group))


def _usable(name: str) -> str:
    if any(sign in name for sign in "[]>"):
        raise refused(f"{name!r} cannot be the name of a column there, for its [, ] or >")
    return name


def _order(order: tuple[Order, ...], columns: list[str]) -> dict[str, bool]:
    """Whether descending, by column, in the order in which they decide."""
    keys: dict[str, bool] = {}
    for one in order:
        by = one.by if isinstance(one.by, str) else _column(one.by)
        if by not in columns:
            raise refused(f"order by {by!r}: groups come in the order of their columns ({', '.join(columns)})")
        keys.setdefault(by, one.descending)
    return keys | {column: False for column in columns if column not in keys}


def _source(name: str, group: Field | Bucket, descending: bool) -> Clause:
    order = "desc" if descending else "asc"
    if isinstance(group, Bucket):
        histogram = {"field": "start_at", "fixed_interval": f"{group.seconds}s", "order": order}
        return {name: {"date_histogram": histogram}}
    terms = {"field": _one_place(group), "missing_bucket": True, "missing_order": "last", "order": order}
    return {name: {"terms": terms}}


def _stat(stat: Stat) -> Clause:
    assert stat.field is not None
    if stat.function == "count":
        return {"filter": either(*(there(path(place)) for place in fields.places(stat.field)))}
    of = {"field": _one_place(stat.field)}
    if stat.function == "percentile":
        return {"percentiles": {**of, "percents": [stat.percentile]}}
    return {"extended_stats" if stat.function == "stddev" else stat.function: of}


def _one_place(field: Field) -> str:
    """The path of a field that lies in one place."""
    first, *others = map(path, fields.places(field))
    if others:
        raise refused(f"order, groups and aggregates of {first}, which may lie in the request: write {others[0]}")
    return first


def _remarks(stats: tuple[Stat, ...]) -> Iterator[str]:
    yield _TWICE
    functions = {stat.function for stat in stats}
    for function, note in (("percentile", _ESTIMATE), ("stddev", _DEVIATION), ("sum", _SUM)):
        if function in functions:
            yield note
