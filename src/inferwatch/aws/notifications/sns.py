"""Delivery to an SNS topic, from which Slack, e-mail and text messages are told."""

from __future__ import annotations

import json

import boto3

from inferwatch.alarms.values import Notification
from inferwatch.aws.explained import explained
from inferwatch.aws.notifications.message import messages, subject
from inferwatch.errors import AwsError, DeliveryError
from inferwatch.ports import Notify

UNREACHABLE = "Unreachable"


def topic(session: boto3.Session, arn: str) -> Notify:
    """A function that publishes a notification to the topic, or raises DeliveryError."""
    sns = session.client("sns")

    def deliver(notification: Notification) -> None:
        try:
            with explained("publishing to SNS"):
                sns.publish(
                    TopicArn=arn,
                    Subject=subject(notification),
                    Message=json.dumps(messages(notification)),
                    MessageStructure="json",
                )
        except AwsError as error:
            # Where the answer was lost on its way, the message may have been taken.
            raise DeliveryError(str(error), unsure=error.code == UNREACHABLE) from None

    return deliver
