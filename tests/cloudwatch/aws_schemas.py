"""What AWS's API and CloudFormation say of the members of a resource: botocore's model and cfn-lint's schemas."""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

API = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"))


def request(operation: str) -> Any:
    """The shape of an operation's parameters."""
    return API.operation_model(operation).input_shape


def resource(kind: str) -> Any:
    """The schema of a resource type."""
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema


def problems(members: dict[str, Any], operation: str) -> str:
    """What botocore has against the parameters, or nothing."""
    return ParamValidator().validate(members, request(operation)).generate_report()
