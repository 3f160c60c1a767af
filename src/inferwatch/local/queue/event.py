"""A batch of messages as Lambda hands it to a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from inferwatch.local.queue.message import Message
from inferwatch.local.queue.sqs_queue import REGION, arn

SENDER = "local"
"""Who sends on one machine: SQS would name the principal by its unique id."""


def event(batch: Sequence[Message]) -> dict[str, Any]:
    """The event of a batch that was received."""
    return {"Records": [_record(message) for message in batch]}


def _record(message: Message) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(message.sent_ms),
        "SenderId": SENDER,
        "ApproximateFirstReceiveTimestamp": str(message.first_ms),
    }
    if message.trace is not None:
        attributes["AWSTraceHeader"] = message.trace
    record: dict[str, Any] = {
        "messageId": message.id,
        "receiptHandle": message.handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: {**value, "stringListValues": [], "binaryListValues": []}
            for name, value in message.attributes.items()
        },
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn(message.queue),
        "awsRegion": REGION,
    }
    if message.attributes_md5 is not None:
        record["md5OfMessageAttributes"] = message.attributes_md5
    return record
