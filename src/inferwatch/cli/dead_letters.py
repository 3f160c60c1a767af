"""`inferwatch dead-letters`: what a model's queue could not get done, why, and having it tried again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from inferwatch.cli import options, output
from inferwatch.cli.log import Log
from inferwatch.cli.model_queue import ModelQueue, deployed, on_queue
from inferwatch.cloudwatch.names import names
from inferwatch.sdk.clock import iso
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    import boto3

IDS_A_SEARCH = 20
"""A filter pattern of CloudWatch's has at most 1,024 characters, and an id takes 40."""
LINES_A_SEARCH = 1000
BODY_WIDTH = 60
REASON_WIDTH = 160
NO_REASON = "-"

Errors = Mapping[str, Any]
"""Message id -> the error in the log's last line about it."""


class DeadLetter(Protocol):
    """sent_ms: epoch milliseconds; receives: how often it was received."""

    @property
    def id(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def sent_ms(self) -> int: ...

    @property
    def receives(self) -> int: ...


@click.command()
@on_queue
@options.as_json
@click.option("-n", "--lines", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--retry", is_flag=True, help="Move all of them back into the queue, to be tried again.")
def command(queue: ModelQueue, as_json: bool, lines: int, retry: bool) -> None:
    """List the messages in a model's dead-letter queue, each with the error of its last try, as the log has it.

    Nothing is changed by that. With --retry all of them are moved back, each as a new message.
    """
    if queue.port is not None and not retry:
        raise click.UsageError("--queue-port goes with --retry: what lies in the queue is read from the data folder")
    spec = queue.spec()
    if retry:
        _retry(spec, queue, as_json)
        return
    found, count, errors = _on_aws(spec, queue.region, lines) if queue.aws else _here(spec, queue.data, lines)
    _print(found, errors, as_json)
    name = names(spec).dead_letters
    if not found:
        output.note(f"{name} is empty")
    elif count > len(found):
        output.note(f"{len(found)} of {count} in {name}; -n shows more")


def _here(spec: MonitorSpec, data: Path, most: int) -> tuple[Sequence[DeadLetter], int, Errors]:
    from inferwatch.local.queue.look import look

    found, count = look(data, names(spec).dead_letters, most)
    ids = {message.id for message in found}
    log = Log(data, names(spec).log_group, lambda entry: entry.document.get("message_id") in ids)
    return found, count, _errors(entry.document for entry in log.new()) if ids else {}


def _on_aws(spec: MonitorSpec, region: str | None, most: int) -> tuple[Sequence[DeadLetter], int, Errors]:
    from inferwatch.aws.resources import queue
    from inferwatch.aws.session import open_session

    session = open_session(spec.aws, region)
    there = deployed(session, names(spec).dead_letters)
    found = queue.look(session, there.url, most)
    return found, there.waiting + there.in_flight, _logged(session, names(spec).log_group, found)


def _logged(session: boto3.Session, log_group: str, found: Sequence[DeadLetter]) -> Errors:
    """By searches of the log from the time of the oldest message on."""
    from inferwatch.aws.reading import log_events

    errors: dict[str, Any] = {}
    for start in range(0, len(found), IDS_A_SEARCH):
        some = found[start : start + IDS_A_SEARCH]
        ids = [message.id for message in some]
        events = log_events.holding(session, log_group, ids, some[0].sent_ms, at_most=LINES_A_SEARCH)
        errors |= _errors(event.document for event in events)
    return errors


def _errors(documents: Iterable[dict[str, Any]]) -> Errors:
    """documents: lines about messages, oldest first."""
    return {str(one.get("message_id")): one["error"] for one in documents if isinstance(one.get("error"), dict)}


def _print(found: Sequence[DeadLetter], errors: Errors, as_json: bool) -> None:
    if as_json:
        output.json_lines(
            {
                "message_id": one.id,
                "sent_at": iso(one.sent_ms),
                "receives": one.receives,
                "body": one.body,
                "error": errors.get(one.id),
            }
            for one in found
        )
    elif found:
        rows = [
            (
                one.id,
                output.moment(one.sent_ms),
                str(one.receives),
                output.line(one.body, BODY_WIDTH),
                _reason(errors, one.id),
            )
            for one in found
        ]
        output.table(("message", "sent", "receives", "body", "reason"), rows)


def _reason(errors: Errors, message_id: str) -> str:
    error = errors.get(message_id)
    return output.line(f"{error.get('type')}: {error.get('message')}", REASON_WIDTH) if error else NO_REASON


def _retry(spec: MonitorSpec, asked: ModelQueue, as_json: bool) -> None:
    named = names(spec)
    if asked.aws:
        from inferwatch.aws.resources import queue
        from inferwatch.aws.session import open_session

        session = open_session(spec.aws, asked.region)
        dead, trigger = deployed(session, named.dead_letters), deployed(session, named.queue)
        queue.move(session, dead, trigger)
        count, says = dead.waiting, f"SQS moves about {dead.waiting} messages from {dead.name} to {trigger.name}"
    else:
        from inferwatch.local.queue import client

        count = client.move_back(asked.endpoint(), named.dead_letters)
        says = f"{count} messages are back in {named.queue}"
    if as_json:
        output.json_lines([{"queue": named.queue, "messages": count}])
    else:
        click.echo(says)
