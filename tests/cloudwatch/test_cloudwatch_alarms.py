"""Alarms as CloudWatch takes them: which members, which metric, who is told."""

from __future__ import annotations

import boto3
import msgspec
import pytest
from aws_schemas import API, problems, request, resource
from cloudwatch_examples import TOPIC, a_spec, digits, rich
from moto import mock_aws

from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.names import names

REQUEST, RESOURCE = request("PutMetricAlarm"), resource("AWS::CloudWatch::Alarm")


EVERY_ALARM = [
    pytest.param(spec, alarm, id=f"{spec.model.name} {alarm.name}")
    for spec in (digits(), rich())
    for alarm in spec.alarms
]


def alarm_of(folder, text):
    spec = a_spec(folder, text)
    return spec, next(alarm for alarm in spec.alarms if alarm.name == "mine")


MINE = """
[[alarm]]
name = "mine"
metric = "ErrorCount"
statistic = "Sum"
comparison = "GreaterThanThreshold"
threshold = 0
"""


def test_the_api_and_cloudformation_share_27_members():
    shared = set(REQUEST.members) & set(RESOURCE["properties"])
    assert len(shared) == 27
    assert set(REQUEST.members) == shared  # CloudFormation adds only the ARN, which it gives back


@pytest.mark.parametrize(("spec", "alarm"), EVERY_ALARM)
def test_only_members_that_both_know(spec, alarm):
    members = alarm_properties(spec, alarm, actions=[TOPIC])
    assert set(members) <= set(REQUEST.members) & set(RESOURCE["properties"])


@pytest.mark.parametrize(
    ("shape", "definition"), [("MetricDataQuery", "MetricDataQuery"), ("MetricStat", "MetricStat")]
)
def test_both_call_the_parts_of_metric_math_the_same(shape, definition):
    assert set(API.shape_for(shape).members) == set(RESOURCE["definitions"][definition]["properties"])


@pytest.mark.parametrize(("spec", "alarm"), EVERY_ALARM)
def test_botocore_finds_every_member_of_the_right_type_and_length(spec, alarm):
    assert problems(alarm_properties(spec, alarm, actions=[TOPIC]), "PutMetricAlarm") == ""


def test_boto3_takes_them_as_they_are():
    with mock_aws():
        client = boto3.client("cloudwatch", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
        spec = rich()
        for alarm in spec.alarms:
            client.put_metric_alarm(**alarm_properties(spec, alarm, actions=[TOPIC]))
        found = {alarm["AlarmName"]: alarm for alarm in client.describe_alarms()["MetricAlarms"]}
    assert set(found) == {names(spec).alarm(alarm.name) for alarm in spec.alarms}
    assert found["doc_classification-prod-tail-latency"]["ExtendedStatistic"] == "p99.9"


@pytest.mark.parametrize(("spec", "alarm"), EVERY_ALARM)
def test_no_more_datapoints_must_breach_than_are_looked_at(spec, alarm):
    members = alarm_properties(spec, alarm)
    assert 1 <= members["DatapointsToAlarm"] <= members["EvaluationPeriods"]


@pytest.mark.parametrize(("spec", "alarm"), EVERY_ALARM)
def test_no_unit_which_would_hide_datapoints_of_another(spec, alarm):
    assert "Unit" not in alarm_properties(spec, alarm)


@pytest.mark.parametrize(("spec", "alarm"), EVERY_ALARM)
def test_one_metric_or_metric_math_and_one_kind_of_statistic(spec, alarm):
    members = alarm_properties(spec, alarm)
    if "Metrics" in members:
        assert not {"MetricName", "Namespace", "Dimensions", "Period", "Statistic"} & set(members)
    else:
        assert ("Statistic" in members) is not ("ExtendedStatistic" in members)
        assert ("EvaluateLowSampleCountPercentile" in members) is ("ExtendedStatistic" in members)


def test_a_sum_of_errors_also_counts_killed_environments(tmp_path):
    spec, alarm = alarm_of(tmp_path, MINE)
    total, own, killed = alarm_properties(spec, alarm)["Metrics"]
    assert total == {"Id": "total", "Expression": "SUM([own, killed])", "Label": "ErrorCount", "ReturnData": True}
    assert (own["Id"], killed["Id"]) == ("own", "killed")
    assert own["MetricStat"]["Metric"]["MetricName"] == "ErrorCount"
    assert killed["MetricStat"]["Metric"] == {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "doc_classification-Inference"}],
    }
    for part in (own, killed):
        assert (part["MetricStat"]["Period"], part["MetricStat"]["Stat"]) == (60, "Sum")
        assert part["ReturnData"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"period": 10},
        {"statistic": "Average"},
        {"statistic": "SampleCount"},
        {"metric": "Invocations"},
        {"dimensions": {"model_name": "doc_classification", "environment": "dev", "ModelVersion": "1"}},
    ],
    ids=str,
)
def test_what_else_is_asked_of_errors_watches_the_records_alone(tmp_path, change):
    spec, alarm = alarm_of(tmp_path, MINE)
    members = alarm_properties(spec, msgspec.structs.replace(alarm, **change))
    assert "Metrics" not in members
    assert members["Namespace"] == "abc_corp/claim"


def test_the_default_dimensions_written_out_are_the_default_ones(tmp_path):
    spec, alarm = alarm_of(tmp_path, MINE)
    written = msgspec.structs.replace(alarm, dimensions={"environment": "dev", "model_name": "doc_classification"})
    assert alarm_properties(spec, written) == alarm_properties(spec, alarm)


def test_a_function_of_another_name_can_be_watched(tmp_path):
    spec, alarm = alarm_of(tmp_path, MINE)
    called = msgspec.structs.replace(names(spec), function="theirs", prefix="their-model")
    members = alarm_properties(spec, alarm, called=called)
    assert members["AlarmName"] == "their-model-mine"
    assert members["Metrics"][2]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "FunctionName", "Value": "theirs"}]


def test_people_hear_of_alarm_and_of_ok(tmp_path):
    spec, alarm = alarm_of(tmp_path, MINE)
    members = alarm_properties(spec, alarm, actions=[TOPIC])
    assert (members["AlarmActions"], members["OKActions"]) == ([TOPIC], [TOPIC])
    assert "InsufficientDataActions" not in members


def test_an_alarm_that_tells_nobody_has_no_actions(tmp_path):
    spec, alarm = alarm_of(tmp_path, MINE + "notify = []\n")
    members = alarm_properties(spec, alarm, actions=[TOPIC])
    assert (members["AlarmActions"], members["OKActions"]) == ([], [])


def test_the_description_says_what_is_watched_and_where_help_is(tmp_path):
    about = 'description = "Answers are wrong."\nrunbook = "https://example.com/runbook"\n'
    spec, alarm = alarm_of(tmp_path, MINE + about)
    assert alarm_properties(spec, alarm)["AlarmDescription"] == (
        "Answers are wrong.\n\nSum of ErrorCount (Count), doc_classification (dev).\n\n"
        "Runbook: https://example.com/runbook"
    )


def test_the_description_names_the_version_that_is_watched():
    spec = rich()
    alarm = next(a for a in spec.alarms if a.name == "errors of version 3")
    assert "doc_classification (prod), version 3." in alarm_properties(spec, alarm)["AlarmDescription"]
