"""Which transactions of the same requester came right before and after one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from inferwatch.lake.instant import milliseconds
from inferwatch.query.answer import Answer
from inferwatch.query.meets import value
from inferwatch.query.predicate import And, Compare, Field
from inferwatch.query.question import Order, Question
from inferwatch.spec.period import DAY

NEAREST: Final = 5
"""So many are shown on either side."""

WITHIN_MS: Final = DAY * 1000
"""How far they may be away."""

_START: Final = Field(("start_at",))
_REQUESTERS: Final = (Field(("requester", "principal")), Field(("requester", "ip")))


class Neighbours(NamedTuple):
    """Oldest first. requester: whose they are, None where the record does not say, and none are looked for."""

    requester: str | None
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]


def neighbours(ask: Callable[[Question], Answer], record: Mapping[str, Any], node: str | None) -> Neighbours:
    """By the requester's principal, or where there is none, by its address. node: where to look.

    Raises what `ask` raises.
    """
    at_ms = milliseconds(record.get("start_at"))
    whose = [(field, told) for field in _REQUESTERS if isinstance(told := value(field, record), str)]
    if not whose or at_ms is None:
        return Neighbours(None, [], [])
    field, requester = whose[0]
    other = Compare(Field(("transaction_id",)), "!=", record["transaction_id"])
    where = And((Compare(field, "=", requester), other))

    def side(start_ms: int, end_ms: int, *, newest: bool) -> list[dict[str, Any]]:
        order = (Order(_START, newest),)
        asked = Question(start_ms=start_ms, end_ms=end_ms, where=where, node=node, order=order, limit=NEAREST)
        return ask(asked).rows

    before = side(at_ms - WITHIN_MS, at_ms, newest=True)
    return Neighbours(requester, before[::-1], side(at_ms, at_ms + WITHIN_MS, newest=False))


def log_group(record: Mapping[str, Any]) -> str | None:
    """The path of the record's model; None where the record does not say it."""
    namespace, name = record.get("namespace"), record.get("model_name")
    return f"{namespace.rstrip('/')}/{name}" if isinstance(namespace, str) and isinstance(name, str) else None
