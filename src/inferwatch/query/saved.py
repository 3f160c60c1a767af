"""The saved queries of a spec, `[[query]]`, checked and ready to be asked."""

from __future__ import annotations

import msgspec

from inferwatch.errors import PredicateError, QueryError, SpecError
from inferwatch.query.question import Question
from inferwatch.query.wording import question, span_ms
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.query import QuerySpec

_SOME_MS = 1_700_000_000_000
"""When a query is asked does not matter to whether it can be."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """One saved query. since_ms: how far back; where, by, stat, order_by, limit: as the spec has them; node and
    environment: whose records.
    """

    name: str
    description: str
    since_ms: int
    where: str
    by: tuple[str, ...]
    stat: tuple[str, ...]
    order_by: tuple[str, ...]
    limit: int
    node: str
    environment: str

    def question(self, now_ms: int) -> Question:
        """What it asks, of the time until now. Raises PredicateError and QueryError."""
        return question(
            self.where,
            start_ms=now_ms - self.since_ms,
            end_ms=now_ms,
            by=self.by,
            stats=self.stat,
            order_by=self.order_by,
            limit=self.limit,
            node=self.node,
            environment=self.environment,
        )


def saved_questions(spec: MonitorSpec) -> tuple[Saved, ...]:
    """The saved queries, in the spec's order. Raises SpecError for one that cannot be asked."""
    return tuple(_saved(spec, query) for query in spec.queries)


def _saved(spec: MonitorSpec, query: QuerySpec) -> Saved:
    key = f"query[{query.name}]"
    try:
        since_ms = span_ms(query.since)
    except QueryError as error:
        raise SpecError(spec.file, f"{key}.since", str(error)) from None
    saved = Saved(
        name=query.name,
        description=query.description,
        since_ms=since_ms,
        where=query.where,
        by=query.by,
        stat=query.stat,
        order_by=query.order_by,
        limit=query.limit,
        node=spec.identity.log_group,
        environment=spec.identity.environment,
    )
    try:
        saved.question(_SOME_MS)
    except PredicateError as error:
        raise SpecError(spec.file, f"{key}.where", str(error)) from None
    except QueryError as error:
        raise SpecError(spec.file, f"{key}.{_member(str(error))}", str(error)) from None
    return saved


def _member(problem: str) -> str:
    """Which word of the table a problem is about: it begins with it."""
    return problem.partition(" ")[0]
