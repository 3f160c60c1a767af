"""The notifications, and what became of each."""

from __future__ import annotations

from typing import Any

from inferwatch.web.alarms import transition_view
from inferwatch.web.sources import NotificationEntry, Sources


def notifications_view(sources: Sources, limit: int) -> list[dict[str, Any]]:
    """The newest notifications, newest first."""
    return [_entry(entry) for entry in sources.notifications(limit)]


def _entry(entry: NotificationEntry) -> dict[str, Any]:
    """state: pending, delivered, undelivered (no webhook is configured), dead (given up)."""
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
        "last_error": entry.last_error,
        "duplicate": told.duplicate,
    }
