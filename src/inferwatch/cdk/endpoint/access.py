"""Who may ask a SageMaker endpoint."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def endpoint_arn(scope: Construct, name: str) -> str:
    """The ARN of the endpoint `name` in the account and region of `scope`, in which SageMaker writes all letters small.

    IAM compares with that form: with a capital letter in it, a policy allows nothing.
    """
    return Stack.of(scope).format_arn(service="sagemaker", resource="endpoint", resource_name=name.lower())


def grant_invoke(scope: Construct, grantee: iam.IGrantable, name: str) -> iam.Grant:
    """Let `grantee` ask the endpoint `name`, and no other."""
    arns = [endpoint_arn(scope, name)]
    return iam.Grant.add_to_principal(grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=arns)
