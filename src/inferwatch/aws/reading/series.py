"""The metrics of one model that CloudWatch has."""

from __future__ import annotations

from typing import Any

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import LAMBDA_NAMESPACE, address, dimension_list, report_namespace
from inferwatch.spec import record
from inferwatch.store.rollups.rollup import Series


def series(site: Site) -> list[Series]:
    """Every series that has had data in the last two weeks, which is as long as CloudWatch lists one.

    Of what Lambda counts itself, only what the spec has a name for. Raises AwsError.
    """
    identity = site.spec.identity
    throttles = address(site.spec, record.THROTTLES, called=site.names)
    found = [
        *_listed(site, Namespace=identity.metric_namespace, Dimensions=dimension_list(identity.dimensions)),
        *_listed(site, Namespace=report_namespace(site.spec)),
        *_listed(site, **throttles.members),
    ]
    own = [one for one in found if one.namespace != LAMBDA_NAMESPACE or one.dimensions == throttles.dimensions]
    return sorted(own, key=lambda one: (one.namespace, one.metric, sorted(one.dimensions.items())))


def _listed(site: Site, **wanted: Any) -> list[Series]:
    pages = site.session.client("cloudwatch").get_paginator("list_metrics").paginate(**wanted)
    with explained("listing the metrics"):
        return [_series(site, metric) for page in pages for metric in page["Metrics"]]


def _series(site: Site, metric: dict[str, Any]) -> Series:
    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    name = metric["MetricName"]
    return Series(metric["Namespace"], name, dimensions, site.spec.unit(name) or "None")
