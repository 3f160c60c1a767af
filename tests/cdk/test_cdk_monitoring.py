"""What `ModelMonitoring` makes, read from its templates."""

from __future__ import annotations

from typing import Any

import pytest
from intrinsics import Template, named, resolved
from synthesis import SPECS, Synthesized

from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.names import names
from inferwatch.spec import load_spec

pytestmark = pytest.mark.xdist_group("synth")

TOPICS = "arn:aws:sns:eu-central-1:123456789012:doc_classification-dev-Inference-Alarms"


@pytest.fixture
def watched(synthesized: Synthesized) -> Template:
    return synthesized.templates["watched"]


@pytest.fixture
def alone(synthesized: Synthesized) -> Template:
    return synthesized.templates["alone"]


@pytest.fixture
def given_topic(synthesized: Synthesized) -> Template:
    return synthesized.templates["given-topic"]


def found(template: Template, kind: str) -> list[dict[str, Any]]:
    """The properties of all resources of a type, intrinsic functions worked out."""
    return [r["Properties"] for r in resolved(template)["Resources"].values() if r["Type"] == kind]


def by(members: list[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {properties[name]: properties for properties in members}


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return by([alarm for kind in kinds for alarm in found(template, kind)], "AlarmName")


def test_alarms_are_what_boto3_would_be_given(watched: Template) -> None:
    spec = load_spec(SPECS / "rich", environ={})
    made = alarms(watched)

    for alarm in spec.alarms:
        expected = alarm_properties(spec, alarm)
        actual = made[names(spec).alarm(alarm.name)]
        told = {"AlarmActions", "OKActions"}
        assert {k: v for k, v in actual.items() if k not in told} == {
            k: v for k, v in expected.items() if k not in told
        }


@pytest.mark.parametrize(
    ("alarm", "topic"),
    [
        ("High-Latency-Alarm", [TOPICS]),
        ("Page someone", [TOPICS]),
        ("Many pages, or a storm (of them)", [f"{TOPICS}-team"]),
        ("Memory", [f"{TOPICS}-claims-channel-team"]),
        ("Slow and unsure", [f"{TOPICS}-on-call"]),
        ("Refusals", []),
        ("Throttled", []),
    ],
)
def test_an_alarm_publishes_to_the_topic_of_its_targets(watched: Template, alarm: str, topic: list[str]) -> None:
    made = alarms(watched)[f"doc_classification-dev-{alarm}"]

    assert made.get("AlarmActions", []) == topic
    assert made.get("OKActions", []) == topic


def test_the_health_alarm_tells_nobody_and_comes_after_its_children(watched: Template) -> None:
    made = alarms(watched)["doc_classification-dev-Health-Alarm"]
    after = watched["Resources"]["MonitoringHealth310BD4C0"]["DependsOn"]

    assert not made.get("AlarmActions")
    assert {named(watched, logical) for logical in after} == {
        f"doc_classification-dev-{alarm.name}" for alarm in load_spec(SPECS / "rich", environ={}).alarms
    }


def test_topics_are_encrypted_by_a_key_that_alarms_of_this_model_may_use(watched: Template) -> None:
    (key,) = found(watched, "AWS::KMS::Key")
    alarms_statement = key["KeyPolicy"]["Statement"][1]

    assert key["EnableKeyRotation"] is True
    assert alarms_statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert alarms_statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms_statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:doc_classification-dev-*"},
    }
    topics = found(watched, "AWS::SNS::Topic")
    assert len(topics) == 4
    assert {topic["KmsMasterKeyId"] for topic in topics} == {
        "arn:aws:kms:eu-central-1:123456789012:key/MonitoringTopicsKey94A85B0A"
    }


def test_only_alarms_of_this_model_publish_and_only_over_tls(watched: Template) -> None:
    policies = found(watched, "AWS::SNS::TopicPolicy")

    assert len(policies) == 4
    for policy in policies:
        deny, allow = policy["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert (allow["Effect"], allow["Action"]) == ("Allow", "sns:Publish")
        assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert allow["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":alarm:doc_classification-dev-*")
        assert [allow["Resource"]] == policy["Topics"]


def test_addresses_hear_each_topic_that_names_them_once(watched: Template) -> None:
    heard = {(s["TopicArn"], s["Protocol"], s["Endpoint"]) for s in found(watched, "AWS::SNS::Subscription")}

    assert len(found(watched, "AWS::SNS::Subscription")) == len(heard)
    assert heard == {
        (TOPICS, "email", "claims@example.com"),
        (f"{TOPICS}-team", "email", "claims@example.com"),
        (f"{TOPICS}-claims-channel-team", "email", "claims@example.com"),
        (TOPICS, "sms", "+4915112345678"),
        (f"{TOPICS}-on-call", "sms", "+4915112345678"),
    }


def test_two_targets_with_one_slack_channel_make_one_configuration(watched: Template) -> None:
    (channel,) = found(watched, "AWS::Chatbot::SlackChannelConfiguration")

    assert (channel["SlackWorkspaceId"], channel["SlackChannelId"]) == ("T0123456789", "C0123456789")
    assert set(channel["SnsTopicArns"]) == {TOPICS, f"{TOPICS}-claims-channel-team"}
    assert channel["LoggingLevel"] == "ERROR"


def test_who_writes_in_the_channel_can_look_and_nothing_else(watched: Template) -> None:
    (channel,) = found(watched, "AWS::Chatbot::SlackChannelConfiguration")
    (policy,) = found(watched, "AWS::IAM::ManagedPolicy")
    (role,) = found(watched, "AWS::IAM::Role")
    allowed = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }

    assert channel["GuardrailPolicies"] == role["ManagedPolicyArns"]
    assert len(channel["GuardrailPolicies"]) == 1
    assert "Policies" not in role
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "chatbot.amazonaws.com"}
    assert allowed == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:GetMetricWidgetImage",
    }


def test_a_target_that_aws_does_not_reach_is_warned_of_by_its_key(synthesized: Synthesized) -> None:
    (hook,) = synthesized.warnings("watched")
    (slack,) = synthesized.warnings("alone")

    assert hook.startswith("notify.hook: ")
    assert slack.startswith("notify.slack: ")
    assert synthesized.warnings("given-topic") == []


def test_with_a_topic_of_ones_own_nothing_is_made_for_those_who_hear(given_topic: Template) -> None:
    made = {resource["Type"] for resource in given_topic["Resources"].values()}
    actions = {name: alarm.get("AlarmActions", []) for name, alarm in alarms(given_topic).items()}

    assert made == {
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::QueryDefinition",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
    }
    ours = ["arn:aws:sns:eu-central-1:123456789012:ours"]
    silent = {"doc_classification-prod-Refusals", "doc_classification-prod-Health-Alarm"}
    assert actions == {name: [] if name in silent else ours for name in actions}


def test_filters_and_queries_read_the_groups_that_were_given(watched: Template, given_topic: Template) -> None:
    def read(template: Template) -> set[str]:
        filters = {each["LogGroupName"] for each in found(template, "AWS::Logs::MetricFilter")}
        queries = {name for each in found(template, "AWS::Logs::QueryDefinition") for name in each["LogGroupNames"]}
        assert filters == queries
        return filters

    assert read(watched) == {"/abc_corp/claim/doc_classification", "Access9901B1FF"}
    assert len(read(given_topic)) == 1


def test_a_filter_is_made_after_the_log_group_it_reads(watched: Template) -> None:
    groups = [
        resource["Properties"]["LogGroupName"]
        for resource in watched["Resources"].values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
    ]

    assert groups == [*[{"Ref": "Lines0CB763DA"}] * 3, {"Ref": "Access9901B1FF"}]


def test_an_existing_function_and_its_log_group_are_watched_by_their_own_names(alone: Template) -> None:
    (dashboard,) = found(alone, "AWS::CloudWatch::Dashboard")
    errors = alarms(alone)["quotes-Inference-Error-Alarm"]["Metrics"]

    assert dashboard["DashboardName"] == "quotes-Inference-Monitoring-Dashboard"
    assert "SOURCE '/pricing/quotes'" in dashboard["DashboardBody"]
    assert errors[2]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "FunctionName", "Value": "quotes-of-old"}]
    assert {each["LogGroupName"] for each in found(alone, "AWS::Logs::MetricFilter")} == {"/pricing/quotes"}
