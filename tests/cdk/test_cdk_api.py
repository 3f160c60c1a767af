"""What `InferenceApi` makes in front of a function that is there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_model import small_model

from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.errors import SpecError

if TYPE_CHECKING:
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:adder-Inference:live"
ACCESS = "/abc_corp/claim/adder/access"
FEATURES = '[features]\na = { type = "number", min = 0, max = 9 }\nb = "integer[3]?"\n'
Build = Callable[..., "Made"]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """What the API of a small model makes. more: TOML; options: of the construct."""
    from aws_cdk import CfnOutput, Stack
    from aws_cdk import aws_lambda as lambda_
    from small_stack import made

    from inferwatch.cdk import InferenceApi

    def built(more: str = "", **options: Any) -> Made:
        spec = small_model(tmp_path / "model", more)

        def build(stack: Stack) -> None:
            function = lambda_.Function.from_function_arn(stack, "There", ALIAS)
            api = InferenceApi(stack, "Api", spec=spec, function=function, **options)
            CfnOutput(stack, "Url", value=api.url)

        return made(build, tmp_path)

    return built


def test_an_http_api_has_one_route_that_asks_for_a_signature(build: Build) -> None:
    made = build()
    route = made.one("ApiGatewayV2::Route")

    assert (route["RouteKey"], route["AuthorizationType"]) == ("POST /predict", "AWS_IAM")
    integration = made.one("ApiGatewayV2::Integration")
    assert (integration["IntegrationUri"], integration["PayloadFormatVersion"]) == (ALIAS, "2.0")
    assert made.outputs["Url"].endswith("/dev/predict")


def test_its_stage_throttles_and_logs_access(build: Build, tmp_path: Path) -> None:
    made = build('[api]\nrate_limit = 2.5\nburst_limit = 5\nstage = "v1"\n[logs]\nretention_days = 14\n')
    stage = made.one("ApiGatewayV2::Stage")

    assert (stage["StageName"], stage["AutoDeploy"]) == ("v1", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 2.5, "ThrottlingBurstLimit": 5}
    assert made.one("Logs::LogGroup") == {"LogGroupName": ACCESS, "RetentionInDays": 14}
    assert stage["AccessLogSettings"]["DestinationArn"].endswith(f":log-group:{ACCESS}")  # with `:*`, it would drift
    assert json.loads(stage["AccessLogSettings"]["Format"]) == access_log_format(small_model(tmp_path / "same"))


@pytest.mark.parametrize("more", ["", '[api]\ntype = "rest"\n'])
def test_api_gateway_may_call_the_function_for_this_route_alone(build: Build, more: str) -> None:
    made = build(more)
    permission = made.one("Lambda::Permission")

    assert permission["FunctionName"] == ALIAS
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"].endswith("/dev/POST/predict")
    assert "*" not in permission["SourceArn"]


def test_tokens_are_of_the_declared_issuer(build: Build) -> None:
    made = build('[api]\nauth = "jwt"\njwt_issuer = "https://id.example.com"\njwt_audience = ["claims"]\n')
    authorizer = made.one("ApiGatewayV2::Authorizer")

    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example.com", "Audience": ["claims"]}
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert made.one("ApiGatewayV2::Route")["AuthorizationType"] == "JWT"


def test_an_open_api_is_asked_for_by_name(build: Build) -> None:
    assert build('[api]\nauth = "none"\n').one("ApiGatewayV2::Route")["AuthorizationType"] == "NONE"


def test_pages_of_the_allowed_origins_may_call_an_http_api(build: Build) -> None:
    assert "CorsConfiguration" not in build().one("ApiGatewayV2::Api")

    cors = build('[api]\nallow_origins = ["https://a.example"]\n').one("ApiGatewayV2::Api")["CorsConfiguration"]
    assert (cors["AllowOrigins"], cors["AllowMethods"]) == (["https://a.example"], ["POST"])
    assert {"Authorization", "Content-Type"} <= set(cors["AllowHeaders"])


def test_a_rest_api_asks_for_a_key_with_a_plan(build: Build) -> None:
    made = build('[api]\ntype = "rest"\nrate_limit = 3\nburst_limit = 4\ndaily_quota = 1000\n')
    method, plan = made.one("ApiGateway::Method"), made.one("ApiGateway::UsagePlan")

    assert (method["HttpMethod"], method["ApiKeyRequired"], method["AuthorizationType"]) == ("POST", True, "NONE")
    assert plan["Throttle"] == {"RateLimit": 3, "BurstLimit": 4}
    assert plan["Quota"] == {"Limit": 1000, "Period": "DAY"}
    assert "Value" not in made.one("ApiGateway::ApiKey")  # AWS makes it; it never stands in a template
    assert made.one("ApiGateway::UsagePlanKey")["KeyType"] == "API_KEY"


def test_a_rest_api_by_iam_has_no_key(build: Build) -> None:
    made = build('[api]\ntype = "rest"\nauth = "iam"\n')

    assert made.one("ApiGateway::Method")["AuthorizationType"] == "AWS_IAM"
    assert made.all("ApiGateway::ApiKey") == made.all("ApiGateway::UsagePlan") == []


def test_a_rest_stage_throttles_and_logs_access(build: Build) -> None:
    made = build('[api]\ntype = "rest"\nrate_limit = 2.5\nburst_limit = 5\n')
    stage = made.one("ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]

    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (2.5, 5)
    assert settings["DataTraceEnabled"] is False  # it would log every request
    assert stage["AccessLogSetting"]["DestinationArn"].endswith(f":log-group:{ACCESS}")  # with `:*`, it would drift
    assert json.loads(stage["AccessLogSetting"]["Format"])["model_name"] == "adder"


def test_a_rest_api_refuses_what_the_features_do_not_allow(build: Build) -> None:
    made = build(f'[api]\ntype = "rest"\n{FEATURES}')
    model, method = made.one("ApiGateway::Model"), made.one("ApiGateway::Method")

    assert model["Schema"]["required"] == ["a"]
    assert set(model["Schema"]["properties"]) == {"a", "b"}
    assert list(method["RequestModels"]) == ["$default"]  # whatever the content type
    assert made.one("ApiGateway::RequestValidator")["ValidateRequestBody"] is True


def test_a_refused_body_is_told_of_as_by_the_function(build: Build) -> None:
    made = build(f'[api]\ntype = "rest"\n{FEATURES}')
    (refusal,) = made.all("ApiGateway::GatewayResponse")

    assert (refusal["ResponseType"], refusal["StatusCode"]) == ("BAD_REQUEST_BODY", "400")
    error = json.loads(refusal["ResponseTemplates"]["application/json"])["error"]
    assert error["type"] == "InvalidFeatures"
    assert error["expected"] == {"a": "a number from 0 to 9", "b": "a list of 3 integers (optional)"}


@pytest.mark.parametrize("more", [f'[api]\ntype = "rest"\nvalidate = false\n{FEATURES}', '[api]\ntype = "rest"\n'])
def test_nothing_is_validated_where_nothing_can_or_shall_be(build: Build, more: str) -> None:
    made = build(more)

    assert made.all("ApiGateway::Model") == made.all("ApiGateway::RequestValidator") == []
    assert "RequestModels" not in made.one("ApiGateway::Method")


def test_changed_features_are_deployed(build: Build) -> None:
    """A stage shows a deployment, and a deployment what there was when it was made."""

    def deployments(more: str) -> set[str]:
        resources = build(more).template["Resources"].items()
        return {logical_id for logical_id, each in resources if each["Type"] == "AWS::ApiGateway::Deployment"}

    before = deployments(f'[api]\ntype = "rest"\n{FEATURES}')
    assert before == deployments(f'[api]\ntype = "rest"\n{FEATURES}')
    assert before.isdisjoint(deployments(f'[api]\ntype = "rest"\n{FEATURES}c = "string"\n'))


def test_pages_of_one_origin_may_read_a_rest_apis_own_refusals(build: Build) -> None:
    made = build('[api]\ntype = "rest"\nallow_origins = ["https://a.example"]\n')
    header = {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'"}

    assert {r["ResponseType"]: r["ResponseParameters"] for r in made.all("ApiGateway::GatewayResponse")} == {
        "DEFAULT_4XX": header,
        "DEFAULT_5XX": header,
    }
    (preflight,) = [each for each in made.all("ApiGateway::Method") if each["HttpMethod"] == "OPTIONS"]
    assert preflight["ApiKeyRequired"] is False
    assert "https://a.example" in json.dumps(preflight["Integration"])


def test_a_rest_api_sets_the_accounts_role_before_its_stage_and_leaves_it(build: Build) -> None:
    made = build('[api]\ntype = "rest"\n')
    (account,), (stage,) = made.resources("ApiGateway::Account"), made.resources("ApiGateway::Stage")

    (account_id,) = [i for i, each in made.template["Resources"].items() if each["Type"] == "AWS::ApiGateway::Account"]
    assert account_id in stage["DependsOn"]
    kept = [account, *made.resources("IAM::Role")]
    assert [each["DeletionPolicy"] for each in kept] == ["Retain"] * 2  # also of a creation that fails
    assert build('[api]\ntype = "rest"\n', account_role=False).all("ApiGateway::Account") == []


def test_callers_are_granted_the_route_alone(tmp_path: Path) -> None:
    from aws_cdk import Stack
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from small_stack import made

    from inferwatch.cdk import InferenceApi

    def build(stack: Stack) -> None:
        function = lambda_.Function.from_function_arn(stack, "There", ALIAS)
        api = InferenceApi(stack, "Api", spec=small_model(tmp_path / "model"), function=function)
        api.grant_invoke(iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal()))

    (statement,) = made(build, tmp_path).statements()
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"].endswith("/dev/POST/predict")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('[api]\ntype = "none"\n', r"api\.type: 'none' makes no API"),
        ("[function]\ntimeout = 31\n", r"function\.timeout: 31 s is longer than an API of type 'http' waits"),
        ('[function]\ntimeout = 29.5\n[api]\ntype = "rest"\n', r"function\.timeout: 29\.5 s is longer"),
    ],
)
def test_what_cannot_work_names_the_key(build: Build, more: str, expected: str) -> None:
    with pytest.raises(SpecError, match=expected):
        build(more)
