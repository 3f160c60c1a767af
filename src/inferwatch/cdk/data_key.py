"""The key of the account's own that encrypts what holds a model's payloads beside its logs."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from inferwatch.cdk.key import new_key
from inferwatch.spec.monitor_spec import MonitorSpec


def data_key(scope: Construct, id: str, *, spec: MonitorSpec, removal_policy: RemovalPolicy) -> kms.Key | None:
    """The key for queue, history, lake and an endpoint's captured data, where `logs.customer_key` asks for one and the
    spec has any of them; else None.

    Who may use it is said by the grants of what it encrypts. It is kept as long as table and bucket are.
    """
    captured = spec.sagemaker.capture_percent if spec.sagemaker is not None else None
    if not spec.logs.customer_key or all(each is None for each in (spec.queue, spec.history, spec.lake, captured)):
        return None
    description = f"Encrypts the messages and transactions of {spec.identity.model_name} ({spec.identity.environment})"
    return new_key(scope, id, description=description, removal_policy=removal_policy)
