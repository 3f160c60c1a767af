"""What an endpoint's container may do: be pulled, read its model's data, write its own log.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, execution role of CreateModel
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.errors import SpecError
from inferwatch.spec.monitor_spec import MonitorSpec

METRIC_NAMESPACE = "/aws/sagemaker/Endpoints"
_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
_WRITE_LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
_LOOK_AT_NETWORK = [
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]
_OF_INTERFACES = [
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
]
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.[a-z.]+/(?P<name>[^:@]+)([:@].+)"
)


class Network(NamedTuple):
    """Where the container is in a VPC. security_groups: of the container's interfaces; without any, one is made."""

    vpc: ec2.IVpc
    subnet_type: ec2.SubnetType = ec2.SubnetType.PRIVATE_WITH_EGRESS
    security_groups: Sequence[ec2.ISecurityGroup] = ()


class Placed(NamedTuple):
    """A Network by the ids of what is in it."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


def endpoint_role(
    scope: Construct, spec: MonitorSpec, log_group: logs.ILogGroup, placed: Placed | None, name: str
) -> iam.Role:
    """The role, which may write the endpoint's log and metrics yet, and be where `placed` says."""
    role = iam.Role(
        scope,
        "Role",
        description=f"{name}: its container, its log, its model's data",
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
    )
    log_group.grant(role, *_WRITE_LOG)
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRIC_NAMESPACE}},
        )
    )
    reason = "PutMetricData, of one namespace, and ECR's token know no resources; nor does looking at a network."
    acknowledged.wildcard(role, "*", reason)
    if placed is not None:
        _allow_network(role, placed)
    if spec.sagemaker is not None and spec.sagemaker.model_data is not None:
        role.add_to_policy(_read(scope, spec.sagemaker.model_data))
    return role


def allow_repository(role: iam.Role, repository: ecr.IRepository) -> None:
    """Let SageMaker pull the images of `repository`."""
    repository.grant_pull(role)


def allow_image(scope: Construct, role: iam.Role, spec: MonitorSpec, uri: str) -> None:
    """Let SageMaker pull the image `uri`. Raises SpecError where it is not in ECR, from which alone SageMaker pulls."""
    found = _IMAGE.fullmatch(uri)
    if found is None:
        problem = f"{uri!r} is no image of ECR, as in '123456789012.dkr.ecr.eu-central-1.amazonaws.com/name:tag'"
        raise SpecError(spec.file, "sagemaker.image", problem)
    arn = Stack.of(scope).format_arn(
        service="ecr",
        resource="repository",
        resource_name=found["name"],
        account=found["account"],
        region=found["region"],
    )
    role.add_to_policy(iam.PolicyStatement(actions=_PULL, resources=[arn]))
    role.add_to_policy(iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]))


def allow_alarms(scope: Construct, role: iam.Role) -> None:
    """Let SageMaker see, with this role, whether an alarm turns a deployment back.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    alarms = Stack.of(scope).format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    role.add_to_policy(iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[alarms]))
    acknowledged.wildcard(role, alarms, "DescribeAlarms is allowed for all alarms of the account or for none.")


def _read(scope: Construct, uri: str) -> iam.PolicyStatement:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    arn = Stack.of(scope).format_arn(service="s3", region="", account="", resource=bucket, resource_name=key)
    return iam.PolicyStatement(actions=["s3:GetObject"], resources=[arn])


def _allow_network(role: iam.Role, placed: Placed) -> None:
    """SageMaker makes an interface in each subnet, with this role."""
    stack = Stack.of(role)

    def arn(resource: str, name: str) -> str:
        return stack.format_arn(service="ec2", resource=resource, resource_name=name)

    interfaces = arn("network-interface", "*")
    there = [arn("subnet", subnet) for subnet in placed.subnets]
    there += [arn("security-group", group) for group in placed.security_groups]
    role.add_to_policy(iam.PolicyStatement(actions=["ec2:CreateNetworkInterface"], resources=[interfaces, *there]))
    role.add_to_policy(iam.PolicyStatement(actions=_OF_INTERFACES, resources=[interfaces]))
    role.add_to_policy(iam.PolicyStatement(actions=_LOOK_AT_NETWORK, resources=["*"]))
    acknowledged.wildcard(
        role, interfaces, "EC2 makes up the ids of interfaces; only those in these subnets can be made."
    )
