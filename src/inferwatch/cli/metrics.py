"""`inferwatch metrics`: which metrics there are, and the datapoints of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms, patience
from inferwatch.cli.deployed import Deployed, on_aws
from inferwatch.errors import QueryError
from inferwatch.ports import MetricSource
from inferwatch.spec.fault import suggestion
from inferwatch.store import Store
from inferwatch.store.rollups.rollup import Series


class Dimension(click.ParamType[tuple[str, str]]):
    """A dimension's name and value, `environment=prod`."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, sign, text = value.partition("=")
        if not sign:
            self.fail(f"{value!r} is no dimension; write it as environment=prod", param, ctx)
        return name, text


@click.command()
@click.argument("metric", required=False)
@click.option("--statistic", default="Average", show_default=True, help="Average, Sum, Minimum, Maximum, ..., p99.")
@click.option("--period", type=int, default=60, show_default=True, help="Seconds: 10, 20, 30 or a multiple of 60.")
@options.since("1h")
@click.option("--dimension", "wanted", type=Dimension(), multiple=True, help="Only series with it; may stand twice.")
@options.data
@on_aws
@options.as_json
def command(
    metric: str | None,
    statistic: str,
    period: int,
    since: int,
    wanted: tuple[tuple[str, str], ...],
    data: Path,
    deployed: Deployed | None,
    as_json: bool,
) -> None:
    """List the metrics, or print the datapoints of METRIC, oldest first. Times are UTC, the period's start."""
    with _on_aws(deployed) if deployed else _of(data) as metrics:
        series = [one for one in metrics.series if dict(wanted).items() <= one.dimensions.items()]
        if metric is None:
            _list(series, as_json)
            return
        named = [one for one in series if one.metric == metric]
        if not named:
            known = sorted({one.metric for one in series})
            hint = suggestion(metric, known)
            raise QueryError(f"{metrics.where} has no metric {metric!r}; it has {', '.join(known) or 'none'}{hint}")
        _print([row for one in named for row in _datapoints(metrics, one, statistic, period, since)], as_json)


class Metrics(NamedTuple):
    """where: for messages; source: of the datapoints of a metric namespace."""

    where: str
    series: Sequence[Series]
    source: Callable[[str], MetricSource]


@contextmanager
def _of(data: Path) -> Iterator[Metrics]:
    with Store.open(data, writer=False) as store:
        yield Metrics(str(data), store.series(), store.metrics)


@contextmanager
def _on_aws(deployed: Deployed) -> Iterator[Metrics]:
    from inferwatch.aws.reading.metrics import CloudWatchMetricSource
    from inferwatch.aws.reading.series import series

    site = deployed.site()
    source = CloudWatchMetricSource(site, patience())
    yield Metrics(f"CloudWatch in {site.where}", series(site), lambda _: source)


def _list(series: Iterable[Series], as_json: bool) -> None:
    if as_json:
        output.json_lines(one._asdict() for one in series)
    else:
        rows = [(one.metric, one.unit, one.namespace, _text(one.dimensions)) for one in series]
        output.table(("Metric", "Unit", "Namespace", "Dimensions"), rows)


def _datapoints(metrics: Metrics, one: Series, statistic: str, period: int, since: int) -> list[dict[str, Any]]:
    now = now_ms()
    start = now - since
    found = metrics.source(one.namespace).datapoints(one.metric, statistic, period, start, now, one.dimensions)
    shared = {"metric": one.metric, "statistic": statistic, "period": period, "unit": one.unit}
    return [{**shared, "dimensions": one.dimensions, "at": p.timestamp_ms, "value": p.value} for p in found]


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        output.json_lines(rows)
    elif not rows:
        output.note("no data in this time; --since looks further back")
    else:
        cells = [(output.moment(r["at"]), f"{r['value']:.6g}", r["unit"], _text(r["dimensions"])) for r in rows]
        output.table(("At", rows[0]["statistic"], "Unit", "Dimensions"), cells)


def _text(dimensions: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in dimensions.items())
