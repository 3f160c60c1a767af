"""The link in CloudWatch Metrics: the invocations as a datapoint, one to three minutes after they were logged."""

from __future__ import annotations

from inferwatch.aws.check.answers import Answered
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.metrics import LATE_MS, CloudWatchMetricSource
from inferwatch.aws.resources.elsewhere import metric_elsewhere
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.address import address
from inferwatch.finding import Finding
from inferwatch.spec import record
from inferwatch.spec.period import MINUTE

EVERY_S = 15.0


def invocations(site: Site, answered: Answered, embedded: bool, patience: Patience, wait_ms: int) -> Finding:
    """Wait for the datapoint. embedded: whether the log has records that it can be made of. Raises AwsError."""
    at = address(site.spec, record.INVOCATIONS, called=site.names)
    expected = len(answered.transaction_ids)
    if not expected or not embedded:
        return Finding("metrics", "not yet", "there is no valid record that a metric could be made of: see above")
    source = CloudWatchMetricSource(site, patience)
    seen = 0.0

    def look() -> bool | None:
        nonlocal seen
        found = source.datapoints(at.name, "Sum", MINUTE, answered.start_ms, patience.now_ms(), at.dimensions)
        seen = sum(point.value for point in found)
        return True if seen >= expected else None

    if patience.until(look, every_s=EVERY_S, at_most_ms=wait_ms):
        return Finding("metrics", "ok", f"{at.name} {seen:g} in {at.where}, since the first of {expected} requests")
    if seen:
        return Finding("metrics", "not yet", f"{at.name} {seen:g} of {expected} in {at.where}: the rest is on its way")
    if patience.now_ms() - answered.start_ms < LATE_MS:
        says = f"no datapoint of {at.name} in {at.where} so far; they come 1 to 3 minutes later: wait longer (--wait)"
        return Finding("metrics", "not yet", says)
    return Finding("metrics", "wrong", f"no datapoint of {at.name} in {at.where}: {metric_elsewhere(site, at)}")
