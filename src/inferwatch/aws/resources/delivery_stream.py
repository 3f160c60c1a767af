"""A delivery stream of Firehose, which carries the log to the lake."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained

ACTIVE = "ACTIVE"


class DeliveryStream(msgspec.Struct, frozen=True):
    """status: Firehose's, `ACTIVE`."""

    name: str
    status: str


def find(session: boto3.Session, name: str) -> DeliveryStream | None:
    """The stream of that name, None where there is none. Raises AwsError."""
    client = session.client("firehose")
    with explained(f"looking at the delivery stream {name}"):
        try:
            found = client.describe_delivery_stream(DeliveryStreamName=name)
        except client.exceptions.ResourceNotFoundException:
            return None
    return DeliveryStream(name, found["DeliveryStreamDescription"]["DeliveryStreamStatus"])
