"""What one model uses in a month on AWS: counted from its spec, and from how often it is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.spec.function import Architecture
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.period import HIGH_RESOLUTION
from inferwatch.spec.sagemaker import SageMakerSpec

EVERY_LINE_METRICS = 5
"""Invocations, SuccessCount, ErrorCount, RejectedCount, LatencyMs."""

ACCESS_LINE_KB = Decimal("0.5")
"""Of the API's access log, as `access_log` writes it."""

INCLUDED_STORAGE_MB = 512


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """A month of one model.

    billed_ms: of one request, its share of init time included; memory, ephemeral_storage: MB; log_kb: of one request,
    all lines of the model's log group; access_kb: of one line of the API's access log; metrics: custom ones, each
    dimension set counted; alarms, high_resolution_alarms: metrics that they watch; provisioned: environments kept
    warm; keys: of the customer's own; put_metric_data: whether each request sends its metrics by a call of its own;
    queue: whether each request is a message; endpoint: what SageMaker serves, and endpoint_log_kb what it logs of one
    request; history_days, stages: how long transactions are kept and how many stages a pipeline has, 0 without.
    """

    requests: int
    billed_ms: Decimal
    memory: int
    architecture: Architecture = "x86_64"
    provisioned: int = 0
    ephemeral_storage: int = INCLUDED_STORAGE_MB
    log_kb: Decimal = Decimal(0)
    access_kb: Decimal = Decimal(0)
    retention_days: int = 0
    metrics: int = 0
    alarms: int = 0
    high_resolution_alarms: int = 0
    composite_alarms: int = 0
    dashboards: int = 1
    insights: bool = False
    put_metric_data: bool = False
    api: Literal["http", "rest", "none"] = "http"
    image_gb: Decimal = Decimal(0)
    notifications: int = 0
    keys: int = 0
    queue: bool = False
    endpoint: SageMakerSpec | None = None
    endpoint_log_kb: Decimal = Decimal(0)
    history_days: int = 0
    lake: LakeSpec | None = None
    stages: int = 0


def usage(
    spec: MonitorSpec, *, requests: int, billed_ms: Decimal, log_kb: Decimal, image_gb: Decimal, notifications: int
) -> Usage:
    """What `spec` makes of so many requests a month. image_gb: of the function's image and of the endpoint's each."""
    function = spec.function
    watched = [
        (alarm.period in HIGH_RESOLUTION, _metrics_watched(alarm_properties(spec, alarm))) for alarm in spec.alarms
    ]
    return Usage(
        requests=requests,
        billed_ms=billed_ms,
        memory=function.memory,
        architecture=function.architecture,
        provisioned=function.provisioned_concurrency or 0,
        ephemeral_storage=function.ephemeral_storage,
        log_kb=log_kb,
        access_kb=Decimal(0) if spec.api.type == "none" else ACCESS_LINE_KB,
        retention_days=spec.logs.retention_days,
        metrics=_metrics(spec),
        alarms=sum(count for high, count in watched if not high) + (spec.history is not None),  # it has one of its own
        high_resolution_alarms=sum(count for high, count in watched if high),
        composite_alarms=len(spec.composite_alarms) + 1,  # and the one over all alarms
        insights=function.insights,
        api=spec.api.type,
        image_gb=image_gb * ((function.package == "image") + _is_ours(spec.sagemaker)),
        notifications=notifications,
        keys=_keys(spec),
        queue=spec.queue is not None,
        endpoint=spec.sagemaker,
        endpoint_log_kb=log_kb if _is_ours(spec.sagemaker) else Decimal(0),
        history_days=spec.history.days if spec.history else 0,
        lake=spec.lake,
        stages=len(spec.pipeline.stages or spec.environments or ("",)) if spec.pipeline else 0,
    )


def _keys(spec: MonitorSpec) -> int:
    """Of the topics; of the logs, the endpoint's and the pipeline's; of payloads; of the artifacts."""
    logs = 1 + _is_made(spec.sagemaker) + (spec.pipeline is not None) if spec.logs.customer_key else 0
    captured = spec.sagemaker.capture_percent if spec.sagemaker and _is_made(spec.sagemaker) else None
    held = (spec.queue, spec.history, spec.lake, captured)
    payloads = any(part is not None for part in held) if spec.logs.customer_key else spec.lake is not None
    return 1 + logs + payloads + (spec.pipeline is not None)


def _is_made(endpoint: SageMakerSpec | None) -> bool:
    return endpoint is not None and endpoint.endpoint is None


def _is_ours(endpoint: SageMakerSpec | None) -> bool:
    """Whether the endpoint's container is the model's folder, which writes a line for each request."""
    return endpoint is not None and _is_made(endpoint) and endpoint.image is None


def _metrics(spec: MonitorSpec) -> int:
    """Each metric in each dimension set is one to pay for; those of metric filters have one set."""
    embedded = EVERY_LINE_METRICS + spec.has_confidence + len(spec.metrics)
    sets = 2 if spec.model.by_version else 1
    retried = spec.queue is not None  # of no version, so once
    return embedded * sets + retried + len(metric_filters(spec))


def _metrics_watched(properties: dict[str, object]) -> int:
    """An alarm on metric math is paid for each metric in it."""
    metrics = properties.get("Metrics")
    return sum("MetricStat" in query for query in metrics) if isinstance(metrics, list) else 1
