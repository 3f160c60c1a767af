"""Real requests through the deployed stacks: API Gateway, the zip function, the log group, all in MiniStack."""

from __future__ import annotations

import json
import time
from typing import Any

import emf_rules
import pytest
from caller import Answer, post, post_signed
from deployed_stack import DeployedStack
from log_lines import json_lines, messages, records
from ministack_process import ACCOUNT, MiniStack, session

pytestmark = pytest.mark.xdist_group("ministack")

LOG_GROUP = "/test/emulated/doubler"
AT_MOST = 200
"""Requests until the limit of the API is met."""


@pytest.fixture(scope="module")
def url(cloud: MiniStack, rest: DeployedStack) -> str:
    return f"{cloud.url}/_aws/execute-api/{rest.the('AWS::ApiGateway::RestApi')}/rest/predict"


@pytest.fixture(scope="module")
def signed_url(cloud: MiniStack, http: DeployedStack) -> str:
    return f"{cloud.url}/_aws/execute-api/{http.the('AWS::ApiGatewayV2::Api')}/http/predict"


@pytest.fixture(scope="module")
def key(cloud: MiniStack, rest: DeployedStack) -> str:
    made = cloud.client("apigateway").get_api_key(apiKey=rest.outputs["ApiKeyId"], includeValue=True)
    return str(made["value"])


def test_a_request_without_the_key_is_refused_before_the_function(cloud: MiniStack, url: str) -> None:
    before = messages(cloud, LOG_GROUP)
    assert post(url, {"x": 1}).status == 403
    assert post(url, {"x": 1}, x_api_key="another").status == 403
    assert messages(cloud, LOG_GROUP) == before


def test_the_model_answers_and_its_record_is_in_the_log_group(cloud: MiniStack, url: str, key: str) -> None:
    answer = post(url, {"x": 21, "secret": "hidden"}, x_api_key=key, origin="https://page.example")
    assert answer.status == 200
    assert (answer.document["prediction"], answer.document["confidence"]) == (42, 0.9)
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    record = records(cloud, LOG_GROUP)[answer.document["transaction_id"]]
    assert record["status"] == "succeeded"
    assert record["request"]["x"] == 21
    assert (record["Given"], record["PredictionProbability"], record["SuccessCount"]) == (21, 0.9, 1)
    assert (record["model_name"], record["environment"]) == ("doubler", "rest")
    assert "hidden" not in json.dumps(record)
    assert "asked for 21" in messages(cloud, LOG_GROUP)


@pytest.mark.parametrize("body", [{"y": 1}, {"x": "1"}, {"x": None}, [1], b"{"], ids=str)
def test_a_body_that_the_spec_does_not_allow_is_refused_before_the_function(
    cloud: MiniStack, url: str, key: str, body: Any
) -> None:
    before = messages(cloud, LOG_GROUP)
    answer = post(url, body, x_api_key=key)
    assert answer.status == 400
    assert answer.document["error"]["type"] == "InvalidFeatures"
    assert answer.document["error"]["expected"]["x"] == "a number"
    assert "transaction_id" not in answer.document
    assert messages(cloud, LOG_GROUP) == before


@pytest.mark.parametrize(
    ("x", "status", "recorded"), [(-1, 500, "failed"), (-3, 504, "timeout")], ids=["fails", "takes too long"]
)
def test_what_goes_wrong_is_answered_and_recorded(
    cloud: MiniStack, url: str, key: str, x: int, status: int, recorded: str
) -> None:
    answer = post(url, {"x": x}, x_api_key=key)
    assert answer.status == status
    record = records(cloud, LOG_GROUP)[answer.document["transaction_id"]]
    assert (record["status"], record["ErrorCount"]) == (recorded, 1)


def test_every_record_is_a_valid_event_with_metrics(cloud: MiniStack, url: str, key: str) -> None:
    assert post(url, {"x": 1.5}, x_api_key=key).status == 200
    lines = json_lines(cloud, LOG_GROUP)
    assert lines
    now_ms = time.time_ns() // 1_000_000
    assert [problem for line in lines for problem in emf_rules.problems(line, now_ms)] == []


def test_a_preflight_is_answered_without_a_key(url: str) -> None:
    answer = post(url, b"", method="OPTIONS", origin="https://page.example", access_control_request_method="POST")
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_only_who_may_invoke_it_gets_an_answer_of_the_signed_api(
    cloud: MiniStack, http: DeployedStack, signed_url: str
) -> None:
    """MiniStack checks signatures and identity policies, as API Gateway does with IAM authorization."""
    api = http.the("AWS::ApiGatewayV2::Api")
    route = f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:{api}/http/POST/predict"
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": route}
    assert post(signed_url, {"x": 1}).status == 403
    assert _ask_as(cloud, "stranger", None, signed_url).status == 403
    answer = _ask_as(cloud, "client", allowed, signed_url)
    assert (answer.status, answer.document["prediction"]) == (200, 8)
    record = records(cloud, "/test/signed/doubler")[answer.document["transaction_id"]]
    assert record["requester"]["principal"] == f"arn:aws:iam::{ACCOUNT}:user/client"


def test_too_many_requests_are_refused_before_the_function(cloud: MiniStack, url: str, key: str) -> None:
    """Last of those that use the key: it leaves the bucket of its usage plan empty."""
    before = messages(cloud, LOG_GROUP)
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < AT_MOST:
        statuses.append(post(url, b"{", x_api_key=key).status)
    assert statuses[-1] == 429
    assert messages(cloud, LOG_GROUP) == before


def _ask_as(cloud: MiniStack, user: str, statement: dict[str, Any] | None, url: str) -> Answer:
    """POST as a new user whose policy has this statement alone."""
    iam = cloud.client("iam")
    iam.create_user(UserName=user)
    if statement:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=user, PolicyName="only", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return post_signed(session(key["AccessKeyId"], key["SecretAccessKey"]), url, {"x": 4})
