"""The organisation's log groups, how long they keep their lines, and the key that encrypts them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk.key import new_key
from inferwatch.spec.monitor_spec import MonitorSpec

KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""Records outlive the stack. Those of a stack that was never made do not, or it could not be tried again."""

# DescribeKey, which AWS's example adds, has no encryption context: under this condition it would allow nothing.
_FOR_LOGS = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]


def log_group(
    scope: Construct, id: str, *, spec: MonitorSpec, name: str, key: kms.IKey | None, removal_policy: RemovalPolicy
) -> logs.LogGroup:
    """A log group of that name, which keeps its lines as `[logs]` says."""
    group = logs.LogGroup(scope, id, log_group_name=name, encryption_key=key, removal_policy=removal_policy)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = spec.logs.retention_days
    return group


def destination_arn(group: logs.ILogGroup) -> str:
    """What an API's stage writes its access log to. It keeps the ARN without the `:*` at the end of CDK's own, and with
    it CloudFormation would for ever say that the stage has drifted.
    """
    return Stack.of(group).format_arn(
        service="logs",
        region=group.env.region,
        account=group.env.account,
        resource="log-group",
        resource_name=group.log_group_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def log_key(
    scope: Construct, id: str, *, spec: MonitorSpec, groups: Sequence[str], removal_policy: RemovalPolicy
) -> kms.Key | None:
    """The key of `logs.customer_key`, good for the log groups of these names alone; None where the spec wants none.

    It is kept as long as they are: without it nobody can read them.
    """
    if not spec.logs.customer_key:
        return None
    stack = Stack.of(scope)
    arns = [
        stack.format_arn(
            service="logs", resource="log-group", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        for name in groups
    ]
    description = f"Encrypts the logs of {spec.identity.model_name} ({spec.identity.environment})"
    key = new_key(scope, id, description=description, removal_policy=removal_policy)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="TheseLogGroups",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=_FOR_LOGS,
            resources=["*"],
            conditions={"StringEquals": {"kms:EncryptionContext:aws:logs:arn": arns}},
        )
    )
    return key
