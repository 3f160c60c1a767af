"""A question for records as the page asks it, in the terms of one that every engine understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from inferwatch.lake.columns import COLUMNS
from inferwatch.lake.feature_columns import CATEGORY
from inferwatch.ports import RecordQuery
from inferwatch.query.predicate import And, Compare, Field, OneOf, Or, Predicate
from inferwatch.query.question import Order, Question
from inferwatch.sdk.clock import iso

START: Final = Field(("start_at",))
ORDERS: Final[dict[str, tuple[Order, ...]]] = {
    "-start_at": (Order(START, descending=True),),
    "start_at": (Order(START),),
    "-elapse": (Order(Field(("elapse",)), descending=True),),
    "confidence": (Order(Field(("confidence",))),),
}
_ID: Final = Field(("transaction_id",))
_NOT_SEARCHED: Final = ("metrics", "log_stream")
_SEARCHED: Final = tuple(name for name, kind in COLUMNS.items() if kind == "VARCHAR" and name not in _NOT_SEARCHED)
SEARCHED: Final = f"^({'|'.join(_SEARCHED)}|{CATEGORY}.*)$"
"""The columns in which a text is looked for, as a pattern of their names."""

# Far beyond any record, and in the range of every engine's timestamps.
_FIRST_MS: Final = -62_135_596_800_000
_LAST_MS: Final = 253_402_300_800_000
EVER_MS: Final = 1 << 62


class Asked(msgspec.Struct, frozen=True):
    """A question, and what only this engine is asked. text: is found in the row, whatever its case; log_group: one
    model's; instant: the time is so short that few files have a record in it, and the others are soon told apart.
    """

    question: Question
    text: str = ""
    log_group: str | None = None
    instant: bool = False

    def covers(self, log_group: str) -> bool:
        """Whether the question is for this model, too."""
        if self.log_group is not None:
            return log_group == self.log_group
        return below(self.question.node, log_group)


def of(query: RecordQuery) -> Asked:
    """The question that a RecordQuery is. Its order must be one of ORDERS."""
    start_ms, end_ms = max(_FIRST_MS, query.start_ms), min(query.end_ms, _LAST_MS)
    conditions = _conditions(query)
    if query.before is not None and query.by_time:
        at_ms, last_id = query.before
        newest = query.order == "-start_at"
        start_ms, end_ms = (start_ms, min(end_ms, at_ms + 1)) if newest else (max(start_ms, at_ms), end_ms)
        if start_ms <= at_ms < end_ms:
            sign: Any = "<" if newest else ">"
            conditions.append(Or((Compare(START, sign, iso(at_ms)), Compare(_ID, sign, last_id))))
    where = And(tuple(conditions)) if len(conditions) > 1 else next(iter(conditions), None)
    question = Question(
        start_ms=start_ms,
        end_ms=max(start_ms, end_ms),
        where=where,
        environment=query.environment,
        order=ORDERS[query.order],
        limit=query.limit,
    )
    return Asked(question, query.text or "", query.log_group)


def below(node: str | None, log_group: str) -> bool:
    """Whether a model is the node or lies below it. No node: every model does."""
    return node is None or f"{log_group}/".startswith(f"/{node.strip('/')}/".replace("//", "/"))


def holds(text: str, row: Mapping[str, Any]) -> bool:
    """Whether the text is found in a row that is not in the lake yet, as SQL finds it in one that is."""
    cells = (cell for name, cell in row.items() if name in _SEARCHED or name.startswith(CATEGORY))
    return text.lower() in "\n".join(cells).lower()


def _conditions(query: RecordQuery) -> list[Predicate]:
    conditions: list[Predicate] = [query.where] if query.where is not None else []
    if query.status:
        conditions.append(OneOf(Field(("status",)), query.status))
    if query.version is not None:
        conditions.append(Compare(Field(("model_version",)), "=", query.version))
    if query.transaction_id is not None:
        conditions.append(Compare(_ID, "=", query.transaction_id))
    if query.min_elapse is not None:
        conditions.append(Compare(Field(("elapse",)), ">=", query.min_elapse))
    return conditions
