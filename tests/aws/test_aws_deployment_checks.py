"""What is looked at before a deployment: bootstrap, stack, log group, Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from inferwatch.aws.notifications import slack
from inferwatch.aws.resources import bootstrap, concurrency, log_group, stack
from inferwatch.aws.session import Caller
from inferwatch.errors import AwsError
from inferwatch.spec.function import FunctionSpec

REGION = "eu-central-1"
CALLER = Caller(account="123456789012", arn="arn:aws:iam::123456789012:user/alice", region=REGION)
GROUP = "/demo/health/sleep-advice"
WORKSPACE = {"SlackTeamId": "T0123456789", "SlackTeamName": "abc_corp", "State": "ENABLED"}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.Session(region_name=REGION)


def bootstrapped(session: boto3.Session, version: str) -> None:
    name = f"/cdk-bootstrap/{bootstrap.QUALIFIER}/version"
    session.client("ssm").put_parameter(Name=name, Value=version, Type="String", Overwrite=True)


def made(session: boto3.Session, name: str, group: str) -> None:
    resource = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}
    template = {"Resources": {"Group": resource}, "Outputs": {"Name": {"Value": {"Ref": "Group"}}}}
    session.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def test_an_account_without_bootstrap_is_told_how_to_get_it(session: boto3.Session) -> None:
    problem = bootstrap.problem(session, CALLER)
    assert problem is not None
    assert "account 123456789012 in eu-central-1 is not bootstrapped" in problem
    assert "inferwatch deploy --bootstrap" in problem


def test_a_bootstrap_must_be_new_enough(session: boto3.Session) -> None:
    bootstrapped(session, "5")
    assert "has version 5, and 6 is needed" in (bootstrap.problem(session, CALLER) or "")
    bootstrapped(session, "21")
    assert bootstrap.problem(session, CALLER) is None


def test_a_stack_is_found_with_its_outputs_and_resources(session: boto3.Session) -> None:
    assert stack.find(session, "model") is None
    assert stack.resources(session, "model") == ()
    made(session, "model", GROUP)
    found = stack.find(session, "model")
    assert found is not None
    assert (found.status, found.outputs, found.protected) == ("CREATE_COMPLETE", {"Name": GROUP}, False)
    (resource,) = stack.resources(session, "model")
    assert (resource.logical_id, resource.physical_id, resource.type) == ("Group", GROUP, "AWS::Logs::LogGroup")


def test_a_log_group_is_deleted_and_may_be_gone_already(session: boto3.Session) -> None:
    session.client("logs").create_log_group(logGroupName=GROUP)
    log_group.delete(session, GROUP)
    assert log_group.find(session, GROUP) is None
    log_group.delete(session, GROUP)


class FakeSession:
    """Its one client, of the service that moto has not, answers what it is told."""

    def __init__(self, operation: str, answer: dict[str, Any] | None) -> None:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        self._client = boto3.client("chatbot", region_name=slack.REGION, **keys)
        stubber = Stubber(self._client)
        if answer is None:
            stubber.add_client_error(operation, "AccessDeniedException", "not authorized")
        else:
            stubber.add_response(operation, answer)
        stubber.activate()

    def client(self, service: str, region_name: str) -> Any:
        assert (service, region_name) == ("chatbot", "us-east-2")
        return self._client


def workspaces(*found: dict[str, str]) -> Any:
    return FakeSession("describe_slack_workspaces", {"SlackWorkspaces": list(found)})


def channels(*topics: str) -> Any:
    configuration = {
        "SlackTeamName": "abc_corp",
        "SlackTeamId": "T0123456789",
        "SlackChannelId": "C0123456789",
        "SlackChannelName": "alarms",
        "ChatConfigurationArn": "arn:aws:chatbot::123456789012:chat-configuration/slack-channel/other-model",
        "IamRoleArn": "arn:aws:iam::123456789012:role/other-model",
        "SnsTopicArns": [f"arn:aws:sns:{REGION}:123456789012:{topic}" for topic in topics],
        "ConfigurationName": "other-model",
    }
    return FakeSession("describe_slack_channel_configurations", {"SlackChannelConfigurations": [configuration]})


def test_an_authorised_workspace_is_no_problem() -> None:
    assert slack.workspace_problem(workspaces(WORKSPACE), "T0123456789") is None


def test_a_workspace_that_nobody_authorised_says_where_to() -> None:
    problem = slack.workspace_problem(workspaces(WORKSPACE), "T0000000000")
    assert problem is not None
    assert "authorised: T0123456789 (abc_corp)" in problem
    assert slack.CONSOLE in problem
    assert "/client/T" in problem


def test_a_disabled_workspace_says_why() -> None:
    disabled = {**WORKSPACE, "State": "DISABLED", "StateReason": "policy p-1"}
    assert "disabled in this account: policy p-1" in (
        slack.workspace_problem(workspaces(disabled), "T0123456789") or ""
    )


def test_a_channel_takes_one_configuration_in_an_account() -> None:
    topic = f"arn:aws:sns:{REGION}:123456789012:mine"
    assert slack.channel_problem(channels("mine"), "C0123456789", topic) is None
    assert slack.channel_problem(channels("theirs"), "C9999999999", topic) is None
    problem = slack.channel_problem(channels("theirs"), "C0123456789", topic)
    assert problem is not None
    assert "configured already, by 'other-model'" in problem
    assert "add the topic mine to" in problem


def test_and_that_for_all_regions_together() -> None:
    elsewhere = "arn:aws:sns:us-east-1:123456789012:mine"
    assert slack.channel_problem(channels("mine"), "C0123456789", elsewhere) is not None


class Lambda:
    """An account's concurrency, which moto has not. reserved: by the function, None where it is not deployed."""

    class exceptions:  # noqa: N801 - as boto3 has it
        class ResourceNotFoundException(Exception): ...

    def __init__(self, total: int, unreserved: int, reserved: int | None) -> None:
        self._limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
        self._reserved = reserved

    def client(self, service: str) -> Any:
        assert service == "lambda"
        return self

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": self._limit, "AccountUsage": {}}

    def get_function_concurrency(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        if self._reserved is None:
            raise self.exceptions.ResourceNotFoundException
        return {"ReservedConcurrentExecutions": self._reserved} if self._reserved else {}


@pytest.mark.parametrize(
    ("wanted", "account", "says"),
    [
        ({}, Lambda(10, 10, None), None),
        ({"reserved_concurrency": 1}, Lambda(10, 10, None), "leaves 9 of the 10 concurrent executions"),
        ({"provisioned_concurrency": 1}, Lambda(10, 10, 0), "function.provisioned_concurrency = 1 leaves 9"),
        ({"reserved_concurrency": 900}, Lambda(1000, 1000, None), None),
        ({"reserved_concurrency": 901}, Lambda(1000, 1000, 0), "leaves 99 of the 1000"),
        ({"reserved_concurrency": 900}, Lambda(1000, 100, 900), None),
        ({"reserved_concurrency": 50, "provisioned_concurrency": 50}, Lambda(1000, 150, 0), None),
    ],
)
def test_lambda_keeps_concurrency_for_other_functions(wanted: dict[str, int], account: Any, says: str | None) -> None:
    problem = concurrency.problem(account, "sleep-advice-Inference", FunctionSpec(**wanted))
    assert (problem is None) == (says is None)
    assert says is None or says in (problem or "")


def test_what_may_not_be_asked_is_an_error_of_its_own() -> None:
    with pytest.raises(AwsError) as refused:
        slack.workspace_problem(FakeSession("describe_slack_workspaces", None), "T0123456789")  # type: ignore[arg-type]
    assert refused.value.code == "AccessDeniedException"
