"""The dashboard: its header text and its widgets, in order, on CloudWatch's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

GRID_COLUMNS = 24

WidgetKind = Literal[
    "text",
    "tiles",
    "invocations",
    "latency",
    "probability",
    "memory",
    "init",
    "queue",
    "age",
    "endpoint",
    "history",
    "lake",
    "metric",
    "alarms",
    "notifications",
    "transactions",
]

NEEDS: dict[WidgetKind, str] = {
    "queue": "queue",
    "age": "queue",
    "endpoint": "sagemaker",
    "history": "history",
    "lake": "lake",
}
"""The table without which a widget of the kind has nothing to show."""

AWS_ONLY: tuple[WidgetKind, ...] = ("history", "lake")
"""What one machine has no metrics of; the page leaves them out."""


class Widget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One widget. width: 1 to 24 columns; height: 1 to 1000 rows; metric and statistic: for kind `metric`."""

    type: WidgetKind
    title: str = ""
    width: int = 12
    height: int = 6
    metric: str | None = None
    statistic: str = "Average"


class DashboardSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """title and description (Markdown) head the page; widget: the default ones where not given."""

    title: str = ""
    description: str = ""
    widget: tuple[Widget, ...] = ()


def default_widgets(
    *, has_confidence: bool, custom_metrics: tuple[str, ...], parts: Collection[str] = ()
) -> tuple[Widget, ...]:
    """Every view there is, in the order in which one asks: is it well, what happened, which ones.

    parts: which of the tables `queue`, `sagemaker`, `history` and `lake` the spec has.
    """
    charts = [
        Widget(type="invocations", title="Invocations and errors"),
        Widget(type="latency", title="Latency"),
    ]
    if "queue" in parts:
        charts += [Widget(type="queue", title="Queue"), Widget(type="age", title="Oldest message")]
    if has_confidence:
        charts.append(Widget(type="probability", title="Prediction probability"))
    if "sagemaker" in parts:
        charts.append(Widget(type="endpoint", title="Endpoint"))
    charts += [Widget(type="metric", title=name, metric=name) for name in custom_metrics]
    half_row_left = len(charts) % 2 == 1
    runtime_width = GRID_COLUMNS // 4 if half_row_left else GRID_COLUMNS // 2
    charts += [
        Widget(type="memory", title="Memory", width=runtime_width),
        Widget(type="init", title="Init time", width=runtime_width),
    ]
    return (
        Widget(type="text", width=24, height=2),
        Widget(type="tiles", width=24, height=3),
        *charts,
        *_delivery(parts),
        Widget(type="alarms", title="Alarms", width=12, height=8),
        Widget(type="notifications", title="Notifications", width=12, height=8),
        Widget(type="transactions", title="Transactions", width=24, height=12),
    )


def _delivery(parts: Collection[str]) -> tuple[Widget, ...]:
    """A whole row, so that the page has none to fill."""
    titles: dict[WidgetKind, str] = {"history": "History", "lake": "Lake"}
    shown = [kind for kind in titles if kind in parts]
    return tuple(Widget(type=kind, title=titles[kind], width=GRID_COLUMNS // len(shown)) for kind in shown)
