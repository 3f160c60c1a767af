"""What both kinds of API need of the route to a function: that it may be called, and the preflights of pages."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inferwatch.serving.cors import PREFLIGHT_HEADERS
from inferwatch.spec.monitor_spec import MonitorSpec


def permit(api: Construct, function: lambda_.IFunction, route_arn: str) -> None:
    """Let this route alone call `function`. By hand: CDK leaves it out for a function that another stack has made."""
    lambda_.CfnPermission(
        api,
        "Permission",
        action="lambda:InvokeFunction",
        function_name=function.function_arn,
        principal="apigateway.amazonaws.com",
        source_arn=route_arn,
    )


def preflight(spec: MonitorSpec) -> dict[str, Any]:
    """CDK's arguments for the preflights of the spec's origins, as the function itself would answer them."""
    return {
        "allow_origins": list(spec.api.allow_origins),
        "allow_headers": PREFLIGHT_HEADERS["Access-Control-Allow-Headers"].split(","),
        "max_age": Duration.seconds(int(PREFLIGHT_HEADERS["Access-Control-Max-Age"])),
    }
