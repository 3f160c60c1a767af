"""`inferwatch send`: put messages into a model's queue, on one machine or on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

import click

from inferwatch.cli import options, output
from inferwatch.cli.up import QUEUE_PORT
from inferwatch.cloudwatch.names import names
from inferwatch.errors import InferWatchError, QueueError, SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

MESSAGE_MAX = 1024 * 1024
BATCH_MAX = 10
"""What SQS takes at once: so many messages, of so many bytes together."""

Send = Callable[[Sequence[str]], list[str]]


@click.command()
@click.argument("message", required=False)
@click.option("--file", type=click.File(encoding="utf-8"), help="Send each line of a file; - is standard input.")
@click.option(
    "--spec",
    "spec_path",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The model's folder or its inferwatch.toml. [default: here]",
)
@options.environment
@options.data
@click.option(
    "--queue-port",
    type=click.IntRange(1, 65_535),
    help=f"Of the queue. [default: that of the `up` which has the data folder, else {QUEUE_PORT}]",
)
@options.aws
@options.region
def command(
    message: str | None,
    file: TextIO | None,
    spec_path: Path,
    environment: str | None,
    data: Path,
    queue_port: int | None,
    aws: bool,
    region: str | None,
) -> None:
    """Put MESSAGE into the queue of a model that is up on this machine or, with --aws, deployed.

    Prints the id that the queue gives to each message. What comes of a message stands in the log: `inferwatch tail`.
    """
    if (message is None) == (file is None):
        raise click.UsageError("give a message, or --file with a message in each line")
    if aws and queue_port is not None:
        raise click.UsageError("--queue-port is of this machine's queue, and --aws asks AWS")
    if region is not None and not aws:
        raise click.UsageError("--region goes with --aws")
    spec = load_spec(spec_path, environment)
    if spec.queue is None:
        raise SpecError(spec.file, "queue", "the model has no queue; add a table [queue] to give it one")
    send = _to_aws(spec, region) if aws else _to_this_machine(spec, data, queue_port)
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


def _to_this_machine(spec: MonitorSpec, data: Path, port: int | None) -> Send:
    from inferwatch.local.queue import address, client

    endpoint = address.endpoint(port) if port else address.find(data) or address.endpoint(QUEUE_PORT)
    return lambda bodies: client.send(endpoint, names(spec).queue, bodies)


def _to_aws(spec: MonitorSpec, region: str | None) -> Send:
    from inferwatch.aws.resources import queue
    from inferwatch.aws.session import open_session

    session = open_session(spec.aws, region)
    found = queue.find(session, names(spec).queue)
    if found is None:
        problem = f"there is no queue {names(spec).queue} in region {session.region_name}"
        raise QueueError(f"{problem}; is the model deployed there, and in this environment?")
    return lambda bodies: queue.send_batch(session, found.url, bodies)
