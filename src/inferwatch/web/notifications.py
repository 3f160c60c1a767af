"""The notifications, and what became of each."""

from __future__ import annotations

from typing import Any

from inferwatch.store.outbox import Entry
from inferwatch.web.alarms import transition_view
from inferwatch.web.sources import Sources


def notifications_view(sources: Sources, limit: int) -> list[dict[str, Any]]:
    """The newest notifications, newest first."""
    return [_entry(entry) for entry in sources.notifications(limit)]


def _entry(entry: Entry) -> dict[str, Any]:
    """state: the outbox's; due: when a pending one is tried next, 0 for at once."""
    told = entry.notification
    return {
        "id": told.id,
        "target": told.target,
        "transition": transition_view(told.transition),
        "metric": told.metric,
        "statistic": told.statistic,
        "unit": told.unit,
        "threshold": told.threshold,
        "state": entry.state,
        "attempts": entry.attempts,
        "due": entry.due_ms,
        "last_error": entry.last_error,
        "duplicate": told.duplicate,
    }
