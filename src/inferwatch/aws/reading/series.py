"""The metrics of one model that CloudWatch has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import address, dimension_list, report_namespace
from inferwatch.spec import record
from inferwatch.store.rollups.rollup import Series

BY_SERVICES = (record.THROTTLES, *record.GAUGES, *record.ENDPOINT_METRICS)
"""What Lambda, SQS and SageMaker count themselves, by the spec's names for it."""


def series(site: Site) -> list[Series]:
    """Every series that has had data in the last two weeks, which is as long as CloudWatch lists one.

    Of what AWS's services count themselves, only what the spec has a name for, and by that name. Raises AwsError.
    """
    identity = site.spec.identity
    found = [
        *_listed(site, Namespace=identity.metric_namespace, Dimensions=dimension_list(identity.dimensions)),
        *_listed(site, Namespace=report_namespace(site.spec)),
        *(each for metric in BY_SERVICES if site.spec.unit(metric) for each in _by_service(site, metric)),
    ]
    return sorted(found, key=lambda one: (one.namespace, one.metric, sorted(one.dimensions.items())))


def _by_service(site: Site, metric: str) -> Iterator[Series]:
    """Without those of the same name that have further dimensions."""
    at = address(site.spec, metric, called=site.names)
    for one in _listed(site, **at.members):
        if one.dimensions == at.dimensions:
            yield one._replace(metric=metric, unit=site.spec.unit(metric) or "None")


def _listed(site: Site, **wanted: Any) -> list[Series]:
    pages = site.session.client("cloudwatch").get_paginator("list_metrics").paginate(**wanted)
    with explained("listing the metrics"):
        return [_series(site, metric) for page in pages for metric in page["Metrics"]]


def _series(site: Site, metric: dict[str, Any]) -> Series:
    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    name = metric["MetricName"]
    return Series(metric["Namespace"], name, dimensions, site.spec.unit(name) or "None")
