"""Contestants of one benchmark: measured in turns, and told as ratios."""

from __future__ import annotations

import gc
import json
import statistics
from collections.abc import Callable

Contestant = tuple[str, int, Callable[[int], float]]
"""Name, records a round, and what records so many and gives the seconds that it took."""


def taken(contestants: list[Contestant], rounds: int) -> dict[str, list[float]]:
    """Microseconds a record, in each round of each contestant. The first round warms up and is not counted."""
    figures: dict[str, list[float]] = {name: [] for name, _, _ in contestants}
    gc.disable()
    for number in range(rounds + 1):
        for name, count, run in contestants:
            seconds = run(count)
            if number:
                figures[name].append(seconds / count * 1e6)
            gc.collect()
    return figures


def measured(contestants: list[Contestant], rounds: int) -> dict[str, float]:
    """Microseconds a record: the median of each contestant's rounds."""
    return {name: statistics.median(figures) for name, figures in taken(contestants, rounds).items()}


def report(figures: dict[str, float], of: str, unit: str, *, as_json: bool) -> None:
    """Each figure, the first of which is the floor's and the second ours, beside those two. of: what was recorded."""
    lowest, own, *_ = figures.values()
    rows = [
        {"what": name, "us": round(us, 2), "of_floor": round(us / lowest, 2), "of_inferwatch": round(us / own, 2)}
        for name, us in figures.items()
    ]
    if as_json:
        print(json.dumps(rows))
        return
    print(of)
    print(f"{'':44}{unit:>11}{'x floor':>9}{'x inferwatch':>14}")
    for row in rows:
        print(f"{row['what']:44}{row['us']:>11}{row['of_floor']:>9}{row['of_inferwatch']:>14}")
