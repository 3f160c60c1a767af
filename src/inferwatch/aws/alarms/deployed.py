"""The alarms of one model as DescribeAlarms tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site

NAMES_AT_ONCE = 100
KINDS = ["MetricAlarm", "CompositeAlarm"]

DeployedAlarm = dict[str, Any]


def find(cloudwatch: Any, names: Iterable[str]) -> dict[str, DeployedAlarm]:
    """Metric and composite alarms of these names, those that are there, in the order asked for.

    cloudwatch: boto3's client. Raises AwsError.
    """
    wanted = list(names)
    pages = cloudwatch.get_paginator("describe_alarms")
    found: dict[str, DeployedAlarm] = {}
    with explained("reading the alarms"):
        for first in range(0, len(wanted), NAMES_AT_ONCE):
            some = wanted[first : first + NAMES_AT_ONCE]
            for page in pages.paginate(AlarmNames=some, AlarmTypes=KINDS):
                for one in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
                    found[one["AlarmName"]] = one
    return {name: found[name] for name in wanted if name in found}


def every(cloudwatch: Any) -> list[DeployedAlarm]:
    """All metric and composite alarms of the account and region. Raises AwsError."""
    with explained("reading the alarms"):
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=KINDS)
        return [one for page in pages for one in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))]


def declared(site: Site) -> dict[str, DeployedAlarm]:
    """The spec's metric alarms that are there, by CloudWatch's names and in the spec's order. Raises AwsError."""
    return find(site.session.client("cloudwatch"), [site.names.alarm(alarm.name) for alarm in site.spec.alarms])


def topics(alarms: Iterable[DeployedAlarm]) -> tuple[str, ...]:
    """ARNs of all SNS topics that the alarms publish to when they go off."""
    return tuple(sorted({arn for one in alarms for arn in one["AlarmActions"] if arn.split(":")[2] == "sns"}))
