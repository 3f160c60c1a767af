"""The tiles: the model's state in six figures, each with the shape of the range behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inferwatch.alarms.values import Datapoint
from inferwatch.spec import record
from inferwatch.spec.charts import Series, tiles, unit_of
from inferwatch.spec.statistic import ADDITIVE
from inferwatch.web.resolution import period_for
from inferwatch.web.sources import Sources

SPARK_POINTS = 90
MINUTE_MS = 60_000
RECENT_MS = 15 * MINUTE_MS
ENOUGH_SAMPLES = 20
"""A 95th percentile of fewer values than this is just their maximum."""


def tiles_view(sources: Sources, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
    """The tiles over [start_ms, end_ms), each {id, value or None, unit, at, note, spark}.

    at: start of the minute that the value is of, None for a total; spark: values oldest first, None for a gap.
    Totals are of the whole range. Averages and percentiles are of its newest minute with data, or of the minute
    before that while the newest has fewer than 20 values. What waits in a
    queue is of the newest period with data, a quarter of an hour back at most.
    """
    shown = tiles(sources.spec)
    counts = {tile.id: _total(sources, tile.metric, start_ms, end_ms) for tile in shown if _is_total(tile)}
    # Read after the counts: what is recorded meanwhile makes no count greater than its total.
    invocations = _total(sources, record.INVOCATIONS, start_ms, end_ms)
    figures = {each: _counted(count, invocations) for each, count in counts.items()}
    return [_tile(sources, tile, figures, start_ms, end_ms) for tile in shown]


def _is_total(tile: Series) -> bool:
    return tile.id != "rate" and tile.metric not in record.GAUGES and tile.statistic in ADDITIVE


def _tile(
    sources: Sources, tile: Series, totals: Mapping[str, dict[str, Any]], start_ms: int, end_ms: int
) -> dict[str, Any]:
    if tile.id in totals:
        figure = totals[tile.id]
    elif tile.id == "rate":
        figure = _rate(sources, start_ms, end_ms)
    elif tile.metric in record.GAUGES:
        figure = _level(sources, tile, start_ms, end_ms)
    else:
        figure = _gauge(sources, tile, start_ms, end_ms)
    return {"id": tile.id, **figure, "spark": _spark(sources, tile.metric, tile.statistic, start_ms, end_ms)}


def _rate(sources: Sources, start_ms: int, end_ms: int) -> dict[str, Any]:
    """Inferences in the last six whole periods of 10 s, or in the newest whole minute where 10 s are not kept."""
    now_ms = sources.now_ms()
    from_ms = max(start_ms, end_ms - 2 * MINUTE_MS)
    period = min(period_for(from_ms, end_ms, now_ms, sources.finest), 60)
    step = period * 1000
    last = min(end_ms, now_ms - sources.late_ms) // step * step
    found = _datapoints(sources, record.INVOCATIONS, "Sum", period, last - MINUTE_MS, last)
    return {
        "value": sum(d.value for d in found) if found else None,
        "unit": "Count",
        "at": last - MINUTE_MS if found else None,
        "note": "",
    }


def _gauge(sources: Sources, tile: Series, start_ms: int, end_ms: int) -> dict[str, Any]:
    period = max(60, period_for(start_ms, end_ms, sources.now_ms(), sources.finest))
    newest = _newest(_datapoints(sources, tile.metric, tile.statistic, period, start_ms, end_ms), 1000 * period)
    return {
        "value": newest.value if newest else None,
        "unit": unit_of(sources.spec, tile.metric),
        "at": newest.timestamp_ms if newest else None,
        "note": "",
    }


def _level(sources: Sources, tile: Series, start_ms: int, end_ms: int) -> dict[str, Any]:
    """How it stood last. One value tells that as well as twenty, so no period waits for more."""
    from_ms = max(start_ms, end_ms - RECENT_MS)
    period = period_for(from_ms, end_ms, sources.now_ms(), sources.finest)
    found = _datapoints(sources, tile.metric, tile.statistic, period, from_ms, end_ms)
    return {
        "value": found[-1].value if found else None,
        "unit": unit_of(sources.spec, tile.metric),
        "at": found[-1].timestamp_ms if found else None,
        "note": "",
    }


def _newest(found: Sequence[Datapoint], step: int) -> Datapoint | None:
    """The last datapoint, or the one of the period before it while the last has too few values."""
    if not found:
        return None
    last = found[-1]
    before = found[-2] if len(found) > 1 and found[-2].timestamp_ms == last.timestamp_ms - step else last
    return before if last.samples < min(ENOUGH_SAMPLES, before.samples) else last


def _counted(count: float | None, total: float | None) -> dict[str, Any]:
    return {
        "value": count,
        "unit": "Count",
        "at": None,
        "note": "" if count is None or not total else f"{100 * count / total:.3g} % of {total:,.0f}",
    }


def _total(sources: Sources, metric: str, start_ms: int, end_ms: int) -> float | None:
    period = period_for(start_ms, end_ms, sources.now_ms(), sources.finest)
    found = _datapoints(sources, metric, "Sum", period, start_ms, end_ms)
    return sum(d.value for d in found) if found else None


def _spark(sources: Sources, metric: str, statistic: str, start_ms: int, end_ms: int) -> list[float | None]:
    """At most 90 whole periods, so that the last one does not look like a fall."""
    now_ms = sources.now_ms()
    period = period_for(start_ms, end_ms, now_ms, sources.finest, SPARK_POINTS)
    step = period * 1000
    first = -(-start_ms // step) * step
    count = max(0, (min(end_ms, now_ms - sources.late_ms) - first) // step)
    values: list[float | None] = [None] * count
    for d in _datapoints(sources, metric, statistic, period, first, first + count * step) if count else ():
        values[(d.timestamp_ms - first) // step] = d.value
    return values


def _datapoints(
    sources: Sources, metric: str, statistic: str, period: int, start_ms: int, end_ms: int
) -> Sequence[Datapoint]:
    dimensions = sources.spec.identity.dimensions
    return sources.metrics.datapoints(metric, statistic, period, start_ms, end_ms, dimensions)
