"""`inferwatch tail`: what the models log, as people read it or as it stands in the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.deployed import Deployed, on_aws
from inferwatch.cli.log import Log
from inferwatch.errors import StoreError
from inferwatch.sdk.encode import encoded
from inferwatch.spec.record import ENDPOINT_TYPE
from inferwatch.store.streams.scan import Kind

POLL_SECONDS = 0.2
AWS_POLL_SECONDS = 2.0
QUIET = ("platform.start", "platform.runtimeDone", "platform.report")
STYLES = {"failed": "red", "timeout": "red", "rejected": "yellow", "succeeded": "green"}


class Line(Protocol):
    """A line of a log, wherever it lies. document: its JSON object, empty where it is none; where: its stream, for
    JSON; time: of a line of text, "" where it is not known."""

    @property
    def stream_name(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def document(self) -> dict[str, Any]: ...

    @property
    def time(self) -> str: ...

    @property
    def text(self) -> str: ...


class Tail(Protocol):
    """A log that is read from its end on."""

    def last(self, count: int) -> Sequence[Line]: ...

    def new(self) -> Sequence[Line]: ...


@click.command()
@options.data
@on_aws
@options.as_json
@click.option("-n", "--lines", type=click.IntRange(0), default=20, show_default=True, help="How many of the last.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--model", "log_group", help="Only this log group and those below it, as in /abc_corp/claim.")
def command(
    data: Path, deployed: Deployed | None, as_json: bool, lines: int, follow: bool, log_group: str | None
) -> None:
    """Print the last transactions and other lines that the models log.

    With --json each is an object: the record as in the log, or {"stream", "text"} for a line that is not ours.
    """
    if deployed and log_group:
        raise click.UsageError("--model is for a data folder; with --aws the log is that of the model in --spec")
    wanted: Callable[[Line], bool] = lambda line: as_json or _tells(line)  # noqa: E731
    log = _on_aws(deployed, wanted) if deployed else _of(data, log_group, wanted)
    for line in log.last(lines):
        _print(line, as_json)
    pause = threading.Event()
    while follow and not pause.wait(AWS_POLL_SECONDS if deployed else POLL_SECONDS):
        for line in log.new():
            _print(line, as_json)


def _of(data: Path, log_group: str | None, wanted: Callable[[Line], bool]) -> Tail:
    if not data.is_dir():
        raise StoreError(f"{data} is no data folder yet; `inferwatch up` makes one, --data names another")
    return Log(data, log_group, wanted)


def _on_aws(deployed: Deployed, wanted: Callable[[Line], bool]) -> Tail:
    from inferwatch.aws.reading.tail import LogTail

    return LogTail(deployed.site(), now_ms, wanted)


def _tells(line: Line) -> bool:
    """Of the runtime's events, those do that tell of environments that begin, end, or do not do well."""
    if line.kind == "platform" and line.document["type"] in QUIET:
        return bool(line.document["record"].get("status", "success") != "success")
    return line.kind != "metrics"


def _print(line: Line, as_json: bool) -> None:
    if as_json:
        output.json_lines([line.document or {"stream": line.where, "text": line.text}])
    elif line.kind in ("record", "attempt") or _is_endpoints(line.document):
        _print_record(line.document)
    elif line.kind == "platform":
        _print_platform(line)
    else:
        click.echo(f"{line.time:24}  {click.style('text     ', dim=True)}  {line.text.rstrip()}")


def _is_endpoints(document: dict[str, Any]) -> bool:
    """Whether it is what an endpoint's container says of a transaction."""
    return document.get("type") == ENDPOINT_TYPE and "transaction_id" in document


def _print_record(record: dict[str, Any]) -> None:
    status = str(record.get("status"))
    parts = [str(record.get("start_at")), click.style(f"{status:9}", fg=STYLES.get(status))]
    elapse = record.get("elapse")
    parts.append(f"{elapse:9.1f} ms" if isinstance(elapse, int | float) else f"{'':12}")
    parts += ["in the endpoint"] if _is_endpoints(record) else []
    parts += [f"{name} {_short(record[name])}" for name in ("prediction", "confidence") if record.get(name) is not None]
    if error := record.get("error"):
        parts.append(f"{error.get('type')}: {error.get('message')}" if isinstance(error, dict) else str(error))
    if (tried := record.get("receive_count")) is not None:
        parts.append(f"try {tried}")
    click.echo("  ".join([*parts, click.style(str(record["transaction_id"]), dim=True)]))


def _print_platform(line: Line) -> None:
    kind = line.document["type"].removeprefix("platform.")
    record = line.document["record"]
    status = record.get("status", "success")
    detail = f"{status} {record.get('errorType', '')}".strip() if status != "success" else ""
    said = f"{line.document['time']}  {click.style(f'{kind:9}', dim=True)}  {line.stream_name}  {detail}"
    click.echo(said.rstrip())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else encoded(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"
