"""A saved question: in the page, in CloudWatch's saved queries, and on the command line by its name."""

from __future__ import annotations

import msgspec


class QuerySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[query]]`. What the words mean is checked by `query.saved`, which knows the predicate's grammar.

    name: `Slow answers`; where: the predicate, "" for all records; since: how far back, `24h`; by: fields and time
    buckets; stat: aggregates (`count`, `p99:elapse`); order_by: fields or columns, `-` before one for the greatest
    first; limit: rows.
    """

    name: str
    description: str = ""
    where: str = ""
    since: str = "24h"
    by: tuple[str, ...] = ()
    stat: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int = 100
