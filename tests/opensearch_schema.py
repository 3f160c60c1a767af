"""The body of an OpenSearch search, as far as InferWatch writes it, by the names and types of OpenSearch's own clients.

Anything else is refused, and so is a query of two clauses, which the clients' types let pass and the server does not.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

Scalar = str | bool | int | float
Direction = Literal["asc", "desc"]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Nothing but the members that are named."""


class OneClause(Strict, frozen=True, kw_only=True):
    """Of the members exactly one is given; a member that goes by fields has exactly one of those."""

    def __post_init__(self) -> None:
        given = [(name, part) for name in self.__struct_fields__ if (part := getattr(self, name)) is not UNSET]
        given = [(name, part) for name, part in given if name != "aggs"]
        if len(given) != 1:
            raise ValueError(f"expected [END_OBJECT] but found [FIELD_NAME]: {[name for name, _ in given]}")
        if isinstance(given[0][1], dict) and len(given[0][1]) != 1:
            raise ValueError(f"[{given[0][0]}] query doesn't support multiple fields")


class Range(Strict, frozen=True, kw_only=True):
    lt: str | float | UnsetType = UNSET
    lte: str | float | UnsetType = UNSET
    gt: str | float | UnsetType = UNSET
    gte: str | float | UnsetType = UNSET


class Wildcard(Strict, frozen=True, kw_only=True):
    value: str
    case_insensitive: bool = False


class Regexp(Strict, frozen=True, kw_only=True):
    value: str


class Exists(Strict, frozen=True, kw_only=True):
    field: str


class Query(OneClause, frozen=True, kw_only=True):
    bool: Bool | UnsetType = UNSET
    term: dict[str, Scalar] | UnsetType = UNSET
    terms: dict[str, list[Scalar]] | UnsetType = UNSET
    range: dict[str, Range] | UnsetType = UNSET
    prefix: dict[str, str] | UnsetType = UNSET
    wildcard: dict[str, Wildcard] | UnsetType = UNSET
    regexp: dict[str, Regexp] | UnsetType = UNSET
    exists: Exists | UnsetType = UNSET


class Bool(Strict, frozen=True, kw_only=True):
    filter: list[Query] = []
    should: list[Query] = []
    must_not: list[Query] = []
    minimum_should_match: int = 0


class Sort(Strict, frozen=True, kw_only=True):
    order: Direction
    missing: Literal["_last"]
    unmapped_type: Literal["keyword", "double", "boolean", "date"]


class Terms(Strict, frozen=True, kw_only=True):
    field: str
    missing_bucket: bool
    missing_order: Literal["last"]
    order: Direction


class DateHistogram(Strict, frozen=True, kw_only=True):
    field: str
    fixed_interval: str
    order: Direction


class Source(OneClause, frozen=True, kw_only=True):
    terms: Terms | UnsetType = UNSET
    date_histogram: DateHistogram | UnsetType = UNSET


class Composite(Strict, frozen=True, kw_only=True):
    size: int
    sources: list[dict[str, Source]]


class Of(Strict, frozen=True, kw_only=True):
    field: str


class Percentiles(Strict, frozen=True, kw_only=True):
    field: str
    percents: list[float]


class Aggregation(OneClause, frozen=True, kw_only=True):
    """aggs: of each bucket of a composite."""

    composite: Composite | UnsetType = UNSET
    avg: Of | UnsetType = UNSET
    sum: Of | UnsetType = UNSET
    min: Of | UnsetType = UNSET
    max: Of | UnsetType = UNSET
    extended_stats: Of | UnsetType = UNSET
    percentiles: Percentiles | UnsetType = UNSET
    filter: Query | UnsetType = UNSET
    aggs: dict[str, Aggregation] = {}


class Excluded(Strict, frozen=True, kw_only=True):
    excludes: list[str]


class Body(Strict, frozen=True, kw_only=True):
    """`Search_RequestBody`."""

    query: Query
    size: int
    track_total_hits: bool = True
    source: Excluded | UnsetType = msgspec.field(default=UNSET, name="_source")
    collapse: Of | UnsetType = UNSET
    sort: list[dict[str, Sort]] = []
    aggs: dict[str, Aggregation] = {}


def body(text: str) -> Body:
    """Raises msgspec.ValidationError for what OpenSearch would refuse."""
    return msgspec.json.decode(text, type=Body)
