"""A table of the last transactions by their ids, on AWS."""

from __future__ import annotations

import msgspec


class HistorySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[history]`. The model has one where this table stands. days: how long DynamoDB keeps an item."""

    days: int = 90
