"""`inferwatch transaction`: one transaction, its neighbours of the same requester, and its line in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson

from inferwatch.cli import options, output
from inferwatch.cli.asking.answers import STYLES
from inferwatch.cli.clock import patience
from inferwatch.cli.deployed import Deployed, on_aws
from inferwatch.errors import QueryError
from inferwatch.lake.instant import milliseconds
from inferwatch.ports import Record
from inferwatch.query.neighbours import Neighbours, log_group, neighbours
from inferwatch.sdk.encode import encoded
from inferwatch.store import Store

LONGEST = 1_000_000
"""Nothing of a record is cut."""


class Shown(NamedTuple):
    """line: None where the line is gone, or ingest made the record for a killed environment."""

    record: Record
    line: str | None
    near: Neighbours


@click.command()
@click.argument("identity", metavar="ID")
@options.data
@on_aws
@options.as_json
def command(identity: str, data: Path, deployed: Deployed | None, as_json: bool) -> None:
    """Show the transaction ID, those of the same requester right before and after it, and its line in the log."""
    shown = _on_aws(deployed, identity) if deployed else _of(data, identity)
    if as_json:
        near = shown.near
        output.json_lines([{"record": shown.record, "before": near.before, "after": near.after, "line": shown.line}])
        return
    for text in (*_record(shown.record), "", *_near(shown), "", *_line(shown)):
        click.echo(text)


def _of(data: Path, identity: str) -> Shown:
    with Store.open(data, writer=False) as store:
        found = store.transaction(identity)
        if found is None:
            raise QueryError(f"{data} has no transaction {identity!r}; `inferwatch query` finds them by what they hold")
        return Shown(found.record, found.line, neighbours(store.ask, found.record, log_group(found.record)))


def _on_aws(deployed: Deployed, identity: str) -> Shown:
    from inferwatch.aws.reading.questions import InsightsQuestions
    from inferwatch.aws.reading.transaction import transaction

    site = deployed.site()
    found = transaction(site, patience(), identity)
    if found is None:
        where = f"the log group {site.names.log_group} in {site.where}"
        raise QueryError(f"{where} has no transaction {identity!r}; a line shows up some seconds after it was written")
    near = neighbours(InsightsQuestions(site, patience()).ask, found.record, None)
    return Shown(found.record, found.line, near)


def _record(record: Record) -> Iterator[str]:
    """A line for each field; what is an object or an array goes on below it."""
    width = max(len(name) for name in record)
    for name, value in record.items():
        label = click.style(output.line(f"{name:{width}}", width), bold=True)
        first, *more = _told(value)
        yield f"{label}  {click.style(first, fg=STYLES.get(first)) if name == 'status' else first}"
        yield from (f"{'':{width}}  {text}" for text in more)


def _told(value: Any) -> list[str]:
    if isinstance(value, dict | list) and value:
        indented = json.dumps(orjson.loads(encoded(value)), indent=2, ensure_ascii=False)
        return [output.line(text, LONGEST) for text in indented.splitlines()]
    return [output.line(value, LONGEST) if isinstance(value, str) else encoded(value).decode()]


def _near(shown: Shown) -> Iterator[str]:
    requester, before, after = shown.near
    if requester is None:
        yield "The record does not say whose request it was, so there are no neighbours."
        return
    of = output.line(requester, LONGEST)
    if not before and not after:
        yield f"No other transaction of {of} within a day."
        return
    yield f"Of the same requester, {of}:"
    at_ms = milliseconds(shown.record["start_at"]) or 0
    for record in (*before, shown.record, *after):
        away_ms = (milliseconds(record["start_at"]) or 0) - at_ms
        away = "this one" if record is shown.record else f"{'-' if away_ms < 0 else '+'}{span(abs(away_ms))}"
        status = str(record.get("status"))
        told = click.style(f"{output.line(status, 9):9}", fg=STYLES.get(status))
        elapse = record.get("elapse")
        spent = f"{elapse:9.1f} ms" if isinstance(elapse, int | float) else f"{'':12}"
        yield f"{away:>12}  {record['start_at']}  {told}  {spent}  {output.line(record['transaction_id'], LONGEST)}"


def _line(shown: Shown) -> Iterator[str]:
    if shown.line is None:
        yield "There is no line of it in the log: the environment was killed, or the stream file is gone."
        return
    yield "Its line in the log:"
    yield output.line(shown.line.rstrip("\r\n"), LONGEST)


def span(ms: int) -> str:
    """How long a time is, for people: `350 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`."""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
