"""Composite alarms as CloudWatch takes them."""

from __future__ import annotations

import pytest
from aws_schemas import problems, request, resource
from cloudwatch_examples import TOPIC, a_spec, rich

from inferwatch.cloudwatch.composites import composite_properties, health_properties
from inferwatch.cloudwatch.names import names
from inferwatch.spec import composite_rule

EVERY_COMPOSITE = [composite_properties(rich(), alarm, actions=[TOPIC]) for alarm in rich().composite_alarms]
EVERY_COMPOSITE.append(health_properties(rich()))


@pytest.mark.parametrize("members", EVERY_COMPOSITE, ids=lambda members: members["AlarmName"])
def test_only_members_that_the_api_and_cloudformation_know(members):
    known = set(request("PutCompositeAlarm").members) & set(resource("AWS::CloudWatch::CompositeAlarm")["properties"])
    assert set(members) <= known
    assert problems(members, "PutCompositeAlarm") == ""


@pytest.mark.parametrize("members", EVERY_COMPOSITE, ids=lambda members: members["AlarmName"])
def test_a_rule_names_alarms_that_are_made(members):
    spec = rich()
    made = {names(spec).alarm(alarm.name) for alarm in (*spec.alarms, *spec.composite_alarms)}
    assert set(composite_rule.alarms(composite_rule.parse(members["AlarmRule"]))) <= made


def test_a_rule_means_on_aws_what_it_means_in_the_spec(tmp_path):
    rule = 'ALARM(High-Latency-Alarm) OR OK("Inference-Error-Alarm") AND NOT ALARM(High-Latency-Alarm)'
    spec = a_spec(tmp_path, f"[[composite_alarm]]\nname = 'both'\nrule = '''{rule}'''\n")
    [composite] = spec.composite_alarms
    members = composite_properties(spec, composite, actions=[TOPIC])
    latency, errors = ('"doc_classification-High-Latency-Alarm"', '"doc_classification-Inference-Error-Alarm"')
    assert members["AlarmRule"] == f"(ALARM({latency}) OR (OK({errors}) AND (NOT ALARM({latency}))))"
    assert members["AlarmName"] == "doc_classification-both"
    assert members["AlarmActions"] == members["OKActions"] == [TOPIC]


def test_health_is_every_alarm_and_tells_nobody(tmp_path):
    members = health_properties(a_spec(tmp_path, ""))
    assert members["AlarmName"] == "doc_classification-Health-Alarm"
    assert members["AlarmRule"] == (
        '(ALARM("doc_classification-High-Latency-Alarm") OR ALARM("doc_classification-Inference-Error-Alarm"))'
    )
    assert "AlarmActions" not in members


def test_a_model_without_alarms_is_always_well(tmp_path):
    text = '[model]\nnamespace = "/a"\nname = "b"\ndefault_alarms = false\n'
    assert health_properties(a_spec(tmp_path, text))["AlarmRule"] == "FALSE"
