"""The links of endpoint, history and lake, which hang on the model's function or on its log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.resources import delivery_stream, sagemaker, subscriptions, table
from inferwatch.aws.site import Site
from inferwatch.aws.timestamp import instant
from inferwatch.finding import Finding
from inferwatch.serving.history_writer import KEY

EVERY_S = 3.0
AT_MOST_MS = 120_000
"""CloudWatch Logs hands lines on within seconds, mostly; a throttled table takes longer."""

HOURS = 3
LATE_S = 900
"""Beyond what Firehose gathers for a file, this late something is wrong."""


def endpoint(site: Site) -> Finding:
    """Whether the endpoint serves. Raises AwsError."""
    name = site.names.endpoint
    found = sagemaker.find(site.session, name)
    if found is None:
        return Finding(
            "endpoint", "wrong", f"there is no endpoint {name} in {site.where}: `inferwatch deploy` makes it"
        )
    says = f"{name} is {found.status}{f' ({found.reason})' if found.reason else ''}"
    if found.status == sagemaker.IN_SERVICE:
        return Finding("endpoint", "ok", says)
    return Finding("endpoint", "not yet" if found.is_on_its_way else "wrong", says)


def history(site: Site, transaction_ids: tuple[str, ...], patience: Patience, wait_ms: int) -> Finding:
    """Wait for the last of these transactions in the table. Raises AwsError."""
    name, state = site.names.history, written(site)
    if state.verdict != "ok":
        return state
    if not transaction_ids:
        return Finding("history", "not yet", f"there is no record that {name} could have: see above")
    last = transaction_ids[-1]

    def look() -> bool | None:
        return table.has(site.session, name, KEY, last) or None

    if patience.until(look, every_s=EVERY_S, at_most_ms=min(wait_ms, AT_MOST_MS)):
        return Finding("history", "ok", f"transaction {last} is in {name}")
    says = f"transaction {last} is not in {name} so far; the log of {site.names.history_writer} says what became of it"
    return Finding("history", "not yet", says)


def written(site: Site) -> Finding:
    """Whether the table is there, and the log's records are handed to what writes it. Raises AwsError."""
    name = site.names.history
    found = table.find(site.session, name)
    if found is None:
        return Finding("history", "wrong", f"there is no table {name} in {site.where}: `inferwatch deploy` makes it")
    if found.status != table.ACTIVE:
        return Finding("history", "wrong", f"the table {name} is {found.status}")
    if (problem := _subscription_problem(site, site.names.history_subscription)) is not None:
        return Finding("history", "wrong", problem)
    return Finding("history", "ok", f"{name}: {found.items} items, {found.stored_bytes / 1e6:.1f} MB")


def lake(site: Site, patience: Patience) -> Finding:
    """Whether the stream delivers, by its own measure. Raises AwsError."""
    name = site.names.lake
    found = delivery_stream.find(site.session, name)
    if found is None:
        return Finding("lake", "wrong", f"there is no delivery stream {name}: `inferwatch deploy` makes it")
    if found.status != delivery_stream.ACTIVE:
        return Finding("lake", "wrong", f"the delivery stream {name} is {found.status}")
    if (problem := _subscription_problem(site, site.names.lake_subscription)) is not None:
        return Finding("lake", "wrong", problem)
    gathers = site.spec.lake.buffer_seconds if site.spec.lake else 0
    oldest = _oldest_s(site, patience)
    within = f"a record lies in S3 within {gathers} s, mostly"
    if oldest is None:
        return Finding("lake", "ok", f"{name} is {found.status}, and has delivered nothing in {HOURS} h; {within}")
    if oldest > gathers + LATE_S:
        says = f"the oldest record that {name} has not delivered is {oldest:.0f} s old; its errors lie in the bucket"
        return Finding("lake", "warning", f"{says}, under errors/")
    return Finding("lake", "ok", f"{name} is {found.status}, and behind by {oldest:.0f} s; {within}")


def _subscription_problem(site: Site, name: str) -> str | None:
    """Why the log group does not hand its records on, and what to do; None where it does. Raises AwsError."""
    there = [one.name for one in subscriptions.find(site.session, site.names.log_group)]
    if name in there:
        return None
    return f"{site.names.log_group} has no subscription {name}: `inferwatch deploy` makes it"


def _oldest_s(site: Site, patience: Patience) -> float | None:
    """Seconds of the oldest record that was not delivered, lately; None where Firehose says nothing."""
    metric = {
        "Namespace": "AWS/Firehose",
        "MetricName": "DeliveryToS3.DataFreshness",
        "Dimensions": [{"Name": "DeliveryStreamName", "Value": site.names.lake}],
    }
    asked: dict[str, Any] = {"Id": "freshness", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
    now = instant(patience.now_ms())
    with explained("asking how far the lake is behind"):
        said = site.session.client("cloudwatch").get_metric_data(
            MetricDataQueries=[asked], StartTime=now - timedelta(hours=HOURS), EndTime=now, ScanBy="TimestampDescending"
        )
    values = said["MetricDataResults"][0]["Values"] if said["MetricDataResults"] else []
    return float(values[0]) if values else None
