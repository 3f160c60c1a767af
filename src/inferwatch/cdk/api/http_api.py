"""API Gateway's HTTP API: the cheapest way to a function, for callers that sign (IAM) or bring a token (JWT)."""

from __future__ import annotations

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.api.route import permit, preflight
from inferwatch.cdk.log_group import destination_arn
from inferwatch.cloudwatch.names import Names
from inferwatch.spec.monitor_spec import MonitorSpec

METHOD, PATH = "POST", "/predict"
_AUTHORIZATIONS = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}


class PredictHttpApi(Construct):
    """`POST /predict` before `function`, with the spec's authorization, throttling, CORS and stage.

    api, url, route_arn.
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
    ) -> None:
        super().__init__(scope, id)
        self._spec = spec
        self.api = apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=called.api,
            description=f"{METHOD} {PATH} of {called.prefix}",
            create_default_stage=False,
            cors_preflight=_cors(spec),
        )
        self._route(function)
        apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name=called.stage,
            auto_deploy=True,
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=spec.api.rate_limit, throttling_burst_limit=spec.api.burst_limit
            ),
            access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=destination_arn(access_log_group), format=access_log_format
            ),
        )
        self.url = f"{self.api.api_endpoint}/{called.stage}{PATH}"
        self.route_arn = self.api.arn_for_execute_api(METHOD, PATH, called.stage)
        permit(self, function, self.route_arn)

    def _route(self, function: lambda_.IFunction) -> None:
        integration = apigatewayv2.CfnIntegration(
            self,
            "Integration",
            api_id=self.api.api_id,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )
        authorizer = self._jwt() if self._spec.api.authorization == "jwt" else None
        route = apigatewayv2.CfnRoute(
            self,
            "Route",
            api_id=self.api.api_id,
            route_key=f"{METHOD} {PATH}",
            target=f"integrations/{integration.ref}",
            authorization_type=_AUTHORIZATIONS[self._spec.api.authorization],
            authorizer_id=authorizer.ref if authorizer else None,
        )
        if self._spec.api.authorization == "none":
            acknowledged.rule(route, "APIG4", 'The spec says auth = "none": whoever reaches it may call it.')

    def _jwt(self) -> apigatewayv2.CfnAuthorizer:
        return apigatewayv2.CfnAuthorizer(
            self,
            "Tokens",
            api_id=self.api.api_id,
            authorizer_type="JWT",
            name="tokens",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=apigatewayv2.CfnAuthorizer.JWTConfigurationProperty(
                issuer=self._spec.api.jwt_issuer, audience=list(self._spec.api.jwt_audience)
            ),
        )


def _cors(spec: MonitorSpec) -> apigatewayv2.CorsPreflightOptions | None:
    """API Gateway answers preflights itself, and puts the headers on every answer, its own refusals too."""
    if not spec.api.allow_origins:
        return None
    return apigatewayv2.CorsPreflightOptions(allow_methods=[apigatewayv2.CorsHttpMethod.POST], **preflight(spec))
