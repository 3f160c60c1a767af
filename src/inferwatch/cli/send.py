"""`inferwatch send`: put messages into a model's queue, on one machine or on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

import click

from inferwatch.cli import output
from inferwatch.cli.model_queue import ModelQueue, deployed, on_queue
from inferwatch.cloudwatch.names import names
from inferwatch.errors import InferWatchError, QueueError
from inferwatch.spec.monitor_spec import MonitorSpec

MESSAGE_MAX = 1024 * 1024
BATCH_MAX = 10
"""What SQS takes at once: so many messages, of so many bytes together."""

Send = Callable[[Sequence[str]], list[str]]


@click.command()
@click.argument("message", required=False)
@click.option("--file", type=click.File(encoding="utf-8"), help="Send each line of a file; - is standard input.")
@on_queue
def command(message: str | None, file: TextIO | None, queue: ModelQueue) -> None:
    """Put MESSAGE into the queue of a model that is up on this machine or, with --aws, deployed.

    Prints the id that the queue gives to each message. What comes of a message stands in the log: `inferwatch tail`.
    """
    if (message is None) == (file is None):
        raise click.UsageError("give a message, or --file with a message in each line")
    spec = queue.spec()
    send = _to_aws(spec, queue.region) if queue.aws else _to_this_machine(spec, queue.endpoint())
    sent = 0
    try:
        for batch in batches([message] if message is not None else _lines(file)):
            ids = send(batch)
            sent += len(ids)
            click.echo("\n".join(ids))
    except InferWatchError:
        if sent:
            output.note(f"{sent} messages were sent before this:")
        raise


def batches(messages: Iterable[str]) -> Iterator[list[str]]:
    """The messages in batches that SQS takes. Raises QueueError for a message that it never takes."""
    batch: list[str] = []
    size = 0
    for number, message in enumerate(messages, 1):
        length = len(message.encode(errors="replace"))
        if not 0 < length <= MESSAGE_MAX:
            if batch:
                yield batch
            problem = f"message {number} has {length} bytes; a queue takes 1 to {MESSAGE_MAX}"
            raise QueueError(f"{problem}. It was not sent, nor what follows it.")
        if len(batch) == BATCH_MAX or size + length > MESSAGE_MAX:
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


def _lines(file: TextIO | None) -> Iterator[str]:
    """The lines that are not empty."""
    try:
        yield from (text for line in file or () if (text := line.rstrip("\r\n")).strip())
    except UnicodeDecodeError as error:
        raise QueueError(f"{file.name if file else ''}: no UTF-8 ({error.reason} at byte {error.start})") from error


def _to_this_machine(spec: MonitorSpec, endpoint: str) -> Send:
    from inferwatch.local.queue import client

    return lambda bodies: client.send(endpoint, names(spec).queue, bodies)


def _to_aws(spec: MonitorSpec, region: str | None) -> Send:
    from inferwatch.aws.resources import queue
    from inferwatch.aws.session import open_session

    session = open_session(spec.aws, region)
    found = deployed(session, names(spec).queue)
    return lambda bodies: queue.send_batch(session, found.url, bodies)
