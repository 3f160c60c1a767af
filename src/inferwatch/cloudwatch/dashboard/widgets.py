"""The metric widgets: charts, figures with the shape behind them, tiles."""

from __future__ import annotations

from typing import Any

import msgspec

from inferwatch.cloudwatch.address import MetricAddress, address, killed
from inferwatch.cloudwatch.alarms import TOTAL
from inferwatch.cloudwatch.dashboard.annotations import thresholds
from inferwatch.cloudwatch.names import Names
from inferwatch.spec import record
from inferwatch.spec.charts import Chart, Series, tiles
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import MINUTE
from inferwatch.spec.statistic import ADDITIVE

Row = list[Any]
"""One metric or expression of a widget: namespace, name, each dimension's name and value, then its options."""


class Place(msgspec.Struct, frozen=True):
    """Where a dashboard is and whose. alarm_arn: what stands before an alarm's name in its ARN."""

    spec: MonitorSpec
    called: Names
    region: str
    alarm_arn: str


def chart_widget(place: Place, chart: Chart) -> dict[str, Any]:
    """A chart over time, with its alarms' thresholds."""
    lines = thresholds(place.spec, chart)
    annotations = {"annotations": {"horizontal": lines}} if lines else {}
    return {
        **metrics_of(place, [_row(place, series, series.label) for series in chart.series] + _killed(place, chart)),
        "title": chart.title,
        "view": "timeSeries",
        "stacked": False,
        "yAxis": {"left": _axis(chart)},
        **annotations,
    }


def figures_widget(place: Place, chart: Chart) -> dict[str, Any]:
    """The newest value of each series, with the shape of the range behind it."""
    rows = [_row(place, series, series.label) for series in chart.series]
    return {**metrics_of(place, rows), "title": chart.title, "view": "singleValue", "sparkline": True}


def tiles_widget(place: Place) -> dict[str, Any]:
    """The tiles: of the newest minute each, and with the total of the range where it is a sum."""
    rows = [row for tile in tiles(place.spec) for row in _tile(place, tile)]
    return {**metrics_of(place, rows), "view": "singleValue", "sparkline": True}


def _tile(place: Place, tile: Series) -> list[Row]:
    label = f"{tile.label}, ${{SUM}} in all" if tile.statistic in ADDITIVE and tile.id != "rate" else tile.label
    if tile.metric != record.ERROR_COUNT:
        return [_row(place, tile, label)]
    own = row_at(address(place.spec, tile.metric, called=place.called), id="own", stat=tile.statistic, visible=False)
    lost = row_at(killed(place.spec, called=place.called), id="killed", stat=tile.statistic, visible=False)
    return [[{"expression": TOTAL, "id": "total", "label": label}], own, lost]


def _killed(place: Place, chart: Chart) -> list[Row]:
    """Lambda's errors beside ours: invocations that left no record."""
    if chart.type != "invocations":
        return []
    return [row_at(killed(place.spec, called=place.called), label="Killed (Lambda's Errors)", stat="Sum")]


def _row(place: Place, series: Series, label: str) -> Row:
    return row_at(address(place.spec, series.metric, called=place.called), label=label, stat=series.statistic)


def row_at(at: MetricAddress, **options: Any) -> Row:
    """options: how the row is shown, by CloudWatch's names."""
    dimensions = [part for pair in at.dimensions.items() for part in pair]
    return [at.namespace, at.name, *dimensions, options]


def metrics_of(place: Place, rows: list[Row]) -> dict[str, Any]:
    """What every widget of metrics has."""
    return {"metrics": rows, "region": place.region, "period": MINUTE}


def _axis(chart: Chart) -> dict[str, Any]:
    """A probability lies in 0..1. Every metric that a model has begins at 0; one of the spec's own may lie below."""
    if chart.unit == "Fraction":
        return {"min": 0, "max": 1, "showUnits": False}
    named = {} if chart.unit == "None" else {"label": chart.unit}
    start = {"min": 0} if chart.series[0].metric in record.BUILT_IN_UNITS else {}
    return {**start, "showUnits": False, **named}
