"""The AWS side of MetricSource: datapoints by GetMetricData, records by Logs Insights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferwatch.alarms.values import Datapoint
from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.periods import Part, parts
from inferwatch.aws.reading.records import Records
from inferwatch.aws.site import Site
from inferwatch.aws.timestamp import instant, milliseconds
from inferwatch.cloudwatch.address import MetricAddress, address, counts_killed, killed
from inferwatch.errors import AwsError, QueryError
from inferwatch.ports import Record, RecordQuery
from inferwatch.spec.period import HIGH_RESOLUTION, MINUTE, period_problem
from inferwatch.spec.statistic import statistic_problem

VALUE, SAMPLES, KILLED = "value", "samples", "killed"
"""What is asked for in one call: the statistic, how many values it is of, and what Lambda counts beside it."""

LATE_MS = 5 * 60_000
"""After so long the datapoint of a valid line is not late but lost."""

_SUB_MINUTE_GRAIN_MS = 1000 * HIGH_RESOLUTION[0]


class CloudWatchMetricSource:
    """What CloudWatch has of one model, for any thread. Every method raises AwsError where AWS refuses."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._site = site
        self._now_ms = patience.now_ms
        self._cloudwatch = site.session.client("cloudwatch")
        self._records = Records(site, patience)

    def datapoints(
        self,
        metric: str,
        statistic: str,
        period: int,
        start_ms: int,
        end_ms: int,
        dimensions: Mapping[str, str],
    ) -> list[Datapoint]:
        """See MetricSource. A metric without data has no datapoints.

        Where CloudWatch has no period as short as `period` (any more), longer ones answer, each counted to the
        period that it begins in: a Sum of a minute then stands where sums of ten seconds were asked for.
        """
        if problem := statistic_problem(statistic):
            raise QueryError(f"{statistic!r} {problem}")
        if problem := period_problem(period):
            raise QueryError(f"a period of {period} s {problem}")
        first_ms = start_ms - start_ms % (1000 * MINUTE if period >= MINUTE else _SUB_MINUTE_GRAIN_MS)
        where = address(self._site.spec, metric, dimensions, called=self._site.names)
        found: dict[int, Datapoint] = {}
        beside = counts_killed(self._site.spec, metric, statistic, period, dimensions)
        for part in parts(period, first_ms, end_ms, self._now_ms(), where.finest):
            for point in self._ask(where, statistic, part, beside=beside):
                begin_ms = point.timestamp_ms - (point.timestamp_ms - first_ms) % (1000 * period)
                if first_ms <= begin_ms < end_ms:
                    found[begin_ms] = Datapoint(begin_ms, point.value, point.samples)
        return [found[begin_ms] for begin_ms in sorted(found)]

    def records(self, query: RecordQuery) -> list[Record]:
        """See MetricSource; and `Records` for what Logs Insights cannot be asked."""
        return self._records.find(query)

    def _ask(self, where: MetricAddress, statistic: str, part: Part, *, beside: bool) -> list[Datapoint]:
        """The datapoints of one metric. beside: whether to add what Lambda counts of killed environments."""
        queries = [_query(VALUE, where, statistic, part.period), _query(SAMPLES, where, "SampleCount", part.period)]
        if beside:
            queries.append(_query(KILLED, killed(self._site.spec, called=self._site.names), statistic, part.period))
        found = self._read(where.name, queries, part)
        values, samples, lost = found[VALUE], found[SAMPLES], found.get(KILLED, {})

        def sum_at(at_ms: int, counts: Mapping[int, float]) -> float:
            return counts.get(at_ms, 0.0) + lost.get(at_ms, 0.0)

        return [Datapoint(at, sum_at(at, values), sum_at(at, samples)) for at in sorted(values.keys() | lost.keys())]

    def _read(self, metric: str, queries: list[dict[str, Any]], part: Part) -> dict[str, dict[int, float]]:
        """By query, the values by time. CloudWatch spreads a long answer over pages."""
        found: dict[str, dict[int, float]] = {query["Id"]: {} for query in queries}
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=instant(part.start_ms),
            EndTime=instant(part.end_ms),
            ScanBy="TimestampAscending",
        )
        with explained(f"reading the metric {metric}"):
            for page in pages:
                for result in page["MetricDataResults"]:
                    if result["StatusCode"] not in ("Complete", "PartialData"):
                        problem = "; ".join(told["Value"] for told in result.get("Messages", ()))
                        raise AwsError(
                            f"reading the metric {metric}: CloudWatch answered {result['StatusCode']} {problem}"
                        )
                    times = map(milliseconds, result["Timestamps"])
                    found[result["Id"]].update(zip(times, result["Values"], strict=True))
        return found


def _query(name: str, at: MetricAddress, statistic: str, period: int) -> dict[str, Any]:
    return {"Id": name, "MetricStat": {"Metric": at.members, "Period": period, "Stat": statistic}}
