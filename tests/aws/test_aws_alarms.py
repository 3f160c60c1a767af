"""Alarms as CloudWatch tells of them, by the spec's own names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_world import REGION, account, answering, refused

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK
from inferwatch.aws.alarms.states import CloudWatchAlarms
from inferwatch.aws.site import open_site
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.errors import AwsError, QueryError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOPIC = f"arn:aws:sns:{REGION}:123456789012:digits-Inference-Alarms"
SPEC = """
[model]
namespace = "/demo/vision"
name = "digits"
confidence_scale = 1

[[composite_alarm]]
name = "both"
rule = 'ALARM("High-Latency-Alarm") AND ALARM("Inference-Error-Alarm")'
"""


@pytest.fixture
def spec(tmp_path: Path) -> MonitorSpec:
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    return load_spec(tmp_path, environ={})


@pytest.fixture
def alarms(spec: MonitorSpec) -> Iterator[CloudWatchAlarms]:
    with account():
        yield CloudWatchAlarms(open_site(spec, REGION))


def deploy(spec: MonitorSpec) -> Any:
    """The alarms as the stack makes them, and one of another model beside them."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    for alarm in spec.alarms:
        cloudwatch.put_metric_alarm(**alarm_properties(spec, alarm, actions=[TOPIC]))
    other = alarm_properties(spec, spec.alarms[0])
    cloudwatch.put_metric_alarm(**{**other, "AlarmName": "digits-large-High-Latency-Alarm"})
    return cloudwatch


def test_alarms_stand_by_the_specs_names_and_in_its_order(alarms: CloudWatchAlarms, spec: MonitorSpec) -> None:
    cloudwatch = deploy(spec)
    cloudwatch.set_alarm_state(AlarmName="digits-Inference-Error-Alarm", StateValue=ALARM, StateReason="too many")
    found = alarms.states()
    assert list(found) == ["High-Latency-Alarm", "Inference-Error-Alarm", "Low-Probability-Alarm"]
    assert (found["Inference-Error-Alarm"].state, found["Inference-Error-Alarm"].reason) == (ALARM, "too many")
    assert found["High-Latency-Alarm"].state in (OK, INSUFFICIENT_DATA)


def test_composite_alarms_stand_after_the_others(alarms: CloudWatchAlarms) -> None:
    """moto makes none, so CloudWatch's answer is written down here, in pages."""

    def named(name: str) -> dict[str, Any]:
        return {"AlarmName": name, "StateValue": OK, "StateReason": "fine", "StateUpdatedTimestamp": NOON}

    def reply(asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"]
        assert {"digits-both", "digits-Health-Alarm"} < set(asked["AlarmNames"])
        if "NextToken" not in asked:
            composite = [named("digits-Health-Alarm"), named("digits-both")]
            return {"MetricAlarms": [], "CompositeAlarms": composite, "NextToken": "2"}
        return {"MetricAlarms": [named("digits-High-Latency-Alarm")], "CompositeAlarms": []}

    with answering(DescribeAlarms=reply):
        assert list(alarms.states()) == ["High-Latency-Alarm", "both", "Health-Alarm"]


def test_what_is_not_deployed_is_left_out(alarms: CloudWatchAlarms) -> None:
    assert alarms.states() == {}


def test_the_last_change_and_the_last_look_are_told_apart(alarms: CloudWatchAlarms) -> None:
    alarm = {
        "AlarmName": "digits-High-Latency-Alarm",
        "StateValue": OK,
        "StateReason": "fine",
        "StateUpdatedTimestamp": NOON,
        "StateTransitionedTimestamp": NOON - timedelta(hours=1),
    }
    with answering(DescribeAlarms=lambda _: {"MetricAlarms": [alarm]}):
        (state,) = alarms.states().values()
    noon_ms = round(NOON.timestamp() * 1000)
    assert (state.since_ms, state.evaluated_ms) == (noon_ms - 3_600_000, noon_ms)


def change(minute: int, old: str, new: str, **reason: Any) -> dict[str, Any]:
    """An item of the history as CloudWatch writes it."""
    data = {
        "version": "1.0",
        "oldState": {"stateValue": old, "stateReason": "before"},
        "newState": {"stateValue": new, "stateReason": f"to {new}", "stateReasonData": {"version": "1.0", **reason}},
    }
    return {
        "Timestamp": NOON + timedelta(minutes=minute),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {old} to {new}",
        "HistoryData": json.dumps(data),
    }


def action(minute: int, *, failed: str = "", topic: str = TOPIC) -> dict[str, Any]:
    summary = f"Failed to execute action {topic}. {failed}" if failed else f"Successfully executed action {topic}"
    data = {"actionState": "Failed" if failed else "Succeeded", "notificationResource": topic, "error": failed or None}
    return {
        "Timestamp": NOON + timedelta(minutes=minute, seconds=1),
        "HistoryItemType": "Action",
        "HistorySummary": summary,
        "HistoryData": json.dumps(data),
    }


class History:
    """What CloudWatch answers of alarms' histories, two items a page."""

    def __init__(self, **items: list[dict[str, Any]]) -> None:
        self._items = {f"digits-{name.replace('_', '-')}": found for name, found in items.items()}
        self.calls = 0

    def __call__(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        assert asked["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"]
        found = [i for i in self._items.get(asked["AlarmName"], []) if i["HistoryItemType"] == asked["HistoryItemType"]]
        found.sort(key=lambda item: item["Timestamp"], reverse=asked["ScanBy"] == "TimestampDescending")
        at = int(asked.get("NextToken", 0))
        more = {"NextToken": str(at + 2)} if at + 2 < len(found) else {}
        return {"AlarmHistoryItems": found[at : at + 2], **more}


def test_history_is_of_all_alarms_newest_first(alarms: CloudWatchAlarms) -> None:
    history = History(
        High_Latency_Alarm=[change(0, OK, ALARM, recentDatapoints=[1.0, 2500.5]), change(9, ALARM, OK)],
        both=[change(5, OK, ALARM)],
    )
    with answering(DescribeAlarmHistory=history):
        found = alarms.history(None, 10)
        (newest,) = alarms.history(None, 1)
    assert [(t.alarm, t.previous, t.state, t.reason) for t in found] == [
        ("High-Latency-Alarm", ALARM, OK, "to OK"),
        ("both", OK, ALARM, "to ALARM"),
        ("High-Latency-Alarm", OK, ALARM, "to ALARM"),
    ]
    assert [t.value for t in found] == [None, None, 2500.5]
    assert newest == found[0]
    assert found[2].at_ms == NOON.timestamp() * 1000


def test_only_as_much_history_is_read_as_is_asked_for(alarms: CloudWatchAlarms) -> None:
    changes = [change(minute, OK, ALARM) if minute % 2 else change(minute, ALARM, OK) for minute in range(9)]
    history = History(High_Latency_Alarm=changes)
    with answering(DescribeAlarmHistory=history):
        assert len(alarms.history("High-Latency-Alarm", 3)) == 3
        assert history.calls == 2
        assert len(alarms.history("High-Latency-Alarm", 100)) == 9


def test_the_newest_evaluated_datapoint_is_the_value(alarms: CloudWatchAlarms) -> None:
    points = [
        {"timestamp": "2026-11-21T11:58:00.000+0000", "sampleCount": 2.0, "value": 9.5},
        {"timestamp": "2026-11-21T11:57:00.000+0000", "sampleCount": 2.0, "value": 1.0},
        {"timestamp": "2026-11-21T11:59:00.000+0000"},
    ]
    with answering(DescribeAlarmHistory=History(both=[change(0, OK, ALARM, evaluatedDatapoints=points)])):
        (found,) = alarms.history("both", 10)
    assert found.value == 9.5


def test_an_item_whose_data_is_cut_is_known_by_its_summary(alarms: CloudWatchAlarms) -> None:
    cut = change(0, OK, ALARM)
    cut["HistoryData"] = cut["HistoryData"][:40]
    odd = {**change(1, OK, ALARM), "HistoryData": "[]", "HistorySummary": "Alarm x created"}
    with answering(DescribeAlarmHistory=History(both=[cut, odd])):
        (found,) = alarms.history("both", 10)
    assert (found.previous, found.state, found.reason) == (OK, ALARM, "Alarm updated from OK to ALARM")


def test_an_alarm_that_the_spec_does_not_have_is_not_asked_for(alarms: CloudWatchAlarms) -> None:
    with pytest.raises(QueryError, match=r"no alarm 'High-Latency'; it has High-Latency-Alarm, .* did you mean"):
        alarms.history("High-Latency", 10)


def test_actions_are_deliveries_of_the_change_before_them(alarms: CloudWatchAlarms, spec: MonitorSpec) -> None:
    error = "CloudWatch Alarms is not authorized to perform: SNS:Publish"
    history = History(
        High_Latency_Alarm=[change(0, OK, ALARM), action(0, failed=error), change(9, ALARM, OK), action(9)],
        both=[change(5, OK, ALARM), action(5, topic=f"{TOPIC}-ops")],
    )
    with answering(DescribeAlarmHistory=history):
        found = alarms.deliveries(10)
        assert len(alarms.deliveries(2)) == 2
    told = [(e.notification.transition.alarm, e.notification.transition.state, e.state, e.last_error) for e in found]
    assert told == [
        ("High-Latency-Alarm", OK, "delivered", ""),
        ("both", ALARM, "delivered", ""),
        ("High-Latency-Alarm", ALARM, "dead", error),
    ]
    assert [entry.notification.target for entry in found] == [
        "sns digits-Inference-Alarms",
        "sns digits-Inference-Alarms-ops",
        "sns digits-Inference-Alarms",
    ]
    assert (found[0].notification.metric, found[0].notification.threshold) == ("LatencyMs", 2000.0)
    assert (found[1].notification.metric, found[1].notification.unit) == (None, None)
    assert len({entry.notification.id for entry in found}) == 3


def test_an_action_without_its_change_is_left_out_and_one_with_cut_data_is_not(alarms: CloudWatchAlarms) -> None:
    cut = {**action(5, failed="no key"), "HistoryData": '{"actionState":"Fai'}
    with answering(DescribeAlarmHistory=History(both=[action(0), change(5, OK, ALARM), cut])):
        (found,) = alarms.deliveries(10)
    assert (found.state, found.notification.target) == ("dead", "sns digits-Inference-Alarms")
    assert "no key" in found.last_error


def test_who_may_not_read_alarms_is_told_so(alarms: CloudWatchAlarms) -> None:
    def reply(_: dict[str, Any]) -> None:
        raise refused("DescribeAlarms", "AccessDenied", "explicit deny")

    with answering(DescribeAlarms=reply), pytest.raises(AwsError, match="reading the alarms: DescribeAlarms is not"):
        alarms.states()
