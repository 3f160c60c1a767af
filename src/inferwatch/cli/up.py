"""`inferwatch up`: serve the model of a folder, record and watch it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from inferwatch.cli import options, output
from inferwatch.spec import load_spec

HOST = "127.0.0.1"
PORT = 8080
PAGE_PORT = 8081


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.data
@options.environment
@click.option("--host", default=HOST, show_default=True, help="Address that the gateway binds.")
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="Of the gateway.")
@click.option("--page-port", type=click.IntRange(0, 65_535), default=PAGE_PORT, show_default=True, help="Of the page.")
def command(path: Path, data: Path, environment: str | None, host: str, port: int, page_port: int) -> None:
    """Serve the model in PATH (its folder or its inferwatch.toml), record and watch it until Ctrl-C.

    POST /predict takes the features as JSON. Ports of 0 take free ones. A model without `predict` is not served, and
    what its own programs record into the data folder is watched.
    """
    from inferwatch.cli.station import Station

    spec = load_spec(path, environment)
    station = Station(spec, data, os.environ, host=host, port=port, page_port=page_port)

    def started() -> None:
        name = f"{spec.identity.log_group}, version {spec.identity.model_version}, {spec.identity.environment}"
        output.note(f"{name} is up.")
        if station.gateway_url:
            output.note(f"  predict  {station.gateway_url}/predict")
        else:
            output.note("  records  of programs that write into the data folder; the spec names no `predict` to serve")
        output.note(f"  page     {station.page_link}")
        output.note(f"  data     {data.resolve()}")
        output.note("Ctrl-C ends it.")

    station.run(started, lambda: output.note(f"Starting {spec.identity.log_group} ..."))
