"""The synthesized stack in MiniStack, a test double: what is made there is what the template says.

Where MiniStack deviates from AWS, `unsupported.py` or the test says so.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deployed_stack import DeployedStack, create, logical_ids, synthesized
from emulated_model import PYTHON
from ministack_process import ACCOUNT, REGION, MiniStack
from unsupported import UNSUPPORTED

pytestmark = pytest.mark.xdist_group("ministack")


@pytest.fixture
def stacks(
    rest: DeployedStack, http: DeployedStack, parts: DeployedStack, asking: DeployedStack
) -> dict[str, DeployedStack]:
    """The deployed stacks by their artifacts."""
    return {"rest": rest, "http": http, "parts": parts, "asking": asking}


def test_only_what_ministack_refuses_is_left_out(
    cloud: MiniStack, stacks: dict[str, DeployedStack], assembly: Path
) -> None:
    for artifact, stack in stacks.items():
        resources = synthesized(assembly, artifact)["Resources"]
        for logical_id in UNSUPPORTED.keys() & resources.keys():
            alone = {name: value for name, value in resources[logical_id].items() if name != "DependsOn"}
            refused = create(cloud, f"only-{artifact}-{logical_id}", {"Resources": {logical_id: stack.referred(alone)}})
            assert any(UNSUPPORTED[logical_id] in said for said in refused.values()), (logical_id, refused)
    every = {each for artifact in stacks for each in synthesized(assembly, artifact)["Resources"]}
    assert UNSUPPORTED.keys() - every == set()


def test_the_function_is_as_declared(cloud: MiniStack, rest: DeployedStack) -> None:
    lambda_ = cloud.client("lambda")
    name = rest.outputs["FunctionName"]
    made = lambda_.get_function_configuration(FunctionName=name)
    (declared,) = rest.properties("AWS::Lambda::Function")
    for member in ("FunctionName", "Handler", "Runtime", "MemorySize", "Timeout", "Architectures", "Environment"):
        assert made[member] == declared[member]
    assert made["Runtime"] == f"python{PYTHON}"
    assert made["LoggingConfig"] == declared["LoggingConfig"]
    assert made["LoggingConfig"]["LogGroup"] == rest.outputs["LogGroup"]
    alias = lambda_.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "1"


def test_the_log_groups_keep_what_they_hold_as_declared(cloud: MiniStack, rest: DeployedStack) -> None:
    found = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/test/emulated")["logGroups"]
    assert [group["logGroupName"] for group in found] == ["/test/emulated/doubler", "/test/emulated/doubler/access"]
    keys = {rest.physical_ids[each] for each in logical_ids(rest.template, "AWS::KMS::Key")}
    for group in found:
        assert group["retentionInDays"] == 30
        assert group["logGroupClass"] == "STANDARD"  # the only one with embedded metrics
        assert group["kmsKeyId"].rpartition("/")[2] in keys


def test_the_filters_are_as_declared(cloud: MiniStack, rest: DeployedStack) -> None:
    made = {f["filterName"]: f for f in cloud.client("logs").describe_metric_filters()["metricFilters"]}
    declared = rest.properties("AWS::Logs::MetricFilter")
    assert len(declared) == 4
    for each in declared:
        found = made[each["FilterName"]]
        (said,), (wanted,) = found["metricTransformations"], each["MetricTransformations"]
        assert (found["logGroupName"], found["filterPattern"]) == (each["LogGroupName"], each["FilterPattern"])
        assert [said["metricNamespace"], said["metricName"], said["metricValue"], said["unit"]] == [
            wanted[name] for name in ("MetricNamespace", "MetricName", "MetricValue", "Unit")
        ]
        assert said.get("dimensions", {}) == {d["Key"]: d["Value"] for d in wanted.get("Dimensions", ())}


def test_the_alarms_are_as_declared(cloud: MiniStack, rest: DeployedStack) -> None:
    made = {a["AlarmName"]: a for a in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    declared = rest.properties("AWS::CloudWatch::Alarm")
    assert [each["AlarmName"].removeprefix("doubler-rest-") for each in declared] == [
        "High-Latency-Alarm",
        "Low-Probability-Alarm",
        "Large",
    ]
    # MiniStack does not keep this member, and gives every alarm a statistic, also where it has an extended one.
    for each in declared:
        wanted = {name: value for name, value in each.items() if name != "EvaluateLowSampleCountPercentile"}
        wanted.pop("Tags", None)
        assert {name: made[each["AlarmName"]].get(name) for name in wanted} == wanted


def test_the_dashboard_shows_what_is_there(cloud: MiniStack, rest: DeployedStack) -> None:
    cloudwatch = cloud.client("cloudwatch")
    (name,) = [each["DashboardName"] for each in rest.properties("AWS::CloudWatch::Dashboard")]
    text = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    widgets = json.loads(text)["widgets"]
    assert name == "doubler-rest-Inference-Monitoring-Dashboard"
    assert {widget["properties"]["region"] for widget in widgets if "region" in widget["properties"]} == {REGION}
    alarms = {arn for widget in widgets for arn in widget["properties"].get("alarms", ())}
    prefix = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:doubler-rest-"
    assert alarms
    assert all(arn.startswith(prefix) for arn in alarms)
    assert f"SOURCE '{rest.outputs['LogGroup']}'" in text
    assert f'"FunctionName","{rest.outputs["FunctionName"]}"' in text


def test_the_topic_is_for_this_model_s_alarms_and_its_subscribers(cloud: MiniStack, rest: DeployedStack) -> None:
    sns = cloud.client("sns")
    topic = rest.the("AWS::SNS::Topic")
    (subscribed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (subscribed["Protocol"], subscribed["Endpoint"]) == ("email", "team@example.com")
    statements = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"]
    (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    alarms = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:doubler-rest-*"
    assert allowed["Condition"]["ArnLike"] == {"aws:SourceArn": alarms}


def test_the_usage_plan_limits_the_stage(cloud: MiniStack, rest: DeployedStack) -> None:
    (plan,) = cloud.client("apigateway").get_usage_plans()["items"]
    assert plan["throttle"] == {"rateLimit": 10.0, "burstLimit": 20}
    assert plan["quota"] == {"limit": 1000, "period": "DAY"}
    assert [(each["apiId"], each["stage"]) for each in plan["apiStages"]] == [
        (rest.the("AWS::ApiGateway::RestApi"), "rest")
    ]
