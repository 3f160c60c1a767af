"""`inferwatch tail`: what the models log, as people read it or as it stands in the files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson

from inferwatch.cli import options, output
from inferwatch.errors import StoreError
from inferwatch.store.scan import LONGEST_LINE, Event, complete, scan
from inferwatch.store.streams import Stream, discover, read, size

BACK_BYTES = 256 * 1024
"""So much of each stream's end is looked at for the last lines."""
POLL_SECONDS = 0.2
STYLES = {"failed": "red", "timeout": "red", "rejected": "yellow", "succeeded": "green"}


class Entry(NamedTuple):
    """One event of a stream. at_ms: of text, that of the event before it."""

    at_ms: int
    stream: Stream
    event: Event
    raw: bytes


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
    log = Log(data, log_group)
    for entry in log.last(lines):
        _print(entry, as_json)
    pause = threading.Event()
    while follow and not pause.wait(POLL_SECONDS):
        for entry in sorted(log.new(), key=lambda entry: entry.at_ms):
            _print(entry, as_json)


class Log:
    """The streams of a data folder, each read on from where it was left."""

    def __init__(self, data: Path, log_group: str | None) -> None:
        self._data = data
        self._log_group = log_group.rstrip("/") if log_group else None
        self._read: dict[str, int] = {}

    def last(self, count: int) -> list[Entry]:
        """The newest `count` entries, oldest first; `new` goes on behind them."""
        entries: list[Entry] = []
        for stream in self._streams():
            entries += self._entries(stream, _line_start(stream, size(stream.path) - BACK_BYTES))
        return sorted(entries, key=lambda entry: entry.at_ms)[-count:] if count else []

    def new(self) -> Iterator[Entry]:
        """What the streams gained since the last look."""
        for stream in self._streams():
            start = self._read.get(stream.key, 0)
            if size(stream.path) > start:
                yield from self._entries(stream, start)

    def _streams(self) -> Iterator[Stream]:
        wanted = self._log_group
        for stream in discover(self._data):
            if wanted is None or stream.log_group == wanted or stream.log_group.startswith(f"{wanted}/"):
                yield stream

    def _entries(self, stream: Stream, start: int) -> Iterator[Entry]:
        at_ms = 0
        while piece := read(stream.path, start, LONGEST_LINE):
            piece = piece[: complete(piece)]
            if not piece:
                break
            for event in scan(piece, start):
                at_ms = event.at_ms or at_ms
                begin = event.offset - start
                yield Entry(at_ms, stream, event, piece[begin : begin + event.length])
            start += len(piece)
        self._read[stream.key] = start


def _line_start(stream: Stream, offset: int) -> int:
    """Where the first whole line at or behind `offset` begins."""
    if offset <= 0:
        return 0
    return offset + read(stream.path, offset, LONGEST_LINE).find(b"\n") + 1


def _print(entry: Entry, as_json: bool) -> None:
    document = entry.event.document
    if as_json:
        shown = document or {"stream": entry.stream.key, "text": _text(entry.raw)}
        output.json_lines([shown])
    elif entry.event.kind == "record":
        _print_record(document)
    elif entry.event.kind == "platform":
        _print_platform(entry, document)
    elif entry.event.kind == "text":
        click.echo(f"{'':24}  {click.style('text', dim=True):9}  {_text(entry.raw).rstrip()}")


def _print_record(record: dict[str, Any]) -> None:
    status = str(record.get("status"))
    parts = [str(record.get("start_at")), click.style(f"{status:9}", fg=STYLES.get(status))]
    parts.append(f"{record.get('elapse', 0):9.1f} ms")
    parts += [f"{name} {_short(record[name])}" for name in ("prediction", "confidence") if record.get(name) is not None]
    if error := record.get("error"):
        parts.append(f"{error.get('type')}: {error.get('message')}" if isinstance(error, dict) else str(error))
    click.echo("  ".join([*parts, click.style(str(record["transaction_id"]), dim=True)]))


def _print_platform(entry: Entry, document: dict[str, Any]) -> None:
    """Of the runtime's events, those that tell something: environments that begin, end, or do not do well."""
    kind = document["type"].removeprefix("platform.")
    status = document["record"].get("status", "success")
    if kind in ("start", "report") and status == "success":
        return
    detail = f"{status} {document['record'].get('errorType', '')}".strip() if status != "success" else ""
    click.echo(f"{document['time']}  {click.style(kind, dim=True):9}  {entry.stream.name}  {detail}".rstrip())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
