"""What a person asks, in words: a predicate or a saved query, how far back, and whom. Made into a Question."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from inferwatch.cli.options import Decorator, Span
from inferwatch.errors import QueryError
from inferwatch.lake.instant import milliseconds
from inferwatch.query.question import ROWS_MAX, Question
from inferwatch.query.saved import Saved, saved_questions
from inferwatch.query.wording import question
from inferwatch.spec import FILE_NAME, load_spec
from inferwatch.spec.fault import suggestion
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import DAY

_PART = re.compile(r'(?:[^,"]|"[^"]*")+')


class Instant(click.ParamType[int]):
    """A moment in ISO 8601, UTC where it names no zone, as epoch milliseconds."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        at_ms = milliseconds(value)
        if at_ms is None:
            self.fail(f"{value!r} is no instant; write it as 2026-11-21 or 2026-11-21T09:30:00Z", param, ctx)
        return at_ms


start: Decorator = click.option(
    "--start", type=Instant(), help="In the place of --since: the first instant, 2026-11-21T09:30Z."
)
end: Decorator = click.option("--end", type=Instant(), help="The instant before which to look. [default: now]")


class Words(NamedTuple):
    """What is asked. None, and no words, where nothing is said of it: then a saved query's count, or the defaults."""

    where: str | None
    since_ms: int | None
    start_ms: int | None
    end_ms: int | None
    by: tuple[str, ...]
    stats: tuple[str, ...]
    order_by: tuple[str, ...]
    limit: int | None

    def over(self, saved: Saved) -> Words:
        """These, and what they leave open as the saved query has it."""
        since_ms = saved.since_ms if self.since_ms is None and self.start_ms is None else self.since_ms
        return Words(
            where=saved.where,
            since_ms=since_ms,
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            by=self.by or saved.by,
            stats=self.stats or saved.stat,
            order_by=self.order_by or saved.order_by,
            limit=saved.limit if self.limit is None else self.limit,
        )

    def range_ms(self, now_ms: int) -> tuple[int, int]:
        """First and end, which is excluded: a day back from now where nothing is said."""
        end_ms = now_ms if self.end_ms is None else self.end_ms
        start_ms = self.start_ms
        if start_ms is None:
            start_ms = end_ms - (DAY * 1000 if self.since_ms is None else self.since_ms)
        if start_ms >= end_ms:
            raise click.UsageError("--start is not before --end, or lies ahead")
        return start_ms, end_ms

    def question(
        self,
        now_ms: int,
        *,
        node: str | None = None,
        environment: str | None = None,
        known: Collection[str] | None = None,
    ) -> Question:
        """The question. known: names of the fields of one's own that there are, None where nobody knows.

        Raises PredicateError, QueryError.
        """
        start_ms, end_ms = self.range_ms(now_ms)
        return question(
            self.where or "",
            start_ms=start_ms,
            end_ms=end_ms,
            by=self.by,
            stats=self.stats,
            order_by=self.order_by,
            limit=100 if self.limit is None else self.limit,
            node=node,
            environment=environment,
            known=known,
        )


def in_words(command: Callable[..., Any]) -> Callable[..., Any]:
    """PREDICATE and the options of a question: the command is given `words`."""

    @click.argument("predicate", required=False)
    @click.option("--since", type=Span(), help="How far back: 90s, 15m, 24h. [default: 24h]")
    @start
    @end
    @click.option("--by", multiple=True, help="Groups: fields, and second, minute, hour, day or 5m: status,minute.")
    @click.option("--stat", multiple=True, help="Of each group: count, avg:elapse, p99:elapse, ...")
    @click.option("--order-by", multiple=True, help="A field, or a column of --stat; -elapse: greatest first.")
    @click.option("--limit", type=click.IntRange(1, ROWS_MAX), help="How many rows. [default: 100]")
    @wraps(command)
    def with_words(
        *,
        predicate: str | None,
        since: int | None,
        start: int | None,
        end: int | None,
        by: tuple[str, ...],
        stat: tuple[str, ...],
        order_by: tuple[str, ...],
        limit: int | None,
        **given: Any,
    ) -> Any:
        if since is not None and start is not None:
            raise click.UsageError("--since and --start both say where to begin; --end goes with either")
        words = Words(predicate, since, start, end, parts(by), parts(stat), parts(order_by), limit)
        return command(words=words, **given)

    return with_words


def parts(given: Iterable[str]) -> tuple[str, ...]:
    """What an option was given, which may stand several times, and hold several words with commas between."""
    return tuple(part.strip() for text in given for part in _PART.findall(text) if part.strip())


def saved(spec: MonitorSpec, name: str) -> Saved:
    """The saved query of that name. Raises SpecError for one that cannot be asked, QueryError where there is none."""
    found = {query.name: query for query in saved_questions(spec)}
    if name not in found:
        has = ", ".join(found) or "none"
        raise QueryError(f"{spec.file} has no saved query {name!r}; it has {has}{suggestion(name, found)}")
    return found[name]


def node(text: str | None, environment: str | None) -> str | None:
    """The node that `--model` names, `/abc_corp/claim`, or the log group of the model whose folder or spec it is."""
    if text is None:
        return None
    path = Path(text)
    if path.is_file() or (path / FILE_NAME).is_file():
        return load_spec(path, environment).identity.log_group
    if text.startswith("/"):
        return text.rstrip("/") or "/"
    raise click.BadParameter(f"{text!r} is neither a node, as in /abc_corp/claim, nor a model's folder")
