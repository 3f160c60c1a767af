"""Whether metrics arrive, and if not, where on the way they are lost."""

from __future__ import annotations

from collections.abc import Sequence

from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import log_events
from inferwatch.aws.reading.embedded import LogEvent, faults
from inferwatch.aws.reading.metrics import LATE_MS, CloudWatchMetricSource
from inferwatch.aws.resources.elsewhere import metric_elsewhere
from inferwatch.aws.site import Site
from inferwatch.aws.timestamp import instant
from inferwatch.cloudwatch.address import address
from inferwatch.finding import Finding, Verdict
from inferwatch.spec import record
from inferwatch.spec.period import MINUTE
from inferwatch.store.times import HOUR

HOURS = 3
"""So far back both the log and the metrics are looked at."""
LINES = 200


def arriving(site: Site, patience: Patience) -> Finding:
    """What came of the records of the last hours. patience: by AWS's clock. Raises AwsError."""
    now_ms = patience.now_ms()
    start_ms = now_ms - HOURS * HOUR
    found = log_events.holding(site.session, site.names.log_group, (record.RECORD_TYPE,), start_ms, at_most=LINES)
    points = CloudWatchMetricSource(site, patience).datapoints(
        record.INVOCATIONS, "Sum", MINUTE, start_ms, now_ms, site.spec.identity.dimensions
    )
    bad = [(event, fault) for event in found if (fault := next(faults(event, site.spec), None)) is not None]
    if points:
        counted = sum(point.value for point in points)
        says = f"{counted:g} invocations in {HOURS} h, the last at {_at(points[-1].timestamp_ms)}"
        if bad:
            return Finding("metrics", "warning", f"{says}; but of {len(bad)} of {len(found)} lines none: {bad[0][1]}")
        return Finding("metrics", "ok", says)
    if not found:
        return _silent(site)
    return Finding("metrics", *_lost(site, found, bad, now_ms))


def _lost(
    site: Site, found: Sequence[LogEvent], bad: Sequence[tuple[LogEvent, str]], now_ms: int
) -> tuple[Verdict, str]:
    """Why there are records in the log, and no datapoint."""
    if bad:
        event, fault = bad[0]
        where = f"{site.names.log_group}, stream {event.stream}"
        return "wrong", f"of {len(bad)} of {len(found)} lines no metric can be made: {fault} ({where})"
    if now_ms - found[0].at_ms < LATE_MS:
        return "not yet", "the first records are minutes old, and metrics come 1 to 3 minutes later: look again"
    elsewhere = metric_elsewhere(site, address(site.spec, record.INVOCATIONS, called=site.names))
    return "wrong", f"{len(found)} valid records in {HOURS} h, and no datapoint: {elsewhere}"


def _silent(site: Site) -> Finding:
    """Nothing was logged lately, which is no fault by itself."""
    streams = site.session.client("logs")
    with explained(f"looking for the last event of {site.names.log_group}"):
        told = streams.describe_log_streams(
            logGroupName=site.names.log_group, orderBy="LastEventTime", descending=True, limit=1
        )["logStreams"]
    last_ms = told[0].get("lastEventTimestamp") if told else None
    since = f"since {_at(last_ms)}" if last_ms else "so far"
    says = f"no record in {HOURS} h, and nothing logged {since}: send a request, as `inferwatch check --aws` does"
    return Finding("metrics", "not yet", says)


def _at(ms: int) -> str:
    return instant(ms).strftime("%Y-%m-%d %H:%M:%SZ")
