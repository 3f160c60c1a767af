"""Query parameters: read, checked, and named when they are wrong."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import QueryParams

from inferwatch.errors import QueryError
from inferwatch.ports import Order
from inferwatch.spec.period import RETENTION

ORDERS: dict[str, Order] = {
    "newest": "-start_at",
    "oldest": "start_at",
    "slowest": "-elapse",
    "least-confident": "confidence",
}
LONGEST_RANGE_MS = max(RETENTION.values()) * 1000
DEFAULT_RANGE_MS = 900_000
LAST_MS = 253_402_300_799_999
"""The end of the year 9999, the last that ISO 8601 writes with four digits."""


MODEL = ("model", "environment")
"""Which model a view is of; every view has them."""


class BadParameter(QueryError):
    """A query parameter that cannot be used. parameter: its name."""

    def __init__(self, parameter: str, problem: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter}: {problem}")


def only(params: QueryParams, allowed: Collection[str]) -> None:
    """Raise BadParameter for a parameter that the view does not have, or that stands twice."""
    for name in params:
        if name not in allowed and name not in MODEL:
            known = ", ".join(sorted(allowed)) or "none"
            raise BadParameter(name, f"this view has no such parameter; it has {known}")
        if len(params.getlist(name)) > 1:
            raise BadParameter(name, "stands twice")


def needed(params: QueryParams, name: str) -> str:
    """A word that must be given."""
    text = params.get(name, "").strip()
    if not text:
        raise BadParameter(name, "is missing")
    return text


def whole(params: QueryParams, name: str, default: int, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    text = params.get(name)
    if text is None:
        return default
    value = _digits(text)
    if value is None or not low <= value <= high:
        raise BadParameter(name, f"{text[:40]!r} is not a whole number from {low} to {high}")
    return value


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_MS)) else None


def number(params: QueryParams, name: str) -> float | None:
    """A finite number of at least 0, or None where it is not given."""
    text = params.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadParameter(name, f"{text[:40]!r} is not a number of at least 0")
    return value


def time_range(params: QueryParams, now_ms: int) -> tuple[int, int]:
    """`start` and `end` in epoch milliseconds; the last 15 minutes where they are not given."""
    end = whole(params, "end", now_ms, 1, LAST_MS)
    start = whole(params, "start", max(0, end - DEFAULT_RANGE_MS), 0, LAST_MS)
    if start >= end:
        raise BadParameter("start", f"{start} is not before end, {end}")
    if end - start > LONGEST_RANGE_MS:
        raise BadParameter("start", "is more than 455 days before end; metrics are kept no longer")
    return start, end


def choices(params: QueryParams, name: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Words with commas between them, each one of `allowed`; none where it is not given."""
    words = tuple(word for word in params.get(name, "").split(",") if word)
    for word in words:
        if word not in allowed:
            raise BadParameter(name, f"{word[:40]!r} is not allowed; allowed are {', '.join(allowed)}")
    return words


def order(params: QueryParams) -> Order:
    """`order`: newest where it is not given."""
    text = params.get("order", "newest")
    if text not in ORDERS:
        raise BadParameter("order", f"{text[:40]!r} is not allowed; allowed are {', '.join(ORDERS)}")
    return ORDERS[text]


def cursor(params: QueryParams) -> tuple[int, str] | None:
    """`before`: start and id of the last row of the page before, `1767225600000,0190...`."""
    text = params.get("before")
    if text is None:
        return None
    first, _, transaction = text.partition(",")
    start = _digits(first)
    if start is None or not transaction:
        raise BadParameter("before", f"{text[:60]!r} is not the `next` of an answer")
    return start, transaction
