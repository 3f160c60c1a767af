"""`inferwatch tail`: what the models log, as people read it or as it stands in the files."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import click
import orjson

from inferwatch.cli import options, output
from inferwatch.cli.log import Entry, Log
from inferwatch.errors import StoreError

POLL_SECONDS = 0.2
STYLES = {"failed": "red", "timeout": "red", "rejected": "yellow", "succeeded": "green"}


@click.command()
@options.data
@options.as_json
@click.option("-n", "--lines", type=click.IntRange(0), default=20, show_default=True, help="How many of the last.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--model", "log_group", help="Only this log group and those below it, as in /abc_corp/claim.")
def command(data: Path, as_json: bool, lines: int, follow: bool, log_group: str | None) -> None:
    """Print the last transactions and other lines that the models log.

    With --json each is an object: the record as in the log, or {"stream", "text"} for a line that is not ours.
    """
    if not data.is_dir():
        raise StoreError(f"{data} is no data folder yet; `inferwatch up` makes one, --data names another")
    log = Log(data, log_group, wanted=lambda entry: as_json or _tells(entry))
    for entry in log.last(lines):
        _print(entry, as_json)
    pause = threading.Event()
    while follow and not pause.wait(POLL_SECONDS):
        for entry in log.new():
            _print(entry, as_json)


def _tells(entry: Entry) -> bool:
    """Of the runtime's events, those do that tell of environments that begin, end, or do not do well."""
    document = entry.event.document
    if entry.event.kind == "platform" and document["type"] in ("platform.start", "platform.report"):
        return bool(document["record"].get("status", "success") != "success")
    return entry.event.kind != "metrics"


def _print(entry: Entry, as_json: bool) -> None:
    document = entry.event.document
    if as_json:
        shown = document or {"stream": entry.stream.key, "text": entry.text}
        output.json_lines([shown])
    elif entry.event.kind == "record":
        _print_record(document)
    elif entry.event.kind == "platform":
        _print_platform(entry, document)
    else:
        click.echo(f"{'':24}  {click.style('text     ', dim=True)}  {entry.text.rstrip()}")


def _print_record(record: dict[str, Any]) -> None:
    status = str(record.get("status"))
    parts = [str(record.get("start_at")), click.style(f"{status:9}", fg=STYLES.get(status))]
    elapse = record.get("elapse")
    parts.append(f"{elapse:9.1f} ms" if isinstance(elapse, int | float) else f"{'':12}")
    parts += [f"{name} {_short(record[name])}" for name in ("prediction", "confidence") if record.get(name) is not None]
    if error := record.get("error"):
        parts.append(f"{error.get('type')}: {error.get('message')}" if isinstance(error, dict) else str(error))
    click.echo("  ".join([*parts, click.style(str(record["transaction_id"]), dim=True)]))


def _print_platform(entry: Entry, document: dict[str, Any]) -> None:
    kind = document["type"].removeprefix("platform.")
    status = document["record"].get("status", "success")
    detail = f"{status} {document['record'].get('errorType', '')}".strip() if status != "success" else ""
    click.echo(f"{document['time']}  {click.style(f'{kind:9}', dim=True)}  {entry.stream.name}  {detail}".rstrip())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"
