"""The doctor's findings of a deployed model: none where all is well, and the right one for each planted fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from deployed_model import SPEC, World, account

from inferwatch.aws.doctor import alarms, logs, metrics
from inferwatch.aws.resources import function
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.finding import Finding

BODY = b'{"hours": 7}'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path)


@pytest.fixture
def busy(world: World) -> World:
    """One that has been asked something, a while ago."""
    world.infer(BODY)
    world.clock.pause(600)
    return world


def only(findings: Iterator[Finding]) -> Finding:
    (found,) = findings
    return found


def test_metrics_that_arrive_are_counted(busy: World) -> None:
    found = metrics.arriving(busy.site, busy.clock.patience)
    assert (found.what, found.verdict) == ("metrics", "ok")
    assert found.says.startswith("1 invocations in 3 h, the last at 20")


def test_silence_is_told_with_the_time_of_the_last_event(world: World) -> None:
    found = metrics.arriving(world.site, world.clock.patience)
    assert (found.verdict, "nothing logged so far" in found.says) == ("not yet", True)
    world.infer(BODY)
    world.clock.pause(4 * 3600)
    found = metrics.arriving(world.site, world.clock.patience)
    assert "no record in 3 h, and nothing logged since 20" in found.says


def test_young_records_without_datapoints_are_not_yet_wrong(world: World) -> None:
    world.infer(BODY)
    world.clock.pause(30)
    assert metrics.arriving(world.site, world.clock.patience).verdict == "not yet"


def test_a_line_that_is_no_embedded_metric_is_named_with_its_stream(world: World) -> None:
    world.line = lambda line: line.replace(b'"LatencyMs":', b'"LatencyMs":null,"Other":')
    world.metrics_lag_s = None
    world.infer(BODY)
    world.clock.pause(600)
    found = metrics.arriving(world.site, world.clock.patience)
    assert found.verdict == "wrong"
    assert "of 1 of 1 lines no metric can be made: 1 metrics, dimension sets or directives are not valid" in found.says
    assert "stream s" in found.says


def test_a_clock_that_is_ahead_in_the_function_is_told(world: World) -> None:
    def three_hours_ahead(line: bytes) -> bytes:
        document = orjson.loads(line)
        document["_aws"]["Timestamp"] += 3 * 3_600_000
        return orjson.dumps(document)

    world.line, world.metrics_lag_s = three_hours_ahead, None
    world.infer(BODY)
    world.clock.pause(600)
    found = metrics.arriving(world.site, world.clock.patience)
    assert (found.verdict, "2 hours after it was logged" in found.says) == ("wrong", True)


def test_valid_lines_without_metrics_are_looked_for_elsewhere(world: World) -> None:
    world.metrics_lag_s = None
    world.infer(BODY)
    world.clock.pause(600)
    found = metrics.arriving(world.site, world.clock.patience)
    assert found.verdict == "wrong"
    assert "1 valid records in 3 h, and no datapoint: CloudWatch made none in any region" in found.says
    datum = {"MetricName": "Invocations", "Value": 1}
    ireland = world.session.client("cloudwatch", region_name="eu-west-1")
    ireland.put_metric_data(Namespace="abc_corp/health", MetricData=[datum])
    assert "the metric is in eu-west-1" in metrics.arriving(world.site, world.clock.patience).says


def test_a_few_bad_lines_among_good_ones_are_a_warning(busy: World) -> None:
    busy.line, busy.metrics_lag_s = lambda line: line[:-30], None
    busy.infer(BODY)
    busy.clock.pause(600)
    found = metrics.arriving(busy.site, busy.clock.patience)
    assert found.verdict == "warning"
    assert "but of 1 of 2 lines none: the line is no JSON object" in found.says


def test_alarms_as_the_spec_has_them_are_counted_by_state(busy: World) -> None:
    busy.put_health_alarm()
    assert only(alarms.findings(busy.site)) == Finding("alarms", "ok", "4, as the spec has them: 4 OK")


def test_a_threshold_that_was_changed_by_hand_is_named(busy: World) -> None:
    busy.put_health_alarm()
    properties = alarm_properties(busy.spec, busy.spec.alarms[0], actions=[busy.topic])
    busy.put_alarm(**{**properties, "Threshold": 3000.0, "TreatMissingData": "breaching"})
    found = only(alarms.findings(busy.site))
    assert (found.what, found.verdict) == ("alarm sleep-High-Latency-Alarm", "warning")
    assert "Threshold is 3000, the spec's 2000" in found.says
    assert "TreatMissingData is breaching, the spec's notBreaching" in found.says


def test_metric_math_that_was_changed_by_hand_is_named(busy: World) -> None:
    busy.put_health_alarm()
    errors = next(alarm for alarm in busy.spec.alarms if alarm.metric == "ErrorCount")
    properties = alarm_properties(busy.spec, errors, actions=[busy.topic])
    own = next(one for one in properties["Metrics"] if one["Id"] == "own")
    own["MetricStat"]["Stat"] = "Average"
    busy.put_alarm(**properties)
    found = only(alarms.findings(busy.site))
    assert (found.what, found.verdict) == ("alarm sleep-Inference-Error-Alarm", "warning")
    assert "Metrics is" in found.says


def test_alarms_that_are_missing_or_mute_are_wrong(busy: World) -> None:
    cloudwatch = busy.session.client("cloudwatch")
    busy.put_health_alarm()
    cloudwatch.delete_alarms(AlarmNames=["sleep-High-Latency-Alarm"])
    cloudwatch.disable_alarm_actions(AlarmNames=["sleep-Low-Probability-Alarm"])
    errors = next(alarm for alarm in busy.spec.alarms if alarm.metric == "ErrorCount")
    busy.put_alarm(**alarm_properties(busy.spec, errors))
    found = {one.what.removeprefix("alarm sleep-"): one for one in alarms.findings(busy.site)}
    assert {one.verdict for one in found.values()} == {"wrong"}
    assert "not in CloudWatch" in found["High-Latency-Alarm"].says
    assert "actions are switched off" in found["Low-Probability-Alarm"].says
    assert "it tells nobody, and the spec has it tell slack, email" in found["Inference-Error-Alarm"].says


def test_an_alarm_on_a_metric_that_does_not_exist_is_told_whatever_its_state(tmp_path: Path) -> None:
    extra = '\n[[alarm]]\nname = "drift"\nmetric = "Dirft"\ncomparison = "GreaterThanThreshold"\nthreshold = 1\n'
    metric = '\n[[metric]]\nname = "Dirft"\n'
    with account():
        world = World(tmp_path, SPEC + metric + extra)
        world.put_health_alarm()
        world.infer(BODY)
        world.clock.pause(600)
        found = only(alarms.findings(world.site))
    assert (found.what, found.verdict) == ("alarm sleep-drift", "warning")
    assert "its metric Dirft in abc_corp/health {model_name=sleep, environment=dev} has had no data" in found.says


def test_no_alarm_at_all_is_one_finding(world: World) -> None:
    names = [one["AlarmName"] for one in world.session.client("cloudwatch").describe_alarms()["MetricAlarms"]]
    world.session.client("cloudwatch").delete_alarms(AlarmNames=names)
    found = only(alarms.findings(world.site))
    assert "none of the spec's alarms is in account 123456789012, region eu-central-1" in found.says


def test_a_log_group_as_the_spec_has_it_is_well(world: World) -> None:
    found = only(logs.group(world.site))
    assert (found.verdict, found.says) == ("ok", "/abc_corp/health/sleep: 0.0 MB, kept 90 days")


@pytest.mark.parametrize(
    ("member", "verdict", "says"),
    [
        ({"retentionInDays": 7}, "warning", "lines are kept 7 days, and logs.retention_days is 90"),
        ({"retentionInDays": None}, "warning", "lines are kept for ever"),
        (
            {"logGroupClass": "INFREQUENT_ACCESS"},
            "wrong",
            "of the class INFREQUENT_ACCESS, of which CloudWatch makes no",
        ),
    ],
)
def test_a_log_group_that_differs_is_told(world: World, member: dict[str, Any], verdict: str, says: str) -> None:
    group = {"logGroupName": world.names.log_group, "retentionInDays": 90, "storedBytes": 1, **member}
    told = {name: value for name, value in group.items() if value is not None}
    world.replies("cloudwatch-logs.DescribeLogGroups", lambda _: {"logGroups": [told]})
    found = only(logs.group(world.site))
    assert found.verdict == verdict
    assert says in found.says


def test_a_key_that_the_spec_wants_and_a_group_that_is_not_there_are_told(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path, SPEC + "\n[logs]\ncustomer_key = true\n")
        assert "no key of the account's own encrypts it" in only(logs.group(world.site)).says
        world.session.client("logs").delete_log_group(logGroupName=world.names.log_group)
        found = only(logs.group(world.site))
    assert (found.verdict, "there is no log group /abc_corp/health/sleep" in found.says) == ("wrong", True)


@pytest.mark.parametrize(
    ("told", "verdict", "says"),
    [
        ({}, "ok", "sleep-Inference:live logs to /abc_corp/health/sleep"),
        ({"LogGroup": "/aws/lambda/x"}, "wrong", "the function logs to /aws/lambda/x, and the spec's log group is"),
        ({"LogFormat": "Text"}, "wrong", "the function logs as Text"),
        ({"Variables": {"INFERWATCH_ENVIRONMENT": "prod"}}, "wrong", "the function runs as environment prod, not dev"),
    ],
)
def test_the_function_is_looked_at(world: World, told: dict[str, Any], verdict: str, says: str) -> None:
    world.function |= told
    there = function.find(world.session, world.names.function, world.names.alias)
    found = logs.deployed_function(world.site, there)
    assert found.verdict == verdict
    assert says in found.says


def test_a_function_that_is_not_there_is_wrong(world: World) -> None:
    assert logs.deployed_function(world.site, None).verdict == "wrong"


def test_metric_filters_are_compared_with_the_spec(world: World) -> None:
    found = only(logs.filters(world.site))
    assert (found.verdict, "MaxMemoryUsedMB" in found.says) == ("warning", True)
    world.put_metric_filters()
    assert only(logs.filters(world.site)) == Finding("metric filters", "ok", "4, as the spec makes them")
    world.put_metric_filters(pattern="{ $.nothing = 1 }")
    assert (
        "InitDurationMs, MaxMemoryUsedMB, BilledDurationMs, RefusedCount have no datapoints"
        in only(logs.filters(world.site)).says
    )
