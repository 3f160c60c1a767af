"""API Gateway's REST API: keys with a quota, and requests checked before the function is called."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.api.request_schema import request_schema
from inferwatch.cdk.api.route import permit, preflight
from inferwatch.cdk.log_group import destination_arn
from inferwatch.cloudwatch.names import Names
from inferwatch.serving.features import expected
from inferwatch.spec.monitor_spec import MonitorSpec

ANY_CONTENT_TYPE = "$default"
_BINARY = ["application/octet-stream", "application/pdf", "image/jpeg", "image/png"]
_LOGS_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class PredictRestApi(Construct):
    """`POST /predict` before `function`, by API key or IAM, with the spec's limits, validation, CORS and stage.

    api, url, route_arn, api_key (None for IAM).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: MonitorSpec,
        called: Names,
        function: lambda_.IFunction,
        access_log_group: logs.ILogGroup,
        access_log_format: str,
        account_role: bool,
    ) -> None:
        super().__init__(scope, id)
        self._spec = spec
        self._called = called
        self.api = self._api(access_log_group, access_log_format)
        if account_role:
            self._account_role()
        self.api.node.try_remove_child("Endpoint")  # CDK's output of a URL that answers nothing
        self._pages_may_read_refusals()
        self._method(function)
        self.api_key = self._usage_plan() if spec.api.authorization == "api-key" else None
        self.url = self.api.url_for_path("/predict")
        self.route_arn = self.api.arn_for_execute_api("POST", "/predict", called.stage)
        permit(self, function, self.route_arn)
        self._acknowledge()

    def _api(self, access_log_group: logs.ILogGroup, access_log_format: str) -> apigateway.RestApi:
        spec, called = self._spec, self._called
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=called.api,
            description=f"POST /predict of {called.prefix}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            binary_media_types=_BINARY if spec.model.parse else None,
            deploy_options=apigateway.StageOptions(
                stage_name=called.stage,
                throttling_rate_limit=spec.api.rate_limit,
                throttling_burst_limit=spec.api.burst_limit,
                access_log_destination=apigateway.LogGroupLogDestination(access_log_group),
                access_log_format=apigateway.AccessLogFormat.custom(access_log_format),
            ),
        )
        stage = api.deployment_stage.node.default_child
        assert isinstance(stage, apigateway.CfnStage)
        stage.add_property_override("AccessLogSetting.DestinationArn", destination_arn(access_log_group))
        return api

    def _account_role(self) -> None:
        """One for all REST APIs of an account and region, so it is AWS's own and stays when this stack goes.

        Also when its creation fails: what logged by the account's role before logs by this one now.
        """
        role = iam.Role(
            self,
            "LogsRole",
            description="Lets the REST APIs of this account and region write their logs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_LOGS_POLICY)],
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        for kept in (role, account):
            kept.apply_removal_policy(RemovalPolicy.RETAIN)
        self.api.deployment_stage.node.add_dependency(account)
        reason = "The role is the account's, for the logs of all its REST APIs; API Gateway asks for this policy."
        acknowledged.managed_policy(role, _LOGS_POLICY, reason)

    def _method(self, function: lambda_.IFunction) -> None:
        by_key = self._spec.api.authorization == "api-key"
        types = apigateway.AuthorizationType
        resource = self.api.root.add_resource("predict")
        method = resource.add_method(
            "POST",
            apigateway.AwsIntegration(
                service="lambda", path=f"2015-03-31/functions/{function.function_arn}/invocations", proxy=True
            ),
            api_key_required=by_key,
            authorization_type=types.NONE if by_key else types.IAM,
            **self._validation(),
        )
        if by_key:
            acknowledged.rule(method, "APIG4", "The spec's authorization is an API key, which this rule does not see.")
        acknowledged.rule(method, "COG4", "Callers are programs, by API key or IAM; no users sign in.")
        if self._spec.api.allow_origins:
            resource.add_cors_preflight(allow_methods=["POST"], **preflight(self._spec))

    def _validation(self) -> dict[str, Any]:
        """The schema stands for every content type: the function reads JSON whatever the client calls it."""
        schema = request_schema(self._spec) if self._spec.api.validate else None
        if schema is None:
            reason = (
                "The spec asks for no validation here, or its parse takes what no schema can say; the function checks."
            )
            acknowledged.rule(self.api, "APIG2", reason)
            return {}
        model = apigateway.CfnModel(
            self, "Request", rest_api_id=self.api.rest_api_id, content_type="application/json", schema=schema
        )
        self.api.add_gateway_response(
            "BadBody",
            type=apigateway.ResponseType.BAD_REQUEST_BODY,
            status_code="400",
            response_headers=self._headers(),
            templates={"application/json": bad_body(self._spec)},
        )
        deployment = self.api.latest_deployment
        assert deployment is not None
        deployment.add_to_logical_id({"request": schema})  # else a new schema would not reach the stage
        deployment.node.add_dependency(model)
        return {
            "request_models": {ANY_CONTENT_TYPE: apigateway.Model.from_model_name(self, "RequestModel", model.ref)},
            "request_validator": apigateway.RequestValidator(
                self, "Validator", rest_api=self.api, validate_request_body=True, validate_request_parameters=True
            ),
        }

    def _usage_plan(self) -> apigateway.IApiKey:
        spec, called = self._spec, self._called
        quota = spec.api.daily_quota
        plan = self.api.add_usage_plan(
            "UsagePlan",
            name=called.api,
            description=f"Callers of {called.prefix}",
            throttle=apigateway.ThrottleSettings(rate_limit=spec.api.rate_limit, burst_limit=spec.api.burst_limit),
            quota=apigateway.QuotaSettings(limit=quota, period=apigateway.Period.DAY) if quota else None,
        )
        plan.add_api_stage(stage=self.api.deployment_stage)
        key = self.api.add_api_key("Key", api_key_name=called.api, description=f"Calls {called.prefix}")
        plan.add_api_key(key)
        return key

    def _pages_may_read_refusals(self) -> None:
        if headers := self._headers():
            types = apigateway.ResponseType
            self.api.add_gateway_response("ClientError", type=types.DEFAULT_4_XX, response_headers=headers)
            self.api.add_gateway_response("ServerError", type=types.DEFAULT_5_XX, response_headers=headers)

    def _headers(self) -> dict[str, str]:
        """Of API Gateway's own answers. Where there are several origins, only the function can tell which one asked."""
        origins = self._spec.api.allow_origins
        return {"Access-Control-Allow-Origin": f"'{origins[0]}'"} if len(origins) == 1 else {}

    def _acknowledge(self) -> None:
        stage = self.api.deployment_stage
        reason = "Execution logs would hold every request once more, beside the records, which the spec may redact."
        acknowledged.rule(stage, "APIG6", reason)
        reason = "Callers have keys or IAM credentials, and limits; a web ACL costs every month, and may be added."
        acknowledged.rule(stage, "APIG3", reason)


def bad_body(spec: MonitorSpec) -> str:
    """The answer to a body that the schema refuses, in the shape of the function's own."""
    wanted = expected(spec.compile()["features"])
    message = "the body is no JSON or does not hold the expected features"
    text = json.dumps({"error": {"type": "InvalidFeatures", "message": message, "expected": wanted}})
    return text.replace("$", "\\u0024")  # API Gateway's variables begin with it
