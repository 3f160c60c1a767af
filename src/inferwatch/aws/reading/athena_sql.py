"""A person's own SELECT, passed on to Athena."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.athena import Athena
from inferwatch.aws.site import Site
from inferwatch.errors import QueryError
from inferwatch.lake.instant import since_epoch
from inferwatch.query.answer import Answer
from inferwatch.sdk.clock import iso

READING: Final = ("SELECT", "WITH", "VALUES", "SHOW", "DESCRIBE")
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/|[\s(]+", re.DOTALL)


def ask(site: Site, patience: Patience, select: str, limit: int) -> Answer:
    """The first `limit` rows of the answer, its times as ISO 8601. Raises QueryError for what is no SELECT, and what
    `Athena.table` raises."""
    if site.spec.lake is None:
        raise QueryError(f"{site.spec.file} has no [lake], so Athena has nothing to read: add it and deploy")
    _must_read(select)
    table = Athena(site, patience).table(select, limit)
    rows = [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]
    notes = (f"There are more rows; these are the first {limit:,}.",) if table.more else ()
    return Answer(columns=table.columns, rows=rows, notes=notes)


def _must_read(statement: str) -> None:
    """Athena takes one statement at a time, so its first word says what it does."""
    at = 0
    while passed := _COMMENTS.match(statement, at):
        at = passed.end()
    word = re.match(r"\w*", statement[at:])
    first = word[0] if word else ""
    if first.upper() not in READING:
        raise QueryError(f"{first or 'nothing'!r} is no question: a statement begins with {', '.join(READING)}")


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return iso(since_epoch(cell))
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.isoformat() if isinstance(cell, date) else cell
