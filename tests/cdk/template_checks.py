"""Mistakes in a template that neither CDK nor cfn-lint sees. Each check gives what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import dashboard_check
from boolean_expression import composite_rule, filter_pattern, rule_names, selected
from intrinsics import Template, resolved

LAMBDA_MEMORY = (128, 10_240)
FUNCTION_ARN = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:(?P<function>[A-Za-z0-9_-]+)(:[A-Za-z0-9_-]+)?"
INVOCATION_URI = rf"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/{FUNCTION_ARN}/invocations"
_INVOCATION = r"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/\1/invocations"
SLACK = {"SlackWorkspaceId": r"[TE][0-9A-Z]{7,}", "SlackChannelId": r"[CG][0-9A-Z]{7,}"}

PARQUET_BUFFER = (64, 128)

Check = Callable[[Template], list[str]]


def dashboards(template: Template) -> list[str]:
    """Dashboard bodies: JSON of CloudWatch's own structure, on its grid."""
    return [
        f"{logical}: {said}"
        for logical, properties in _of(template, "AWS::CloudWatch::Dashboard")
        for said in dashboard_check.problems(properties["DashboardBody"])
    ]


def datapoints_to_alarm(template: Template) -> list[str]:
    """M of N, where M is not more than N."""
    return [
        f"{logical}: {properties['DatapointsToAlarm']} of {properties['EvaluationPeriods']} datapoints"
        for logical, properties in _of(template, "AWS::CloudWatch::Alarm")
        if not 1 <= properties.get("DatapointsToAlarm", 1) <= properties["EvaluationPeriods"]
    ]


def filter_patterns(template: Template) -> list[str]:
    """Metric filters: patterns and selectors that can be read."""
    problems = []
    for logical, properties in _of(template, "AWS::Logs::MetricFilter"):
        try:
            filter_pattern(properties["FilterPattern"])
            for made in properties["MetricTransformations"]:
                given = [made["MetricValue"], *(each["Value"] for each in made.get("Dimensions", ()))]
                for selector in given:
                    if not re.fullmatch(r"-?\d+(\.\d+)?", selector):
                        selected(selector, {})
        except ValueError as error:
            problems.append(f"{logical}: {error}")
    return problems


def composite_rules(template: Template) -> list[str]:
    """Composite alarms: a rule that can be read, over alarms that the template makes before."""
    made = {
        properties["AlarmName"]: logical
        for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for logical, properties in _of(template, kind)
    }
    problems = []
    for logical, properties in _of(template, "AWS::CloudWatch::CompositeAlarm"):
        rule = properties["AlarmRule"]
        try:
            composite_rule(rule)
        except ValueError as error:
            problems.append(f"{logical}: {error}")
            continue
        after = template["Resources"][logical].get("DependsOn", [])
        for name in rule_names(rule):
            if name not in made:
                problems.append(f"{logical}: there is no alarm {name!r}")
            elif made[name] not in ([after] if isinstance(after, str) else after):
                problems.append(f"{logical}: {name!r} may be made after it")
    return problems


def slack_channels(template: Template) -> list[str]:
    """Slack's ids, and guardrails that are narrower than what is the default."""
    problems = []
    for logical, properties in _of(template, "AWS::Chatbot::SlackChannelConfiguration"):
        for member, pattern in SLACK.items():
            if not re.fullmatch(pattern, properties[member]):
                problems.append(f"{logical}: {properties[member]!r} is no {member}")
        guardrails = properties.get("GuardrailPolicies", [])
        if not guardrails or any("AdministratorAccess" in arn for arn in guardrails):
            problems.append(f"{logical}: whoever writes in the channel may do everything")
    return problems


def lambda_memory(template: Template) -> list[str]:
    """Memory that Lambda has."""
    low, high = LAMBDA_MEMORY
    return [
        f"{logical}: {properties['MemorySize']} MB"
        for logical, properties in _of(template, "AWS::Lambda::Function")
        if not low <= properties.get("MemorySize", low) <= high
    ]


def integration_uris(template: Template) -> list[str]:
    """API Gateway's integrations with Lambda: the URI of the invocation of a function of the template."""
    functions = {properties["FunctionName"] for _, properties in _of(template, "AWS::Lambda::Function")}
    uris: dict[str, object] = {}
    for logical, properties in _of(template, "AWS::ApiGateway::Method"):
        integration = properties.get("Integration", {})
        if integration.get("Type") in ("AWS", "AWS_PROXY"):
            uris[logical] = integration.get("Uri")
    for logical, properties in _of(template, "AWS::ApiGatewayV2::Integration"):
        # An HTTP API takes the function's own ARN.
        uris[logical] = re.sub(rf"^({FUNCTION_ARN})$", _INVOCATION, str(properties.get("IntegrationUri")))
    return [
        f"{logical}: {uri!r} invokes no function of the template"
        for logical, uri in uris.items()
        if not (match := re.fullmatch(INVOCATION_URI, str(uri))) or match["function"] not in functions
    ]


def parquet_buffers(template: Template) -> list[str]:
    """Delivery streams that write Parquet gather 64 MB or more; Firehose's default, 5, is refused."""
    low, high = PARQUET_BUFFER
    problems = []
    for logical, properties in _of(template, "AWS::KinesisFirehose::DeliveryStream"):
        destination = properties.get("ExtendedS3DestinationConfiguration", {})
        conversion = destination.get("DataFormatConversionConfiguration")
        size = destination.get("BufferingHints", {}).get("SizeInMBs", 5)
        if conversion and conversion.get("Enabled", True) and not low <= size <= high:
            problems.append(f"{logical}: a buffer of {size} MB cannot become Parquet")
    return problems


CHECKS: tuple[Check, ...] = (
    dashboards,
    datapoints_to_alarm,
    filter_patterns,
    composite_rules,
    slack_channels,
    lambda_memory,
    integration_uris,
    parquet_buffers,
)


def _of(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield logical, resolved(template, resource.get("Properties", {}))
