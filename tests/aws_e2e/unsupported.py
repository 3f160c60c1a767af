"""What MiniStack 1.5.33 cannot make of our templates, or makes otherwise than AWS, and what the tests do about it."""

from __future__ import annotations

import copy
import json
from typing import Any

from deployed_stack import DeployedStack, without
from ministack_process import MiniStack

FUNCTION = "AWS::Lambda::Function"

_NO_TYPE = "Unrecognized resource types"
_NO_MATH = "metric math"

UNSUPPORTED = {
    "FunctionRolloutGroupApplication211FB786": _NO_TYPE,  # CodeDeploy, which shifts traffic
    "FunctionRolloutGroup9B5D3B72": _NO_TYPE,
    "MonitoringTopicsSlackChannelschannelB849B080": _NO_TYPE,  # Amazon Q Developer in chat applications
    "MonitoringAlarmsInferenceErrorAlarm60754A82": _NO_MATH,  # our errors and Lambda's, added
    "MonitoringCompositeAlarmsSlowandlarge1DEBB0C1": _NO_TYPE,  # composite alarms
    "MonitoringHealth310BD4C0": _NO_TYPE,
    "MonitoringQueriesSlow3BD534A7": _NO_TYPE,  # saved queries of Logs Insights
    "MonitoringQueriesFailed9D02851B": _NO_TYPE,
    "MonitoringQueriesErrorsbytypeCBC571A5": _NO_TYPE,
    "MonitoringQueriesUnsure4EFD5195": _NO_TYPE,
    "MonitoringQueriesKilledenvironments8D99C481": _NO_TYPE,
    "MonitoringQueriesLatencybyminute883A7CB2": _NO_TYPE,
    "MonitoringQueriesByversion101E3ED5": _NO_TYPE,
    "MonitoringQueriesRequesters78D6039A": _NO_TYPE,
    "MonitoringQueriesColdstartsandmemory0B0B638C": _NO_TYPE,
    "MonitoringQueriesRefusedbytheAPI6EB359A3": _NO_TYPE,
    "MonitoringQueriesAttempts102AE9FB": _NO_TYPE,
    "MonitoringQueriesFunctionandendpointCE297584": _NO_TYPE,
    "EndpointModel0F230181": _NO_TYPE,  # SageMaker
    "EndpointConfig24AD0A28": _NO_TYPE,
    "Endpoint8024A810": _NO_TYPE,
}
"""Logical ids of resources that are left out, each with what MiniStack says of it. The list may shrink, not grow."""


def adapted(template: dict[str, Any]) -> dict[str, Any]:
    """The template as MiniStack gets it: without what it cannot make, and a model for any content type as one for JSON.

    API Gateway knows `$default` for any, which MiniStack does not.
    """
    resources = without(template, UNSUPPORTED)["Resources"]
    for resource in resources.values():
        models = resource.get("Properties", {}).get("RequestModels")
        if models is not None and resource["Type"] == "AWS::ApiGateway::Method":
            resource["Properties"] = {
                **resource["Properties"],
                "RequestModels": {"application/json": models["$default"]},
            }
    return {**template, "Resources": resources}


def asking(template: dict[str, Any], endpoint_url: str) -> dict[str, Any]:
    """The template with a function that asks at this address for what SageMaker would answer."""
    resources = dict(template["Resources"])
    (logical_id,) = (
        each for each, r in resources.items() if "INFERWATCH_ENDPOINT" in json.dumps(r) and r["Type"] == FUNCTION
    )
    function = copy.deepcopy(resources[logical_id])
    function["Properties"]["Environment"]["Variables"]["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = endpoint_url
    return {**template, "Resources": {**resources, logical_id: function}}


def validate_requests(ministack: MiniStack, stack: DeployedStack) -> None:
    """Give the REST API the validator that MiniStack's CloudFormation drops, and its API Gateway has."""
    apigateway = ministack.client("apigateway")
    (declared,) = stack.properties("AWS::ApiGateway::RequestValidator")
    api = declared["RestApiId"]
    assert apigateway.get_request_validators(restApiId=api)["items"] == [], "MiniStack makes validators now"
    made = apigateway.create_request_validator(
        restApiId=api, name="validator", validateRequestBody=declared["ValidateRequestBody"]
    )
    for method in stack.properties("AWS::ApiGateway::Method"):
        if "RequestValidatorId" in method:
            apigateway.update_method(
                restApiId=api,
                resourceId=method["ResourceId"],
                httpMethod=method["HttpMethod"],
                patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": made["id"]}],
            )


def allowing(document: dict[str, Any]) -> dict[str, Any]:
    """A policy as MiniStack needs it for what `document` allows on AWS.

    It looks for a log group's ARN without the `:*` that IAM wants, for a function's without the alias that is invoked,
    ties no resource to DescribeAlarms, and takes sending a batch for an action of its own.
    """
    statements = []
    for statement in document["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        bare = [arn.removesuffix(":*") for arn in resources if ":log-group:" in arn]
        bare += [arn.removesuffix(":live") for arn in resources if arn.endswith(":live")]
        every = ["*"] if "cloudwatch:DescribeAlarms" in statement["Action"] else []
        batch = ["sqs:SendMessageBatch"] if "sqs:SendMessage" in statement["Action"] else []
        wider = {"Action": [*statement["Action"], *batch], "Resource": [*resources, *bare, *every]}
        statements.append({**statement, **wider})
    return {**document, "Statement": statements}
