"""Queues as all of this room's are: encrypted, over TLS alone."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def sqs_queue(
    scope: Construct, id: str, *, name: str, retention_days: int, key: kms.IKey | None = None, **options: Any
) -> sqs.Queue:
    """A queue of that name, encrypted by `key` or by SQS's own. options: a Queue's. It goes with the stack."""
    return sqs.Queue(
        scope,
        id,
        queue_name=name,
        retention_period=Duration.days(retention_days),
        encryption=sqs.QueueEncryption.SQS_MANAGED if key is None else sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        **options,
    )


def grant_send(queue: sqs.IQueue, grantee: iam.IGrantable) -> iam.Grant:
    """Let `grantee` put messages in. CDK's own grant would allow all operations of the key that encrypts."""
    if queue.encryption_master_key is not None:
        queue.encryption_master_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
    return iam.Grant.add_to_principal(
        grantee=grantee, actions=["sqs:SendMessage", "sqs:GetQueueUrl"], resource_arns=[queue.queue_arn]
    )
