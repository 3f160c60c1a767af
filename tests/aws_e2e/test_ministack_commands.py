"""The commands with `--aws` over a stack in MiniStack, asked by a user who has the documented policy and no more.

MiniStack checks each call against the user's policy. What it does not do: it extracts no embedded metrics, writes no
`platform.report`, and tells in an alarm's history of no action.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from caller import post
from click.testing import Result
from deployed_stack import ASSETS, DeployedStack
from log_lines import records
from ministack_process import MiniStack
from ministack_user import User

from inferwatch.aws.resources import model_client
from inferwatch.cli import exit_codes
from inferwatch.errors import AwsError

pytestmark = pytest.mark.xdist_group("ministack")

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def url(cloud: MiniStack, rest: DeployedStack) -> str:
    return f"{cloud.url}/_aws/execute-api/{rest.the('AWS::ApiGateway::RestApi')}/rest/predict"


@pytest.fixture(scope="module")
def inferwatch(cloud: MiniStack, model: Path) -> Run:
    """Runs a command for the environment "rest", as a user who may read and check that model."""
    return User(cloud, model, "rest", "read", "check").run


def test_check_follows_a_request_to_the_log_and_an_alarm_to_its_topic(
    cloud: MiniStack, rest: DeployedStack, inferwatch: Run, model: Path, url: str
) -> None:
    queue = _subscribed_queue(cloud, rest.the("AWS::SNS::Topic"))
    options = ("--aws", "--url", url, "--requests", "1", "--wait", "0s", "--json")
    links = {each["what"]: each for each in _values(inferwatch("check", str(model), *options))}
    holding = [what for what, link in links.items() if link["verdict"] == "ok"]
    assert holding == ["clock", "stack", "answer", "log", "notify.team"]
    assert "1 records in /test/emulated/doubler, status succeeded" in links["log"]["says"]
    told = [json.loads(json.loads(message["Body"])["Message"]) for message in _received(cloud, queue)]
    assert [each["NewStateValue"] for each in told] == ["ALARM"]
    assert told[0]["AlarmName"] == "doubler-rest-High-Latency-Alarm"


def test_tail_prints_the_records_as_they_stand_in_the_log_group(
    cloud: MiniStack, rest: DeployedStack, inferwatch: Run, model: Path, url: str
) -> None:
    key = cloud.client("apigateway").get_api_key(apiKey=rest.outputs["ApiKeyId"], includeValue=True)["value"]
    answer = post(url, {"x": 9}, x_api_key=key)
    printed = _values(inferwatch("tail", "--aws", "--spec", str(model), "--json"))
    (record,) = [each for each in printed if each.get("transaction_id") == answer.document["transaction_id"]]
    assert (record["prediction"], record["status"]) == (18, "succeeded")
    assert any(each.get("text", "").startswith("asked for 9") for each in printed)
    people = inferwatch("tail", "--aws", "--spec", str(model)).stdout
    assert f"prediction 18  confidence 0.9  {record['transaction_id']}" in people


def test_the_alarms_and_their_history_are_listed(cloud: MiniStack, inferwatch: Run, model: Path) -> None:
    options = ("--aws", "--spec", str(model), "--json")
    cloudwatch = cloud.client("cloudwatch")
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(
            AlarmName="doubler-rest-Large", StateValue=state, StateReason=f"the test says {state}"
        )
    result = inferwatch("alarms", "list", *options)
    listed = {each["alarm"]: each for each in _values(result)}
    assert set(listed) == {"High-Latency-Alarm", "Low-Probability-Alarm", "Large"}
    assert (listed["Large"]["state"], listed["Large"]["reason"]) == ("ALARM", "the test says ALARM")
    assert result.exit_code == exit_codes.IN_ALARM
    history = _values(inferwatch("alarms", "history", "Large", *options))
    assert (history[0]["previous"], history[0]["state"]) == ("OK", "ALARM")


def test_the_doctor_finds_what_is_deployed_and_what_is_not(inferwatch: Run, model: Path) -> None:
    findings = {each["what"]: each for each in _values(inferwatch("doctor", str(model), "--aws", "--json"))}
    sound = ("credentials", "may read", "bootstrap", "stack", "log group", "function", "metric filters", "notify.team")
    assert {what: findings[what]["verdict"] for what in sound} == dict.fromkeys(sound, "ok")
    missing = [what for what, finding in findings.items() if "not in CloudWatch" in finding["says"]]
    assert [what.removeprefix("alarm doubler-rest-") for what in missing] == [
        "Inference-Error-Alarm",
        "Slow and large",
        "Health-Alarm",
    ]


def test_what_the_policy_does_not_allow_is_refused(inferwatch: Run, model: Path) -> None:
    """Or the tests above would say nothing of the policy."""
    with pytest.raises(AwsError, match="FilterLogEvents is not allowed"):
        inferwatch("tail", "--aws", "--spec", str(model), "--environment", "http")


def test_destroy_leaves_nothing_of_a_stack(cloud: MiniStack, gone: DeployedStack, model: Path) -> None:
    before = _uploaded(cloud)
    result = User(cloud, model, "gone", "read", "destroy").run("destroy", str(model), "--yes")
    assert result.exit_code == 0, result.stderr
    left = cloud.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert gone.name not in [stack["StackName"] for stack in left]
    assert cloud.client("logs").describe_log_groups(logGroupNamePrefix="/test/gone")["logGroups"] == []
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert gone.outputs["FunctionName"] not in [each["FunctionName"] for each in functions]
    assert [key.rpartition(".")[2] for key in before - _uploaded(cloud)] == ["zip"]


def test_requests_are_signed_as_the_api_wants(cloud: MiniStack, http: DeployedStack, model: Path) -> None:
    """With IAM authorization the policy's one route is enough; MiniStack checks the signature over the body too."""
    api = http.the("AWS::ApiGatewayV2::Api")
    user = User(cloud, model, "http", "check")
    answer = model_client.sender(user.site, f"{cloud.url}/_aws/execute-api/{api}/http/predict", None)(b'{"x": 8}')
    assert (answer.status, answer.document["prediction"]) == (200, 16)
    record = records(cloud, "/test/signed/doubler")[str(answer.transaction_id)]
    assert record["requester"]["principal"] == user.site.caller.arn


def _uploaded(cloud: MiniStack) -> set[str]:
    return {each["Key"] for each in cloud.client("s3").list_objects_v2(Bucket=ASSETS)["Contents"]}


def _values(result: Result) -> list[dict[str, Any]]:
    assert result.stdout, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def _subscribed_queue(cloud: MiniStack, topic: str) -> str:
    sqs = cloud.client("sqs")
    queue = str(sqs.create_queue(QueueName="heard")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    statement = {**allowed, "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


def _received(cloud: MiniStack, queue: str) -> list[dict[str, Any]]:
    answer = cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=5)
    return list(answer.get("Messages", ()))
