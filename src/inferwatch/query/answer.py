"""What a question is answered with."""

from __future__ import annotations

from typing import Any

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """columns: in order, for a table of it; rows: records as in the log line, without `_aws`, or one dict of columns
    for each group, its time buckets as ISO 8601 texts; notes: what the engine did less exactly, or has to say.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
