"""Names that a model's parts shall have, and that something else in the account has already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import boto3

from inferwatch.aws.resources import delivery_stream, function, queue, sagemaker, stack
from inferwatch.aws.site import Site


class Named(NamedTuple):
    """One resource of a part. what: in people's words, with its article; kind: of CloudFormation; find: what there
    is of that name, None for nothing.
    """

    what: str
    kind: str
    name: str
    find: Callable[[boto3.Session, str], object | None]


def named(site: Site) -> Iterator[Named]:
    """What the spec's parts make under a name of the spec's, but for what may stay when a stack goes."""
    spec, called = site.spec, site.names
    if spec.queue is not None:
        for name in (called.queue, called.dead_letters):
            yield Named("a queue", "AWS::SQS::Queue", name, queue.find)
    if spec.sagemaker is not None and spec.sagemaker.endpoint is None:
        yield Named("an endpoint", "AWS::SageMaker::Endpoint", called.endpoint, sagemaker.find)
    if spec.history is not None:
        yield Named("a function", "AWS::Lambda::Function", called.history_writer, function.find)
    if spec.lake is not None:
        yield Named("a delivery stream", "AWS::KinesisFirehose::DeliveryStream", called.lake, delivery_stream.find)
        yield Named("a function", "AWS::Lambda::Function", called.lake_transform, function.find)


def problem(site: Site) -> str | None:
    """Why the stack cannot make its parts, and what to do; None where it can. Raises AwsError."""
    own = {
        (one.type, _name(one.physical_id)) for one in stack.resources(site.session, site.names.stack) if one.is_there
    }
    taken = [
        one
        for one in named(site)
        if (one.kind, one.name.lower()) not in own and one.find(site.session, one.name) is not None
    ]
    if not taken:
        return None
    listed = " and ".join(f"{one.what} {one.name}" for one in taken)
    return (
        f"there is {listed} in {site.where} already, and the stack {site.names.stack} did not make it: another model "
        "of this name has it, give this one another"
    )


def _name(physical_id: str) -> str:
    """A queue's physical id is its URL, an endpoint's its ARN, in small letters."""
    return re.split(r"[/:]", physical_id)[-1].lower()
