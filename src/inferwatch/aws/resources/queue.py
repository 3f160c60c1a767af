"""A queue of SQS: what is in it, putting messages in and back, and whether Lambda works on it."""

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


class Message(msgspec.Struct, frozen=True):
    """A message that lies in a queue. sent_ms: epoch milliseconds; receives: how often, and each look is one."""

    id: str
    body: str
    sent_ms: int
    receives: int


LOOK_SECONDS = 1
"""More than 0: SQS then asks all of its servers, so that an empty answer means an empty queue."""
LOOKS_IN_VAIN = 5


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


def look(session: boto3.Session, url: str, most: int) -> list[Message]:
    """At most so many messages, oldest first, none of which is hidden by that. Raises AwsError.

    SQS hands out what it likes, also the same again: of many messages it may not show all.
    """
    client, told = session.client("sqs"), ["SentTimestamp", "ApproximateReceiveCount"]
    seen: dict[str, Message] = {}
    in_vain = 0
    with explained("looking at the messages of the queue"):
        while len(seen) < most and in_vain < LOOKS_IN_VAIN:
            found = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
                WaitTimeSeconds=LOOK_SECONDS,
                MessageSystemAttributeNames=told,
            ).get("Messages", ())
            if not found:
                break
            before = len(seen)
            for one in found:
                sent, receives = (int(one["Attributes"][name]) for name in told)
                seen[one["MessageId"]] = Message(one["MessageId"], one["Body"], sent, receives)
            in_vain = in_vain + 1 if len(seen) == before else 0
    return sorted(seen.values(), key=lambda message: message.sent_ms)[:most]


def move(session: boto3.Session, source: Queue, to: Queue) -> None:
    """Have SQS move all messages of a dead-letter queue, which goes on after this. Raises AwsError."""
    with explained(f"moving the messages of {source.name}"):
        session.client("sqs").start_message_move_task(SourceArn=source.arn, DestinationArn=to.arn)


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
