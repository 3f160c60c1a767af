"""An endpoint of SageMaker: whether it is there, and serves."""

from __future__ import annotations

import boto3
import msgspec
from botocore import exceptions as boto

from inferwatch.aws.explained import explained

IN_SERVICE = "InService"
_ON_ITS_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack")


class Endpoint(msgspec.Struct, frozen=True):
    """status: SageMaker's, `InService`; reason: why it failed, "" where it did not; on_machines: not serverless."""

    name: str
    status: str
    reason: str = ""
    on_machines: bool = False

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is being made or changed; what was there before may still serve."""
        return self.status in _ON_ITS_WAY


def find(session: boto3.Session, name: str) -> Endpoint | None:
    """The endpoint of that name, None where there is none. Raises AwsError."""
    with explained(f"looking at the endpoint {name}"):
        try:
            found = session.client("sagemaker").describe_endpoint(EndpointName=name)
        except boto.ClientError as error:
            told = error.response["Error"]  # SageMaker has no code of its own for it
            if told["Code"] == "ValidationException" and "Could not find" in told["Message"]:
                return None
            raise
    variants = found.get("ProductionVariants", [])
    on_machines = any(each.get("CurrentInstanceCount") and "CurrentServerlessConfig" not in each for each in variants)
    return Endpoint(name, found["EndpointStatus"], found.get("FailureReason", ""), on_machines)


def problem(session: boto3.Session, name: str) -> str | None:
    """Why the endpoint that a spec names cannot be asked, and what to do; None where it can. Raises AwsError."""
    found = find(session, name)
    if found is None:
        return (
            f"sagemaker.endpoint is {name!r}, and there is no such endpoint in {session.region_name}: make it first, "
            "or leave the key out, and one is made"
        )
    if found.status == IN_SERVICE:
        return None
    if found.is_on_its_way:
        return f"the endpoint {name} is {found.status}: wait until it is {IN_SERVICE}"
    return f"the endpoint {name} is {found.status}{f' ({found.reason})' if found.reason else ''}: it serves nobody"


def conversion_problem(session: boto3.Session, name: str, instance_type: str | None) -> str | None:
    """Why the endpoint cannot become what the spec asks for, and what to do; None where it can, or is not there yet.

    Raises AwsError. https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    """
    found = find(session, name)
    if instance_type is not None or found is None or not found.on_machines:
        return None
    return (
        f"the endpoint {name} has machines, and SageMaker does not make such a one serverless: keep "
        "sagemaker.instance_type, or `inferwatch destroy` first"
    )
