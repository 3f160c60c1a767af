"""`inferwatch up`: serve the model of a folder, record and watch it."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from inferwatch.cli import options, output
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.sample import sample

if TYPE_CHECKING:
    from inferwatch.cli.station import Station

HOST = "127.0.0.1"
PORT = 8080
PAGE_PORT = 8081
QUEUE_PORT = 9324
"""Where SQS on one machine is usually found."""

_PORTS = click.IntRange(0, 65_535)


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.data
@options.environment
@click.option("--host", default=HOST, show_default=True, help="Address that the gateway binds.")
@click.option("--port", type=_PORTS, default=PORT, show_default=True, help="Of the gateway.")
@click.option("--page-port", type=_PORTS, default=PAGE_PORT, show_default=True, help="Of the page.")
@click.option("--queue-port", type=_PORTS, default=QUEUE_PORT, show_default=True, help="Of the queue.")
@options.description
def command(
    *,
    path: Path,
    data: Path,
    environment: str | None,
    host: str,
    port: int,
    page_port: int,
    queue_port: int,
    description: str,
) -> None:
    """Serve the model in PATH (its folder or its inferwatch.toml), record and watch it until Ctrl-C.

    POST /predict takes the features as JSON. A model with a queue has it at the queue's port, for the AWS CLI, for
    `inferwatch send` and whatever else speaks SQS. Ports of 0 take free ones. What is served is registered: code that
    is not the code of a version yet becomes the next one. A model without `predict` is not served, and what its own
    programs record into the data folder is watched.
    """
    from inferwatch.cli.station import Station

    spec = load_spec(path, environment)
    ports = {"port": port, "page_port": page_port, "queue_port": queue_port}
    station = Station(spec, data, os.environ, host=host, description=description, **ports)

    def started() -> None:
        output.note(f"{spec.identity.log_group}, {_numbers(station)}, {spec.identity.environment} is up.")
        for line in _said(station):
            output.note(f"  {line}")
        output.note("Ctrl-C ends it.")
        _freeze()

    station.run(started, lambda: output.note(f"Starting {spec.identity.log_group} ..."))


def _freeze() -> None:
    """Leave what has been loaded out of the search for garbage.

    Else the interpreter searches all of moto and botocore when it ends, for a quarter of a second. DuckDB must not be
    among it: as the interpreter ends, DuckDB's bindings print a list of all that was not freed.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()


def _numbers(station: Station) -> str:
    if station.registration is not None and station.registration.plan is not None:
        return station.registration.plan.says()
    return f"version {station.spec.identity.model_version}"


def _said(station: Station) -> list[str]:
    if station.function is None:
        lines = ["records  of programs that write into the data folder; the spec names no `predict` to serve"]
    else:
        lines = [f"predict  {station.function.url}/predict"]
        if queue := station.function.queue:
            lines.append(f"queue    {queue.url}")
            lines.append(f"dead     {queue.dead_letters_url}")
            lines.append(f"send     {send_command(station.spec, station.data)}")
    return [*lines, f"page     {station.page_link}", f"data     {station.data.resolve()}"]


def send_command(spec: MonitorSpec, data: Path) -> str:
    """The command that puts a message into the queue of a model that is up, from where `up` was called."""
    words = ["inferwatch", "send", orjson.dumps(sample(spec.features) or {"payload": "..."}).decode()]
    if Path(spec.folder).resolve() != Path.cwd():
        words += ["--spec", spec.folder]
    if data != options.DATA:
        words += ["--data", str(data)]
    if spec.environments and spec.identity.environment != "dev":
        words += ["--environment", spec.identity.environment]
    return shlex.join(words)
