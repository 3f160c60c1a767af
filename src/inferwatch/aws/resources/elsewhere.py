"""The same question to AWS's other regions, for what is not in the one that was asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore import exceptions as boto
from botocore.config import Config

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import MetricAddress, dimension_list

AT_ONCE = 8
_QUICK = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})


def regions_with(session: boto3.Session, service: str, has: Callable[[Any], bool]) -> list[str]:
    """The other regions for whose client of `service` `has` is true.

    A region that is not enabled for the account, or does not answer, has nothing.
    """
    asked = [
        (region, session.client(service, region_name=region, config=_QUICK))
        for region in session.get_available_regions(service, session.get_partition_for_region(session.region_name))
        if region != session.region_name
    ]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda pair: _says_yes(has, pair[1]), asked)
        return [region for (region, _), yes in zip(asked, found, strict=True) if yes]


def metric_elsewhere(site: Site, at: MetricAddress) -> str:
    """Where a metric is that is not where it should be, in words. Raises AwsError."""
    dimensions = dimension_list(at.dimensions)
    cloudwatch = site.session.client("cloudwatch")
    with explained("listing the metrics"):
        here = cloudwatch.list_metrics(MetricName=at.name, Dimensions=dimensions)["Metrics"]
    namespaces = sorted({one["Namespace"] for one in here})
    if at.namespace in namespaces:
        return "it has had data before, and has none now"
    if namespaces:
        return f"the metric is in the namespace {', '.join(namespaces)}: see the spec's model.metric_namespace"
    others = regions_with(
        site.session,
        "cloudwatch",
        lambda client: bool(client.list_metrics(Namespace=at.namespace, MetricName=at.name)["Metrics"]),
    )
    if others:
        return f"the metric is in {', '.join(others)}, not in {site.caller.region}: give --region"
    return f"CloudWatch made none in any region of account {site.caller.account}; is the log group's class Standard?"


def _says_yes(has: Callable[[Any], bool], client: Any) -> bool:
    try:
        return has(client)
    except (boto.ClientError, boto.BotoCoreError):
        return False
