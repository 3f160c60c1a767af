"""A queue of SQS: how much is in it, putting a message in, and whether Lambda works on it."""

from __future__ import annotations

from collections.abc import Sequence

import boto3
import msgspec

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.errors import QueueError


class Queue(msgspec.Struct, frozen=True):
    """waiting: messages that could be received now; in_flight: received, and neither deleted nor visible again.

    Both are SQS's approximation.
    """

    name: str
    url: str
    arn: str
    waiting: int
    in_flight: int


class Consumer(msgspec.Struct, frozen=True):
    """What hands the queue's messages to the function. state: Lambda's, `Enabled`; result: of its last round."""

    state: str
    result: str


def find(session: boto3.Session, name: str) -> Queue | None:
    """The queue of that name, None where there is none. Raises AwsError."""
    sqs = session.client("sqs")
    with explained(f"looking at the queue {name}"):
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            asked = ["QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
        except sqs.exceptions.QueueDoesNotExist:
            return None
    arn, waiting, in_flight = (found[one] for one in asked)
    return Queue(name, url, arn, int(waiting), int(in_flight))


def send(session: boto3.Session, url: str, body: str) -> str:
    """Put a message into the queue; gives its id. Raises AwsError."""
    with explained("putting a message into the queue"):
        return str(session.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"])


def send_batch(session: boto3.Session, url: str, bodies: Sequence[str]) -> list[str]:
    """Put at most ten messages into the queue; gives their ids. Raises AwsError, and QueueError where SQS took some."""
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    with explained("putting messages into the queue"):
        said = session.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    for failed in said.get("Failed", ()):
        problem = f"SQS refused {failed.get('Message', failed['Code'])!r}"
        raise QueueError(f"{problem}; of these {len(bodies)} messages it took {len(said.get('Successful', ()))}")
    ids = {sent["Id"]: sent["MessageId"] for sent in said["Successful"]}
    return [ids[entry["Id"]] for entry in entries]


def consumer(site: Site, queue: Queue) -> Consumer | None:
    """What hands messages of `queue` to the site's function, None where nothing does. Raises AwsError."""
    client, called = site.session.client("lambda"), f"{site.names.function}:{site.names.alias}"
    with explained(f"looking at what works on the queue {queue.name}"):
        try:
            found = client.list_event_source_mappings(EventSourceArn=queue.arn, FunctionName=called)
        except client.exceptions.ResourceNotFoundException:
            return None
    for one in found["EventSourceMappings"]:
        return Consumer(one["State"], one.get("LastProcessingResult", ""))
    return None
