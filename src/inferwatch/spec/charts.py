"""Which series each chart of the dashboard shows, and which each tile. A chart is a widget of metrics over time."""

from __future__ import annotations

import msgspec

from inferwatch.spec import record
from inferwatch.spec.dashboard import Widget
from inferwatch.spec.monitor_spec import MonitorSpec


class Series(msgspec.Struct, frozen=True):
    """One line. id: unique in its chart or among the tiles; label: in the legend or over the figure."""

    id: str
    label: str
    metric: str
    statistic: str


class Chart(msgspec.Struct, frozen=True):
    """One chart. id: the widget's, `w` and its place in the spec; unit: of every series, as `unit_of` has it."""

    id: str
    type: str
    title: str
    unit: str
    series: tuple[Series, ...]


_SERIES: dict[str, tuple[Series, ...]] = {
    "invocations": (
        Series("invocations", "Invocations", record.INVOCATIONS, "Sum"),
        Series("errors", "Errors", record.ERROR_COUNT, "Sum"),
        Series("rejected", "Rejected", record.REJECTED_COUNT, "Sum"),
        Series("throttled", "Throttled", record.THROTTLES, "Sum"),
        Series("retried", "Retried", record.RETRIED_COUNT, "Sum"),
        Series("endpoint_errors", "Endpoint errors", record.MODEL_ERRORS, "Sum"),
    ),
    "latency": tuple(Series(p, p, record.LATENCY_MS, p) for p in ("p50", "p90", "p99")),
    "probability": (
        Series("average", "Average", record.PREDICTION_PROBABILITY, "Average"),
        Series("p10", "p10", record.PREDICTION_PROBABILITY, "p10"),
    ),
    "memory": (
        Series("maximum", "Maximum", record.MAX_MEMORY_USED_MB, "Maximum"),
        Series("average", "Average", record.MAX_MEMORY_USED_MB, "Average"),
    ),
    "init": (
        Series("maximum", "Slowest", record.INIT_DURATION_MS, "Maximum"),
        Series("average", "Average", record.INIT_DURATION_MS, "Average"),
    ),
    "queue": (
        Series("queued", "Waiting", record.QUEUED_MESSAGES, "Maximum"),
        Series("dead", "Dead letters", record.DEAD_LETTERS, "Maximum"),
    ),
    "age": (Series("oldest", "Age", record.OLDEST_MESSAGE_AGE, "Maximum"),),
    "endpoint": (
        *(Series(p, f"Model {p}", record.MODEL_LATENCY, p) for p in ("p50", "p90", "p99")),
        Series("overhead", "Overhead, average", record.OVERHEAD_LATENCY, "Average"),
    ),
}

_TILES = (
    Series("rate", "Inferences a minute", record.INVOCATIONS, "Sum"),
    Series("latency", "Average latency", record.LATENCY_MS, "Average"),
    Series("p95", "p95 latency", record.LATENCY_MS, "p95"),
    Series("succeeded", "Succeeded", record.SUCCESS_COUNT, "Sum"),
    Series("errors", "Errors", record.ERROR_COUNT, "Sum"),
    Series("queued", "Waiting in the queue", record.QUEUED_MESSAGES, "Maximum"),
    Series("dead", "Dead letters", record.DEAD_LETTERS, "Maximum"),
    Series("confidence", "Confidence", record.PREDICTION_PROBABILITY, "Average"),
)


def widget_id(index: int) -> str:
    """The id of the widget at `index` of the spec's dashboard."""
    return f"w{index}"


def unit_of(spec: MonitorSpec, metric: str) -> str:
    """CloudWatch's word for the metric's unit, or `Fraction`, which CloudWatch lacks, for a probability."""
    return "Fraction" if metric == record.PREDICTION_PROBABILITY else spec.unit(metric) or "None"


def tiles(spec: MonitorSpec) -> tuple[Series, ...]:
    """The tiles of a model, in order: what each figure, and the shape behind it, is of."""
    return _those_of(spec, _TILES)


def charts(spec: MonitorSpec) -> tuple[Chart, ...]:
    """The charts among the spec's widgets, in order."""
    return tuple(
        _chart(spec, widget_id(index), widget)
        for index, widget in enumerate(spec.dashboard.widget)
        if widget.type in _SERIES or widget.type == "metric"
    )


def _chart(spec: MonitorSpec, chart_id: str, widget: Widget) -> Chart:
    if widget.type == "metric":
        series: tuple[Series, ...] = (Series("value", widget.statistic, widget.metric or "", widget.statistic),)
    else:
        series = _those_of(spec, _SERIES[widget.type])
    unit = "Count" if series[0].statistic == "SampleCount" else unit_of(spec, series[0].metric)
    return Chart(chart_id, widget.type, widget.title or widget.metric or widget.type.title(), unit, series)


def _those_of(spec: MonitorSpec, series: tuple[Series, ...]) -> tuple[Series, ...]:
    """Without those of metrics that this model does not have."""
    return tuple(one for one in series if _has(spec, one.metric))


def _has(spec: MonitorSpec, metric: str) -> bool:
    return spec.has_confidence if metric == record.PREDICTION_PROBABILITY else spec.unit(metric) is not None
