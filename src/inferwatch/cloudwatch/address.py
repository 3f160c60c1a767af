"""Where a metric of a model is found in CloudWatch: the record's own names on one side, AWS's on the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec import record
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import MINUTE

REPORT_METRICS = (record.INIT_DURATION_MS, record.MAX_MEMORY_USED_MB, record.BILLED_DURATION_MS)
"""Taken from the runtime's own report by metric filters, whose dimensions can only be members of the event."""

LAMBDA_NAMESPACE = "AWS/Lambda"
QUEUE_NAMESPACE = "AWS/SQS"
ENDPOINT_NAMESPACE = "AWS/SageMaker"
ENDPOINT_VARIANT = "AllTraffic"
"""An endpoint of ours has one variant; one that is there already is asked for the variant of this name."""

VISIBLE = "ApproximateNumberOfMessagesVisible"
_GAUGES = {
    record.QUEUED_MESSAGES: VISIBLE,
    record.OLDEST_MESSAGE_AGE: "ApproximateAgeOfOldestMessage",
    record.DEAD_LETTERS: VISIBLE,
}
"""SQS's names, of the queue or of its dead-letter queue. Gauges: their Maximum and Average mean something, no Sum."""


class MetricAddress(msgspec.Struct, frozen=True):
    """A metric's namespace, name and dimensions, as GetMetricData, PutMetricAlarm and dashboards take them.

    finest: seconds, the shortest period that has datapoints of its own.
    """

    namespace: str
    name: str
    dimensions: dict[str, str]
    finest: int = 60

    @property
    def members(self) -> dict[str, Any]:
        """As CloudWatch's API takes them."""
        dimensions = {"Dimensions": dimension_list(self.dimensions)} if self.dimensions else {}
        return {"Namespace": self.namespace, "MetricName": self.name, **dimensions}

    @property
    def where(self) -> str:
        """For messages: `abc_corp/claim {model_name=doc_classification, environment=prod}`."""
        return f"{self.namespace} {{{named(self.dimensions)}}}"


def address(
    spec: MonitorSpec, metric: str, dimensions: Mapping[str, str] | None = None, *, called: Names | None = None
) -> MetricAddress:
    """Where `metric` of this model is. dimensions: the model's default set where not given.

    The report of an invocation does not say whose it is, so its metrics lie in a namespace of the model and its
    environment. What the function's concurrency refuses is counted by Lambda itself, what waits by SQS, and how long an
    endpoint works by SageMaker.
    """
    identity = spec.identity
    if metric in REPORT_METRICS:
        return MetricAddress(report_namespace(spec), metric, {})
    if metric == record.THROTTLES:
        return MetricAddress(LAMBDA_NAMESPACE, "Throttles", _function(spec, called))
    if metric in _GAUGES:
        return MetricAddress(QUEUE_NAMESPACE, _GAUGES[metric], _queue(metric, called or names(spec)))
    if metric in record.ENDPOINT_METRICS:
        return MetricAddress(ENDPOINT_NAMESPACE, metric, _endpoint(called or names(spec)))
    fine = metric in spec.compile()["high_resolution"] and metric != record.REFUSED_COUNT
    given = dict(identity.dimensions if dimensions is None else dimensions)
    return MetricAddress(identity.metric_namespace, metric, given, finest=1 if fine else 60)


def killed(spec: MonitorSpec, *, called: Names | None = None) -> MetricAddress:
    """Lambda's count of the invocations that left no record: their environment was killed, or their line was lost."""
    return MetricAddress(LAMBDA_NAMESPACE, "Errors", _function(spec, called))


def counts_killed(
    spec: MonitorSpec, metric: str, statistic: str, period: int, dimensions: Mapping[str, str] | None = None
) -> bool:
    """Whether what is asked of `metric` also counts the invocations that left no record.

    Only Lambda counts these, once a minute and for all versions, and only a sum can be added to.
    """
    default = dimensions is None or dict(dimensions) == spec.identity.dimensions
    return metric == record.ERROR_COUNT and statistic == "Sum" and period >= MINUTE and default


def report_namespace(spec: MonitorSpec) -> str:
    """Of the metrics from the runtime's report: `abc_corp/claim/doc_classification/prod`."""
    identity = spec.identity
    return "/".join((identity.metric_namespace, identity.model_name, identity.environment))


def dimension_list(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    """Dimensions as CloudWatch's API takes them."""
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def named(dimensions: Mapping[str, str]) -> str:
    """Dimensions for messages."""
    return ", ".join(f"{name}={value}" for name, value in dimensions.items())


def _function(spec: MonitorSpec, called: Names | None) -> dict[str, str]:
    return {"FunctionName": (called or names(spec)).function}


def _queue(metric: str, called: Names) -> dict[str, str]:
    return {"QueueName": called.dead_letters if metric == record.DEAD_LETTERS else called.queue}


def _endpoint(called: Names) -> dict[str, str]:
    return {"EndpointName": called.endpoint, "VariantName": ENDPOINT_VARIANT}
