"""Findings of cdk-nag's AwsSolutions that are meant as they are, each by its exact id and with a reason."""

from __future__ import annotations

from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct

_RULE = "AwsSolutions::AwsSolutions-{}"


def rule(construct: Construct, name: str, reason: str) -> None:
    """Acknowledge one rule, `L1` or `APIG2`, for `construct` and what is in it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=_RULE.format(name), reason=reason))


def wildcard(construct: Construct, resource: str, reason: str) -> None:
    """Acknowledge `resource`, an ARN with a wildcard or `*` alone, in the policies of `construct`."""
    rule(construct, f"IAM5[Resource::{_written(Stack.of(construct).resolve(resource))}]", reason)


def managed_policy(construct: Construct, name: str, reason: str) -> None:
    """Acknowledge a policy that AWS manages, `service-role/...`, in the roles of `construct`."""
    rule(construct, f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]", reason)


def _written(value: Any) -> str:
    """An ARN as cdk-nag writes it in an id: `arn:<AWS::Partition>:...`, `<Function.Arn>:*`."""
    if not isinstance(value, dict):
        return str(value)
    ((intrinsic, argument),) = value.items()
    if intrinsic == "Ref":
        return f"<{argument}>"
    if intrinsic == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    separator, parts = argument
    return str(separator).join(map(_written, parts))
