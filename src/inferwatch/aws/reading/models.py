"""The models at or below a node of the organisation that have sent metrics of late, and what CloudWatch has of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from inferwatch.aws.explained import explained
from inferwatch.aws.timestamp import instant, milliseconds
from inferwatch.cloudwatch.address import MetricAddress, dimension_list
from inferwatch.cloudwatch.names import plain
from inferwatch.spec import record
from inferwatch.spec.identity import log_group

RECENTLY = "PT3H"
"""What ListMetrics calls recent, the only span that it knows."""

QUERIES_AT_ONCE = 500
Values = dict[int, float]
"""Of one metric, by the beginning of the period."""


class Sender(msgspec.Struct, frozen=True, order=True):
    """A model in one environment. Its node is its metric namespace, unless its spec gives another."""

    metric_namespace: str
    model_name: str
    environment: str

    @property
    def log_group(self) -> str:
        return log_group(f"/{self.metric_namespace}", self.model_name)

    @property
    def dimensions(self) -> dict[str, str]:
        return dict(zip(record.DIMENSIONS, (self.model_name, self.environment), strict=True))

    @property
    def prefixes(self) -> tuple[str, str]:
        """How the names of its alarms may begin, the likelier first; see `Names.prefix`."""
        return plain(f"{self.model_name}-{self.environment}") + "-", plain(self.model_name) + "-"


class Wanted(msgspec.Struct, frozen=True):
    """One metric of a model, over periods of so many seconds."""

    metric: str
    statistic: str
    period: int


def senders(cloudwatch: Any, node: str) -> list[Sender]:
    """In order. cloudwatch: boto3's client. Raises AwsError."""
    below = f"{node.strip('/')}/".lstrip("/")
    found = set()
    for metric in _metrics(cloudwatch, MetricName=record.INVOCATIONS):
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        own = dimensions.keys() == set(record.DIMENSIONS)
        if own and f"{metric['Namespace']}/".startswith(below):
            found.add(Sender(metric["Namespace"], *(dimensions[name] for name in record.DIMENSIONS)))
    return sorted(found)


def metrics_of(cloudwatch: Any, sender: Sender) -> list[str]:
    """The names of the metrics that it has sent of late. Raises AwsError."""
    own = dimension_list(sender.dimensions)
    found = _metrics(cloudwatch, Namespace=sender.metric_namespace)
    return sorted({each["MetricName"] for each in found if _same(each["Dimensions"], own)})


def _metrics(cloudwatch: Any, **asked: str) -> Iterable[dict[str, Any]]:
    pages = cloudwatch.get_paginator("list_metrics").paginate(
        **asked, Dimensions=[{"Name": name} for name in record.DIMENSIONS], RecentlyActive=RECENTLY
    )
    with explained("listing the metrics"):
        return [metric for page in pages for metric in page["Metrics"]]


def _same(left: Iterable[Mapping[str, str]], right: Iterable[Mapping[str, str]]) -> bool:
    return {each["Name"]: each["Value"] for each in left} == {each["Name"]: each["Value"] for each in right}


def read_all(
    cloudwatch: Any, models: Sequence[Sender], wanted: Sequence[Wanted], start_ms: int, end_ms: int
) -> dict[Sender, list[Values]]:
    """What each model has of each metric wanted, in that order, by as few calls as can be. Raises AwsError."""
    found: dict[Sender, list[Values]] = {model: [{} for _ in wanted] for model in models}
    places = {f"m{n}_{at}": (model, at) for n, model in enumerate(models) for at in range(len(wanted))}
    queries = [_query(name, model, wanted[at]) for name, (model, at) in places.items()]
    pages = cloudwatch.get_paginator("get_metric_data")
    with explained("reading the metrics of all models"):
        for first in range(0, len(queries), QUERIES_AT_ONCE):
            for page in pages.paginate(
                MetricDataQueries=queries[first : first + QUERIES_AT_ONCE],
                StartTime=instant(start_ms),
                EndTime=instant(end_ms),
                ScanBy="TimestampAscending",
            ):
                for result in page["MetricDataResults"]:
                    model, at = places[result["Id"]]
                    times = map(milliseconds, result["Timestamps"])
                    found[model][at].update(zip(times, result["Values"], strict=True))
    return found


def _query(name: str, model: Sender, wanted: Wanted) -> dict[str, Any]:
    metric = MetricAddress(model.metric_namespace, wanted.metric, model.dimensions).members
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": wanted.period, "Stat": wanted.statistic}}
