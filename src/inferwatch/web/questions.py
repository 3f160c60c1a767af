"""Questions: those that a person types, and those that the spec keeps."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams

from inferwatch.query import wording
from inferwatch.query.parse import parse
from inferwatch.query.predicate import Predicate
from inferwatch.query.question import ROWS_MAX, Question
from inferwatch.query.saved import saved_questions
from inferwatch.web import params
from inferwatch.web.sources import Sources

WORDS = ("where", "by", "stat", "order_by", "since", "start", "end", "limit")
LIMIT = 100
LONGEST = 10_000
"""Characters of a predicate."""


def predicate(sources: Sources, given: QueryParams) -> Predicate | None:
    """`where`, None where it is not given or empty. Raises PredicateError."""
    text = _where(given)
    return parse(text, known=sources.known()) if text.strip() else None


def question(sources: Sources, given: QueryParams) -> Question:
    """What the parameters ask. Raises PredicateError, and QueryError that names the word."""
    identity, now_ms = sources.spec.identity, sources.now_ms() + 1
    if "since" in given and "start" in given:
        raise params.BadParameter("since", "stands beside start; give one of them")
    if "since" in given:
        end = params.whole(given, "end", now_ms, 1, params.LAST_MS)
        start = max(0, end - wording.span_ms(given["since"]))
    else:
        start, end = params.time_range(given, now_ms)
    return wording.question(
        _where(given),
        start_ms=start,
        end_ms=end,
        by=_words(given, "by"),
        stats=_words(given, "stat"),
        order_by=_words(given, "order_by"),
        limit=params.whole(given, "limit", LIMIT, 1, ROWS_MAX),
        node=identity.log_group,
        environment=identity.environment,
        known=sources.known(),
    )


def _where(given: QueryParams) -> str:
    text = given.get("where", "")
    if len(text) > LONGEST:
        raise params.BadParameter("where", f"is longer than {LONGEST} characters")
    return text


def _words(given: QueryParams, name: str) -> tuple[str, ...]:
    """Words with commas between them; a comma within quotation marks is part of its word."""
    parts = given.get(name, "").split('"')
    outside = [part.replace(",", "\n") if number % 2 == 0 else part for number, part in enumerate(parts)]
    return tuple(word.strip() for word in '"'.join(outside).split("\n") if word.strip())


def query_view(sources: Sources, asked: Question) -> dict[str, Any]:
    """The answer: columns in their order, rows, and notes on what is less exact."""
    answer = sources.ask(asked)
    return {
        "start": asked.start_ms,
        "end": asked.end_ms,
        "columns": list(answer.columns),
        "rows": answer.rows,
        "notes": list(answer.notes),
    }


def queries_view(sources: Sources) -> list[dict[str, Any]]:
    """The saved ones, in the spec's order, in the words of /api/query. since: milliseconds; aggregates: whether the
    answer is a table of its own, and not records."""
    return [
        {
            "name": saved.name,
            "description": saved.description,
            "where": saved.where,
            "by": list(saved.by),
            "stat": list(saved.stat),
            "order_by": list(saved.order_by),
            "limit": saved.limit,
            "since": saved.since_ms,
            "aggregates": bool(saved.by or saved.stat),
        }
        for saved in saved_questions(sources.spec)
    ]
