"""Where widgets stand on CloudWatch's grid of 24 columns: in rows, as the page flows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inferwatch.spec.dashboard import GRID_COLUMNS


def placed(widgets: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The widgets with `x` and `y`: side by side while there is room, then in a row below the tallest."""
    flowed = []
    x = y = tallest = 0
    for widget in widgets:
        if x + widget["width"] > GRID_COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        flowed.append({"type": widget["type"], "x": x, "y": y, **widget})
        x += widget["width"]
        tallest = max(tallest, widget["height"])
    return flowed
