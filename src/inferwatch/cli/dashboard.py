"""`inferwatch dashboard`: the page alone, over a data folder or over what AWS has of a model."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.errors import AwsError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

PAGE_PORT = 8081
LOCAL_INTERVAL_S = 1.0
LEAST_REFRESH_MS = 10_000


class Refresh(options.Span):
    """A span of at least 10 s."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        span = super().convert(value, param, ctx)
        if span < LEAST_REFRESH_MS:
            self.fail(f"{value} is too short; 10s at least", param, ctx)
        return span


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.data
@options.aws
@options.region
@options.environment
@click.option("--model", "node", help="Show all models at or below this node, /abc_corp, before any one of them.")
@click.option("--page-port", type=click.IntRange(0, 65_535), default=PAGE_PORT, show_default=True, help="Of the page.")
@click.option("--refresh", type=Refresh(), default="60s", show_default=True, help="With --aws: how often AWS is asked.")
def command(
    path: Path,
    data: Path,
    aws: bool,
    region: str | None,
    environment: str | None,
    node: str | None,
    page_port: int,
    refresh: int,
) -> None:
    """Show the page of the model in PATH until Ctrl-C: over the data folder, or with --aws over CloudWatch.

    Nothing is served, recorded or evaluated meanwhile: that is what `up` does, or AWS.
    """
    if region is not None and not aws:
        raise click.UsageError("--region goes with --aws")
    spec = load_spec(path, environment)
    if aws:
        _over_aws(spec, region, node, page_port, refresh)
    else:
        _over_data(spec, data, node, page_port)


def _over_aws(spec: MonitorSpec, region: str | None, node: str | None, page_port: int, refresh_ms: int) -> None:
    from inferwatch.aws.patience import Patience
    from inferwatch.aws.site import open_site
    from inferwatch.cli.aws_sources import aws_sources
    from inferwatch.cli.page import serve_page
    from inferwatch.local.serve import bind

    site = open_site(spec, region)
    ended = threading.Event()

    def pause(seconds: float) -> None:
        if ended.wait(seconds):
            raise AwsError("the page was closed")

    sources = aws_sources(site, refresh_ms, Patience(now_ms, pause), node)
    bound = bind("the page", page_port)

    def ready(link: str) -> None:
        _say(spec, link)
        output.note(f"  data     {site.where}, asked every {refresh_ms // 1000} s while the page is open")
        output.note("Ctrl-C ends it.")

    serve_page(sources, bound, interval=refresh_ms / 1000, ready=ready, ending=ended.set, path=_path(node))


def _over_data(spec: MonitorSpec, data: Path, node: str | None, page_port: int) -> None:
    from inferwatch.cli.page import serve_page
    from inferwatch.cli.scope import scope
    from inferwatch.cli.station.page_sources import local_sources
    from inferwatch.cli.station.readers import Readers, SharedMetricSource
    from inferwatch.local.serve import bind
    from inferwatch.store import lock

    readers = Readers(data)
    with readers.store():  # a folder that cannot be read is told before anything is served
        bound = bind("the page", page_port)
    metrics = SharedMetricSource(readers, spec.identity.metric_namespace)

    def ready(link: str) -> None:
        _say(spec, link)
        output.note(f"  data     {data.resolve()}")
        if not lock.is_held(data):
            output.note("  No `inferwatch up` runs on it: charts and alarms stand still.")
        output.note("Ctrl-C ends it.")

    sources = local_sources(spec, scope(spec), readers, metrics, dict, node=node or "/")
    try:
        serve_page(sources, bound, interval=LOCAL_INTERVAL_S, ready=ready, path=_path(node))
    finally:
        readers.close()


def _path(node: str | None) -> str:
    """Where the link leads: to the model, or to all models below a node."""
    return "" if node is None else "overview"


def _say(spec: MonitorSpec, link: str) -> None:
    identity = spec.identity
    output.note(f"{identity.log_group}, version {identity.model_version}, {identity.environment}")
    output.note(f"  page     {link}")
