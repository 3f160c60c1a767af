"""The link in CloudWatch Metrics: the invocations as a datapoint, one to three minutes after they were logged."""

from __future__ import annotations

from datetime import UTC, datetime

from inferwatch.aws.check.answers import Answered
from inferwatch.aws.elsewhere import regions_with
from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import MetricAddress, address
from inferwatch.cloudwatch.alarms import dimension_list
from inferwatch.finding import Finding
from inferwatch.spec import record

EVERY_S = 15.0
LATE_MS = 5 * 60_000
"""After so long the datapoint of a valid line is not late but lost."""
_MINUTE_MS = 60_000


def invocations(site: Site, answered: Answered, embedded: bool, patience: Patience, wait_ms: int) -> Finding:
    """Wait for the datapoint. embedded: whether the log has records that it can be made of. Raises AwsError."""
    at = address(site.spec, record.INVOCATIONS)
    expected = len(answered.transaction_ids)
    if not expected or not embedded:
        return Finding("metrics", "not yet", "there is no valid record that a metric could be made of: see above")
    seen = 0.0

    def look() -> bool | None:
        nonlocal seen
        seen = _sum(site, at, answered.start_ms, patience.now_ms())
        return True if seen >= expected else None

    if patience.until(look, every_s=EVERY_S, at_most_ms=wait_ms):
        return Finding("metrics", "ok", f"{at.name} {seen:g} in {_written(at)}, since the first of {expected} requests")
    if seen:
        return Finding(
            "metrics", "not yet", f"{at.name} {seen:g} of {expected} in {_written(at)}: the rest is on its way"
        )
    if patience.now_ms() - answered.start_ms < LATE_MS:
        says = (
            f"no datapoint of {at.name} in {_written(at)} so far; they come 1 to 3 minutes later: wait longer (--wait)"
        )
        return Finding("metrics", "not yet", says)
    return Finding("metrics", "wrong", f"no datapoint of {at.name} in {_written(at)}: {_why(site, at)}")


def _sum(site: Site, at: MetricAddress, start_ms: int, now_ms: int) -> float:
    """The sum since the minute in which the requests began."""
    metric = {"Namespace": at.namespace, "MetricName": at.name, "Dimensions": dimension_list(at.dimensions)}
    query = {"Id": "sum", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    with explained("reading the metrics"):
        found = site.session.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query],
            StartTime=datetime.fromtimestamp(start_ms // _MINUTE_MS * 60, UTC),
            EndTime=datetime.fromtimestamp(now_ms // 1000 + 60, UTC),
        )
    return float(sum(found["MetricDataResults"][0]["Values"]))


def _why(site: Site, at: MetricAddress) -> str:
    """Where else the metric is, if anywhere."""
    dimensions = dimension_list(at.dimensions)
    cloudwatch = site.session.client("cloudwatch")
    with explained("listing the metrics"):
        here = cloudwatch.list_metrics(MetricName=at.name, Dimensions=dimensions)["Metrics"]
    if here:
        return f"the metric is in the namespace {', '.join(sorted({one['Namespace'] for one in here}))}: see the spec"
    others = regions_with(
        site.session,
        "cloudwatch",
        lambda client: bool(client.list_metrics(Namespace=at.namespace, MetricName=at.name)["Metrics"]),
    )
    if others:
        return f"the metric is in {', '.join(others)}, not in {site.caller.region}: give --region"
    return f"CloudWatch made none in any region of account {site.caller.account}; is the log group's class Standard?"


def _written(at: MetricAddress) -> str:
    return f"{at.namespace} {{{', '.join(f'{name}={value}' for name, value in at.dimensions.items())}}}"
