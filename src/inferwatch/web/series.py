"""Datapoints for the charts: one value for each period of the range, None where nothing was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inferwatch.spec.charts import Chart, Series
from inferwatch.spec.statistic import ADDITIVE
from inferwatch.web.resolution import period_for
from inferwatch.web.sources import Sources

NEWEST_MS = 60_000


def series_view(sources: Sources, charts: Sequence[Chart], start_ms: int, end_ms: int) -> dict[str, Any]:
    """The charts over [start_ms, end_ms), all with one period in seconds, first and times in epoch milliseconds.

    `charts` maps a chart's id to its series, and a series' id to its values; value i belongs to the period that
    begins at first + 1000 * i * period.
    """
    now_ms = sources.now_ms()
    period = period_for(start_ms, end_ms, now_ms, sources.finest)
    step = period * 1000
    first = start_ms - start_ms % step
    count = -(-(end_ms - first) // step)
    values = {
        chart.id: {
            one.id: _dense(_points(sources, one, period, first, end_ms, now_ms), first, step, count)
            for one in chart.series
        }
        for chart in charts
    }
    return {"start": start_ms, "end": end_ms, "period": period, "first": first, "count": count, "charts": values}


def newest_view(sources: Sources, charts: Sequence[Chart], range_ms: int) -> dict[str, Any]:
    """What came last of the charts over the last `range_ms`: `[time, value]` of the newest periods of each series."""
    now_ms = sources.now_ms()
    period = period_for(now_ms - range_ms, now_ms, now_ms, sources.finest)
    start_ms = now_ms - sources.late_ms - max(NEWEST_MS, 2000 * period)
    values = {
        chart.id: {one.id: _points(sources, one, period, start_ms, now_ms, now_ms) for one in chart.series}
        for chart in charts
    }
    return {"period": period, "charts": values}


def _points(
    sources: Sources, series: Series, period: int, start_ms: int, end_ms: int, now_ms: int
) -> list[tuple[int, float]]:
    """The series' datapoints. A sum of a period that is not over, or not all there, would look like a fall."""
    found = sources.metrics.datapoints(
        series.metric, series.statistic, period, start_ms, end_ms, sources.spec.identity.dimensions
    )
    whole_only, whole_ms = series.statistic in ADDITIVE, now_ms - sources.late_ms - 1000 * period
    return [(d.timestamp_ms, d.value) for d in found if not whole_only or d.timestamp_ms <= whole_ms]


def _dense(points: Sequence[tuple[int, float]], first: int, step: int, count: int) -> list[float | None]:
    values: list[float | None] = [None] * count
    for timestamp, value in points:
        index = (timestamp - first) // step
        if 0 <= index < count:
            values[index] = value
    return values
