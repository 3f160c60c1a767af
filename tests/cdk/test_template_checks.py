"""Our own checks of the templates, and each of them seen to fail where its mistake is planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import template_checks
from intrinsics import Template, resolved
from synthesis import Synthesized
from template_checks import Check

pytestmark = pytest.mark.xdist_group("synth")

Plant = Callable[[dict[str, Any]], None]


@pytest.mark.parametrize("check", template_checks.CHECKS, ids=lambda check: check.__name__)
def test_no_template_has_the_mistake(synthesized: Synthesized, check: Check) -> None:
    assert {name: check(template) for name, template in synthesized.templates.items()} == {
        name: [] for name in synthesized.templates
    }


def in_body(change: Callable[[dict[str, Any]], None]) -> Plant:
    """A mistake in a dashboard's body; its intrinsic functions are worked out already."""

    def plant(properties: dict[str, Any]) -> None:
        body = json.loads(properties["DashboardBody"])
        change(body)
        properties["DashboardBody"] = json.dumps(body)

    return plant


def first(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of the first widget of a type."""
    return next(widget["properties"] for widget in body["widgets"] if widget["type"] == kind)


def hints(properties: dict[str, Any]) -> dict[str, Any]:
    """When a delivery stream writes."""
    found: dict[str, Any] = properties["ExtendedS3DestinationConfiguration"]["BufferingHints"]
    return found


DASHBOARD = "AWS::CloudWatch::Dashboard"
ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
FILTER = "AWS::Logs::MetricFilter"
SLACK = "AWS::Chatbot::SlackChannelConfiguration"
DELIVERY = "AWS::KinesisFirehose::DeliveryStream"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:doc_classification-prod-Inference:live"
INVOCATION = f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
MISTAKES: list[tuple[Check, str, Plant]] = [
    (template_checks.dashboards, DASHBOARD, lambda p: p.update(DashboardBody=p["DashboardBody"][:-1])),
    (template_checks.dashboards, DASHBOARD, lambda p: p.update(DashboardBody="[]")),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: b["widgets"][0].update(width=25))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: b["widgets"][1].update(x=0, y=0))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: b["widgets"][0].pop("height"))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: b["widgets"][0].update(type="chart"))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "text").update(markdown=" "))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "log").update(query="fields @message"))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "alarm").update(alarms=["High-Latency-Alarm"]))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "metric").pop("region"))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "metric").update(metrics=[]))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "metric").update(view="graph"))),
    (template_checks.dashboards, DASHBOARD, in_body(lambda b: first(b, "metric")["metrics"][0].pop(0))),
    (
        template_checks.dashboards,
        DASHBOARD,
        in_body(lambda b: first(b, "metric")["metrics"].append([{"expression": "SUM([nothing])"}])),
    ),
    (
        template_checks.dashboards,
        DASHBOARD,
        in_body(lambda b: first(b, "metric")["metrics"].append(["a", "b", {"stat": "p101"}])),
    ),
    (
        template_checks.dashboards,
        DASHBOARD,
        in_body(lambda b: first(b, "metric").update(annotations={"horizontal": [{"label": "no value"}]})),
    ),
    (template_checks.datapoints_to_alarm, ALARM, lambda p: p.update(DatapointsToAlarm=p["EvaluationPeriods"] + 1)),
    (template_checks.datapoints_to_alarm, ALARM, lambda p: p.update(DatapointsToAlarm=0)),
    (template_checks.filter_patterns, FILTER, lambda p: p.update(FilterPattern='{ $.type = "platform.report" ')),
    (template_checks.filter_patterns, FILTER, lambda p: p.update(FilterPattern='{ $.type = "platform.report" && }')),
    (template_checks.filter_patterns, FILTER, lambda p: p.update(FilterPattern='{ type = "platform.report" }')),
    (template_checks.filter_patterns, FILTER, lambda p: p.update(FilterPattern="{ $.type == 1 }")),
    (template_checks.filter_patterns, FILTER, lambda p: p.update(FilterPattern="{ ($.type = 1 }")),
    (template_checks.filter_patterns, FILTER, lambda p: p["MetricTransformations"][0].update(MetricValue="metrics.ms")),
    (
        template_checks.filter_patterns,
        FILTER,
        lambda p: p["MetricTransformations"][0].update(Dimensions=[{"Key": "model_name", "Value": "digits"}]),
    ),
    (template_checks.composite_rules, COMPOSITE, lambda p: p.update(AlarmRule=p["AlarmRule"] + " AND")),
    (template_checks.composite_rules, COMPOSITE, lambda p: p.update(AlarmRule=f"({p['AlarmRule']}")),
    (template_checks.composite_rules, COMPOSITE, lambda p: p.update(AlarmRule='ALARMED("a")')),
    (template_checks.composite_rules, COMPOSITE, lambda p: p.update(AlarmRule='ALARM("nobody")')),
    (template_checks.slack_channels, SLACK, lambda p: p.update(SlackChannelId="#alarms")),
    (template_checks.slack_channels, SLACK, lambda p: p.update(SlackWorkspaceId="abc_corp")),
    (template_checks.slack_channels, SLACK, lambda p: p.pop("GuardrailPolicies")),
    (
        template_checks.slack_channels,
        SLACK,
        lambda p: p.update(GuardrailPolicies=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    (template_checks.lambda_memory, "AWS::Lambda::Function", lambda p: p.update(MemorySize=64)),
    (template_checks.lambda_memory, "AWS::Lambda::Function", lambda p: p.update(MemorySize=10_241)),
    (
        template_checks.integration_uris,
        "AWS::ApiGatewayV2::Integration",
        lambda p: p.update(IntegrationUri=p["IntegrationUri"].replace("arn:aws:", "")),
    ),
    (
        template_checks.integration_uris,
        "AWS::ApiGatewayV2::Integration",
        lambda p: p.update(IntegrationUri=p["IntegrationUri"].replace("digits", "digit")),
    ),
    (
        template_checks.integration_uris,
        "AWS::ApiGateway::Method",
        lambda p: p.update(Integration={"Type": "AWS_PROXY", "Uri": INVOCATION.replace("2015-03-31/", "")}),
    ),
    (
        template_checks.integration_uris,
        "AWS::ApiGateway::Method",
        lambda p: p.update(Integration={"Type": "AWS_PROXY", "Uri": INVOCATION.replace("prod", "dev")}),
    ),
    (template_checks.parquet_buffers, DELIVERY, lambda p: hints(p).update(SizeInMBs=63)),
    (template_checks.parquet_buffers, DELIVERY, lambda p: hints(p).update(SizeInMBs=129)),
    (template_checks.parquet_buffers, DELIVERY, lambda p: hints(p).pop("SizeInMBs")),
]


def planted(template: Template, kind: str, plant: Plant) -> Template:
    """A copy of `template` whose first resource of a type has the mistake."""
    copy = deepcopy(template)
    resource = next(resource for resource in copy["Resources"].values() if resource["Type"] == kind)
    resource["Properties"] = resolved(template, resource["Properties"])
    plant(resource["Properties"])
    return copy


@pytest.mark.parametrize(
    ("check", "kind", "plant"), MISTAKES, ids=[f"{check.__name__}-{i}" for i, (check, _, _) in enumerate(MISTAKES)]
)
def test_a_planted_mistake_is_found(synthesized: Synthesized, check: Check, kind: str, plant: Plant) -> None:
    template = next(t for t in synthesized.templates.values() if kind in {r["Type"] for r in t["Resources"].values()})

    assert check(template) == []
    assert len(check(planted(template, kind, plant))) == 1


def test_a_composite_alarm_that_may_come_before_its_children_is_found(synthesized: Synthesized) -> None:
    template = deepcopy(synthesized.templates["watched"])
    template["Resources"]["MonitoringHealth310BD4C0"]["DependsOn"].pop()

    (problem,) = template_checks.composite_rules(template)

    assert "may be made after it" in problem


def test_every_check_has_a_mistake_planted() -> None:
    assert {check for check, _, _ in MISTAKES} == set(template_checks.CHECKS)
