"""The options of a command on a model's queue: which model's, and on this machine or on AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from inferwatch.cli import options
from inferwatch.cli.up import QUEUE_PORT
from inferwatch.errors import QueueError, SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    import boto3

    from inferwatch.aws.resources.queue import Queue


class ModelQueue(NamedTuple):
    """path: the model's folder or its spec; environment, port, region: None for the defaults."""

    path: Path
    environment: str | None
    data: Path
    port: int | None
    aws: bool
    region: str | None

    def spec(self) -> MonitorSpec:
        """Raises SpecError, also where the model has no queue."""
        spec = load_spec(self.path, self.environment)
        if spec.queue is None:
            raise SpecError(spec.file, "queue", "the model has no queue; add a table [queue] to give it one")
        return spec

    def endpoint(self) -> str:
        """Where the queues of this machine listen. Raises MissingExtraError without the extra `queue`."""
        from inferwatch.local.queue import address

        if self.port is not None:
            return address.endpoint(self.port)
        return address.find(self.data) or address.endpoint(QUEUE_PORT)


def on_queue(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for a command on a model's queue, which is given `queue`."""

    @options.spec
    @options.environment
    @options.data
    @click.option(
        "--queue-port",
        type=click.IntRange(1, 65_535),
        help=f"Of the queue. [default: that of the `up` which has the data folder, else {QUEUE_PORT}]",
    )
    @options.aws
    @options.region
    @wraps(command)
    def with_queue(
        *,
        spec_path: Path,
        environment: str | None,
        data: Path,
        queue_port: int | None,
        aws: bool,
        region: str | None,
        **given: Any,
    ) -> Any:
        if aws and queue_port is not None:
            raise click.UsageError("--queue-port is of this machine's queue, and --aws asks AWS")
        if region is not None and not aws:
            raise click.UsageError("--region goes with --aws")
        return command(queue=ModelQueue(spec_path, environment, data, queue_port, aws, region), **given)

    return with_queue


def deployed(session: boto3.Session, name: str) -> Queue:
    """The queue of that name on AWS. Raises QueueError where there is none, and AwsError."""
    from inferwatch.aws.resources import queue

    found = queue.find(session, name)
    if found is None:
        problem = f"there is no queue {name} in region {session.region_name}"
        raise QueueError(f"{problem}; is the model deployed there, and in this environment?")
    return found
