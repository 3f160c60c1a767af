"""A question from the words of a person: of the command line, the page, a saved query, or a call in Python."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final

from inferwatch.errors import PredicateError, QueryError
from inferwatch.query.fields import kind
from inferwatch.query.parse import parse, parse_field
from inferwatch.query.predicate import Field
from inferwatch.query.question import BUCKETS, ROWS_MAX, Bucket, Function, Order, Question, Stat
from inferwatch.query.spelling import spelled
from inferwatch.sdk.clock import iso
from inferwatch.spec.fault import suggestion

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN: Final = re.compile(r"([0-9]{1,9})([smhd])")
_FUNCTIONS: Final[dict[str, Function]] = {
    "count": "count",
    "avg": "avg",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
}
_PERCENTILE: Final = re.compile(r"p([0-9]{1,3}(?:\.[0-9]{1,6})?)")
_ALLOWED: Final = "count, count:FIELD, avg:, sum:, min:, max:, stddev: and p50:FIELD to p99.9:FIELD"
_WITHOUT_NUMBERS: Final = ("text", "boolean", "time", "identifier")
_LONGEST_BUCKET: Final = 366 * 86_400
_OTHER_WORDS: Final = {"mean": "avg", "average": "avg", "median": "p50", "std": "stddev", "minimum": "min"}


def question(  # noqa: PLR0913 - one for each word
    where: str = "",
    *,
    start_ms: int,
    end_ms: int,
    by: Sequence[str] = (),
    stats: Sequence[str] = (),
    order_by: Sequence[str] = (),
    limit: int = 100,
    node: str | None = None,
    environment: str | None = None,
    known: Collection[str] | None = None,
) -> Question:
    """where: a predicate, "" for all records; by: fields and time buckets, `("status", "minute")`; stats: aggregates,
    `("count", "p99:elapse")`; order_by: fields, or columns of aggregates, `-` before one for the greatest first;
    known: root names of fields of one's own that records have, None for any.

    Raises PredicateError for `where`, and QueryError that names the word which is wrong and says what is allowed.
    """
    if start_ms >= end_ms:
        raise QueryError(f"from {iso(start_ms)} to {iso(end_ms)} there is no time; the start comes before the end")
    if not 1 <= limit <= ROWS_MAX:
        raise QueryError(f"limit {limit} is out of range; allowed are 1 to {ROWS_MAX:,} rows")
    groups = tuple(dict.fromkeys(_group(word, known) for word in by))
    aggregates = tuple(dict.fromkeys(_stat(word, known) for word in stats))
    columns = [_column(group) for group in groups] + [stat.name for stat in aggregates or (_stat("count", known),)]
    if groups or aggregates:
        order = tuple(_order_of_columns(word, columns, known) for word in order_by)
    else:
        order = tuple(_order_of_records(word, known) for word in order_by)
    return Question(
        start_ms=start_ms,
        end_ms=end_ms,
        where=parse(where, known=known) if where.strip() else None,
        node=node,
        environment=environment,
        by=groups,
        stats=aggregates,
        order=order,
        limit=limit,
    )


def span_ms(text: str) -> int:
    """`90s`, `15m`, `24h` or `7d` as milliseconds. Raises QueryError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise QueryError(f"{text!r} is no span of time; write it as 90s, 15m, 24h or 7d")
    return int(match[1]) * _SECONDS[match[2]] * 1000


def _group(word: str, known: Collection[str] | None) -> Field | Bucket:
    if word in BUCKETS:
        return Bucket(BUCKETS[word], word)
    if match := _SPAN.fullmatch(word):
        seconds = int(match[1]) * _SECONDS[match[2]]
        if not 1 <= seconds <= _LONGEST_BUCKET:
            raise QueryError(f"by {word!r}: a time bucket is from 1s to 366d long")
        named = {length: name for name, length in BUCKETS.items()}
        return Bucket(seconds, named.get(seconds, word))
    buckets = f"time buckets are {', '.join(BUCKETS)}, and spans such as 5m{suggestion(word, BUCKETS)}"
    return _field("by", word, word, known, f"; {buckets}")


def _stat(word: str, known: Collection[str] | None) -> Stat:
    name, colon, of = word.partition(":")
    percentile = _PERCENTILE.fullmatch(name)
    function: Function | None = "percentile" if percentile else _FUNCTIONS.get(name)
    if function is None:
        raise QueryError(f"stat {word!r}: {name!r} is no aggregate; allowed are {_ALLOWED}{_near(name)}")
    percent = float(percentile[1]) if percentile else None
    if percent is not None and not 0 < percent <= 100:
        raise QueryError(f"stat {word!r}: a percentile is more than 0 and at most 100")
    if not colon and function == "count":
        return Stat("count", None, None, "count")
    if not of:
        raise QueryError(f"stat {word!r}: of which field is missing, as in {name}:elapse")
    field = _field("stat", word, of, known)
    if function != "count" and kind(field) in _WITHOUT_NUMBERS:
        raise QueryError(f"stat {word!r}: {spelled(field)} has no numbers; count:{spelled(field)} counts its values")
    name = name if percentile is None else f"p{Decimal(percentile[1]).normalize():f}"
    return Stat(function, field, percent, f"{name}:{spelled(field)}")


def _near(name: str) -> str:
    known = [*_FUNCTIONS, "p50", "p99"]
    return f"; write {_OTHER_WORDS[name]!r}" if name in _OTHER_WORDS else suggestion(name, known)


def _order_of_records(word: str, known: Collection[str] | None) -> Order:
    by = word.removeprefix("-")
    return Order(_field("order_by", word, by, known), descending=by != word)


def _order_of_columns(word: str, columns: Sequence[str], known: Collection[str] | None) -> Order:
    by = word.removeprefix("-")
    column = by if by in columns else _respelled(by, columns, known)
    if column not in columns:
        allowed = f"it is by one of {', '.join(columns)}{suggestion(by, columns)}"
        raise QueryError(f"order_by {word!r}: the answer has no such column; {allowed}")
    return Order(column, descending=by != word)


def _respelled(word: str, columns: Sequence[str], known: Collection[str] | None) -> str:
    """The name of the column that this word means, if it means one: `1m` is `minute`."""
    for read in (_stat, _group):
        try:
            found = read(word, known)
        except QueryError:
            continue
        name = found.name if isinstance(found, Stat) else _column(found)
        if name in columns:
            return name
    return word


def _column(group: Field | Bucket) -> str:
    return group.name if isinstance(group, Bucket) else spelled(group)


def _field(what: str, word: str, name: str, known: Collection[str] | None, more: str = "") -> Field:
    try:
        return parse_field(name, known=known)
    except PredicateError as error:
        raise QueryError(f"{what} {word!r}: {error.problem}{more}") from None
