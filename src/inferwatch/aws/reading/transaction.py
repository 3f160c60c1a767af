"""One transaction by its id, as it stands in the log of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.insights import SKEW_MS, Insights
from inferwatch.aws.reading.lines import chosen
from inferwatch.aws.site import Site
from inferwatch.ports import Record
from inferwatch.query.dialects.logs_insights import MESSAGE, emit
from inferwatch.query.predicate import Compare, Field
from inferwatch.query.question import Question
from inferwatch.store.times import HOUR

TRIES = 10
"""Lines with the same id that are looked at: a redelivered message has the id of the first."""


class Logged(NamedTuple):
    """line: the message of the log event that the record was."""

    record: Record
    line: str


def transaction(site: Site, patience: Patience, identity: str) -> Logged | None:
    """The transaction of that id, or None. Raises DialectError for an id that cannot be asked for, AwsError."""
    insights = Insights(site, patience)
    where = Compare(Field(("transaction_id",)), "=", identity)
    for start_ms, end_ms in _spans(identity, patience.now_ms()):
        asked = Question(start_ms=start_ms, end_ms=end_ms, where=where, limit=TRIES)
        for row in insights.rows(emit(asked).text, start_ms, end_ms, site.names.log_group):
            line = row[MESSAGE]
            if found := chosen(asked, [line]):
                return Logged(found[0], line)
    return None


def _spans(identity: str, now_ms: int) -> Iterator[tuple[int, int]]:
    """When it may have begun: what its id tells first, since a search of all time costs by what it reads."""
    try:
        sent_ms = UUID(identity).int >> 80
    except ValueError:
        sent_ms = None
    if sent_ms is not None and sent_ms <= now_ms + HOUR:
        yield sent_ms - SKEW_MS, sent_ms + HOUR
    yield 0, now_ms + HOUR
